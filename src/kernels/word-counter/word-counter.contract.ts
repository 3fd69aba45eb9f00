import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../test/any-character.ts';
import { type CreateWordCounter, type CutRule, RUN_HEADER_BYTES } from './word-counter.ts';

const encoder = new TextEncoder();

/** What a counter has made of some texts: the words in their order, `|` for the end of a sentence, and the run. */
function countTexts(create: CreateWordCounter, texts: readonly string[], rule: CutRule, tokenize = splitWhitespace) {
  const counter = counterOf(create, tokenize);
  const numbers: number[] = [];
  let sentences = 0;
  for (const text of texts) {
    const bytes = encoder.encode(text);
    counter.text(bytes.length).set(bytes);
    expect(counter.isUtf8(bytes.length)).toBe(true);
    const cut = counter.cut(bytes.length, rule);
    for (const token of cut.tokens) numbers.push(token);
    sentences += cut.sentences;
  }
  const { wordCount } = counter;
  const entries = readRun(counter);
  const names: string[] = [];
  for (const { number, word } of entries) names[number] = word;
  const words = entries.map(({ word, count }) => [word, count] as const);
  return { tokens: numbers.map((number) => (number < 0 ? '|' : names[number])), sentences, wordCount, words };
}

const counters = new Map<CreateWordCounter, ReturnType<CreateWordCounter>>();

/** Always the same one: fresh memory takes longer than a small text, and a run leaves it empty. */
function counterOf(create: CreateWordCounter, tokenize: (text: string) => string[]): ReturnType<CreateWordCounter> {
  if (tokenize !== splitWhitespace) return create(tokenize);
  const counter = counters.get(create) ?? create(tokenize);
  counters.set(create, counter);
  return counter;
}

function readRun(counter: ReturnType<CreateWordCounter>) {
  const parts: Uint8Array[] = [];
  counter.takeRun((bytes) => parts.push(bytes.slice()));
  return entriesOf(Buffer.concat(parts));
}

/** The words of a run in their order, each with its number and count. */
export function entriesOf(run: Buffer) {
  const entries: { number: number; count: number; word: string }[] = [];
  for (let at = 0; at < run.length; ) {
    const length = run.readUInt32LE(at + 12);
    const word = run.toString('utf8', at + RUN_HEADER_BYTES, at + RUN_HEADER_BYTES + length);
    entries.push({ number: run.readUInt32LE(at), count: run.readDoubleLE(at + 4), word });
    at += RUN_HEADER_BYTES + length;
  }
  return entries;
}

function splitWhitespace(text: string): string[] {
  return text.match(/[^\t-\r ]+/g) ?? [];
}

/** What every word counter does; `reference` is the plain one. */
export function describeWordCounter(name: string, create: CreateWordCounter, reference: CreateWordCounter): void {
  const same = (texts: readonly string[], rule: CutRule, tokenize?: (text: string) => string[]) => {
    expect(countTexts(create, texts, rule, tokenize)).toEqual(countTexts(reference, texts, rule, tokenize));
  };

  /** The plain one is compared with itself: few cases tell that it works at all, and it is slow. */
  const few = create === reference;

  describe(name, () => {
    it('cuts, numbers, counts and sorts', () => {
      const { tokens, ...rest } = countTexts(create, ['the cat\tthe\r\n\n Cat the', ' end\n'], 'whitespace');
      expect(tokens).toEqual(['the', 'cat', 'the', '|', '|', 'Cat', 'the', 'end', '|']);
      expect(rest).toEqual({
        sentences: 3,
        wordCount: 4,
        words: [
          ['Cat', 1],
          ['cat', 1],
          ['end', 1],
          ['the', 3],
        ],
      });
    });

    it('takes a word a line, and an empty line for the end of a sentence', () => {
      const { tokens } = countTexts(create, ['New York\na\tb\n\nc\n\n\n', 'd'], 'lines');
      expect(tokens).toEqual(['New York', 'a\tb', '|', 'c', '|', '|', 'd']);
    });

    it('has nothing to say of an empty text', () => {
      for (const rule of ['whitespace', 'words', 'lines'] as const) {
        expect(countTexts(create, ['', ''], rule)).toEqual({ tokens: [], sentences: 0, wordCount: 0, words: [] });
      }
    });

    it('gives what the plain version gives, for any text', () => {
      const piece = fc.oneof(
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '\t', '\0', 'é', '苹', '🙂'), maxLength: 40 }),
        fc.string({ unit: anyCharacter, maxLength: 20 }),
        fc.string({ unit: fc.constantFrom('x', 'y'), minLength: 12, maxLength: 70 }),
        fc.constantFrom('\u000b', '\u000c', '\u001f', '\u0085', '\u00a0', '\u0000a', '\r\n'),
      );
      const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
      fc.assert(
        fc.property(fc.array(text, { maxLength: 4 }), fc.constantFrom('whitespace', 'lines'), (texts, rule) =>
          same(texts, rule),
        ),
        { numRuns: few ? 50 : 400 },
      );
    });

    it('keeps words apart whose lengths and bytes are nearly alike, at any place in the text', () => {
      const words: string[] = [];
      for (let length = 1; length < 70; length++) {
        const word = 'abcdefghij'.repeat(7).slice(0, length);
        words.push(word, `${word.slice(0, -1)}_`, `_${word.slice(1)}`);
      }
      for (let shift = 0; shift < 66; shift += few ? 10 : 1) same([' '.repeat(shift) + words.join(' ')], 'whitespace');
    });

    it('grows, and keeps words apart that share a hash', () => {
      // Among 200,000 words some five pairs share all 32 bits of any hash.
      const words = Array.from({ length: few ? 20_000 : 200_000 }, (_, i) =>
        i % 3 === 0 ? `w${i}` : `a longer word, number ${i}`,
      );
      const lines = words.map((word) => `${word}\n`).join('');
      const counter = create(splitWhitespace);
      const bytes = encoder.encode(lines);
      for (let round = 1; round <= 2; round++) {
        counter.text(bytes.length).set(bytes);
        expect(counter.cut(bytes.length, 'lines').tokens.length).toBe(words.length);
        expect(counter.wordCount).toBe(words.length);
      }
      expect(counter.byteLength).toBeLessThan(100 * words.length);
      const entries = readRun(counter);
      expect(entries.every(({ count }) => count === 2)).toBe(true);
      expect(new Set(entries.map(({ number }) => number)).size).toBe(words.length);
      const sorted = [...words].sort(); // ASCII: the order of UTF-16 is that of the bytes
      expect(entries.every(({ word }, i) => word === sorted[i])).toBe(true);
    });

    it('sorts words with long common beginnings, with zeros, and with ends that are the beginnings of others', () => {
      const words = Array.from(
        { length: 3000 },
        (_, i) => `${'same beginning '.repeat(i % 5)}${'\0'.repeat(i % 60)}${i % 7}`,
      );
      for (let length = 1; length < 300; length++) words.push('z'.repeat(length), `z${'\0'.repeat(length)}`);
      same([words.map((word) => `${word}\n`).join('')], 'lines');
    });

    it('takes very long words', () => {
      const long = 'long'.repeat(few ? 5_000 : 500_000);
      same([`a ${long} b\n`, `${long}x ${long}`], 'whitespace');
      same([`a.${long.toUpperCase()}'s é${long}\n`], 'words', (text) => text.toLowerCase().match(/[a-zé']+/g) ?? []);
    });

    it('begins anew after a run', () => {
      const counter = create(splitWhitespace);
      for (let round = 0; round < 3; round++) {
        const bytes = encoder.encode(`a b a ${round}\n`);
        counter.text(bytes.length).set(bytes);
        counter.cut(bytes.length, 'whitespace');
        expect(counter.wordCount).toBe(3);
        expect(readRun(counter).map(({ word, count }) => [word, count])).toEqual([
          [String(round), 1],
          ['a', 2],
          ['b', 1],
        ]);
        expect(counter.wordCount).toBe(0);
        expect(readRun(counter)).toEqual([]);
      }
    });

    it('knows well-formed UTF-8', () => {
      const counter = create(splitWhitespace);
      const check = (bytes: Uint8Array) => {
        counter.text(bytes.length).set(bytes);
        if (counter.isUtf8(bytes.length) !== isUtf8(bytes)) expect.fail(Buffer.from(bytes).toString('hex'));
      };
      const byte = fc.constantFrom(
        ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed],
        ...[0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xff],
      );
      const malformed = fc.array(byte, { maxLength: 5 }).map((bytes) => Uint8Array.from(bytes));
      const valid = fc.string({ unit: anyCharacter, maxLength: 80 }).map((text) => encoder.encode(text));
      fc.assert(
        fc.property(valid, malformed, valid, (before, middle, after) =>
          check(Uint8Array.from([...before, ...middle, ...after])),
        ),
        { numRuns: few ? 100 : 700 },
      );
      // Every first two bytes, and every character at its borders, across all places in a window.
      for (let first = 0x7f; first < 0x100; first++) {
        for (let second = 0x7f; second < 0x100; second += few ? 8 : 1) {
          for (const rest of [[], [0x80], [0x80, 0x80]]) check(Uint8Array.of(first, second, ...rest));
        }
      }
      for (const text of ['é', '苹', '🙂', '\ud7ff', '\ue000', '\u{10ffff}', '\u0080', '\u0800', '\u{10000}']) {
        const bytes = encoder.encode(text);
        for (let shift = 0; shift < 130; shift += few ? 10 : 1) {
          const padded = new Uint8Array(shift + bytes.length).fill(0x61);
          padded.set(bytes, shift);
          for (let end = shift; end <= padded.length; end++) check(padded.subarray(0, end));
        }
      }
    });
  });
}
