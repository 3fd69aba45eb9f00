import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../test/any-character.ts';
import { mayBeSkipped } from '../../test/command.ts';
import { entriesOf } from '../kernels/word-counter/word-counter.contract.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { mergeRuns } from '../vocabulary/vocabulary.ts';
import { memoryRun } from '../vocabulary/word-run.ts';
import { BlockEncoder, takeWholeRun } from './block-encoder.ts';

/** The tokens that an encoder makes of blocks, as words; `null` for the end of a sentence. */
function encodeBlocks(tokenizer: Tokenizer, blocks: readonly Uint8Array[]) {
  const encoder = encoderOf(tokenizer);
  const numbers: number[] = [];
  let [sentences, repairs] = [0, 0];
  for (const block of blocks) {
    const encoded = encoder.encode(block, { name: 'test' });
    for (const token of encoded.tokens) numbers.push(token);
    sentences += encoded.sentences;
    repairs += encoded.repairs;
  }
  const entries = entriesOf(Buffer.from(takeWholeRun(encoder, false).run.buffer));
  const names: string[] = [];
  for (const { number, word } of entries) names[number] = word;
  const tokens = numbers.map((number) => (number < 0 ? null : names[number]));
  return { tokens, sentences, repairs, counts: Object.fromEntries(entries.map(({ word, count }) => [word, count])) };
}

const encoders = new Map<Tokenizer, BlockEncoder>();

/** One for each tokenizer: fresh memory takes longer than a small text. */
function encoderOf(tokenizer: Tokenizer): BlockEncoder {
  const encoder = encoders.get(tokenizer) ?? new BlockEncoder(tokenizer);
  encoders.set(tokenizer, encoder);
  return encoder;
}

/** What the tokenizer itself makes of the lines. */
function cutLines(tokenizer: Tokenizer, bytes: Uint8Array): (string | null)[] {
  const lines = decodeUtf8(bytes).text.split('\n');
  return lines.flatMap((line, i) => [...tokenizer.tokenize(line), ...(i < lines.length - 1 ? [null] : [])]);
}

const words = createTokenizer('words');

describe('the encoder with the tokenizer words', () => {
  const same = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const [got, wanted] = [encodeBlocks(words, [bytes]).tokens, cutLines(words, bytes)];
    if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted);
  };

  it('cuts ASCII as the tokenizer does', () => {
    const unit = fc.constantFrom(..."aBcXyZ019_'-.,.,'- \n\t!/@".split(''));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (text) => same(text)),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => same(text)));
  });

  it.each([
    'U.S.A. and u.s.a.f, e.g.this a.b.cd a.b.c.d_ x.1 1.x 3.14.15 3,000,000.5x 1.,2',
    "rock'n'roll don't- -a --b a--b 'tis o''clock a-'b it's.",
    '_ __a_ a_._b A.B.C.D.E.F.G.H.I.J.K.L.M.N.O.P.Q.R.S.T a-b-c-d-e-f-g-h-i-j-k-l-m-n',
    'Σ ΟΔΟΣ ΟΔΟΣ. İstanbul H\u0331 A\u030a e\u0301\u0323 ﬁne \ufdfa\ufdfa ½ ① \u00a0x\u00a0 don’t state‐of‐the‐art',
    '日本 I喜欢U.S.A.苹果3.14 \u0345\u03a3 A\u0301.B naïve-é é.é.é 10\u202f000 \u2028x',
    '\ufeffbom \ufeff \u200bzero',
    'Donau\u00addampf \u00ad ❤\ufe0f ℹ\ufe0f می\u200cروم കക്\u200d col·lecció צה"ל רח\' a\u0301 \u0301b ½ ٣٫١',
  ])('cuts %j', (text) => same(text));

  it('cuts any text as the tokenizer does', () => {
    const piece = fc.oneof(
      fc.string({
        unit: fc.constantFrom(
          ...'aZ9_.\'-, \n\u2019\u2010é\u0301苹Σσ\u0345İ½ﬁ\u00a0\ufeff🙂\u00ad\ufe0f\u200b\u200c\u200d·"״ש٫٣क\u094d'.match(
            /./gsu,
          )!,
        ),
        maxLength: 30,
      }),
      fc.string({ unit: anyCharacter, maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (whole) => same(whole)),
      { numRuns: 200 },
    );
  });

  it('knows chunks again', () => {
    const bytes = new TextEncoder().encode('“naïve,” said “é-é é.” — “naïve,” — é\n');
    const { tokens, counts } = encodeBlocks(words, [bytes, bytes, bytes]);
    expect(tokens).toEqual(
      [1, 2, 3].flatMap(() => cutLines(words, bytes).slice(0, -1).concat(null)).slice(0, tokens.length),
    );
    expect(counts).toEqual({
      naïve: 6,
      said: 3,
      'é-é': 3,
      é: 6,
    });
  });

  const shared = new URL('../../../shared/data/corpora/en/enwiki-raw.txt.gz', import.meta.url);
  it.skipIf(mayBeSkipped(!existsSync(shared)))('cuts Wikipedia as the tokenizer does (needs ../shared/data)', () => {
    const bytes = gunzipSync(readFileSync(shared)).subarray(0, 1 << 19);
    const encoder = new BlockEncoder(words);
    const counts = new Map<string, number>();
    const numbers = new Map<string, number>();
    const length = 1 << 18;
    for (let begin = 0; begin < bytes.length; ) {
      const lineEnd = bytes.lastIndexOf(10, Math.min(bytes.length, begin + length) - 1) + 1;
      const end = lineEnd > begin ? lineEnd : bytes.length;
      const block = bytes.subarray(begin, end);
      begin = end;
      const { tokens } = encoder.encode(block, { name: 'test' });
      const expected = cutLines(words, block);
      expect(tokens.length).toBe(expected.length);
      let different = 0;
      expected.forEach((word, i) => {
        if (word === null) {
          different += tokens[i] === -1 ? 0 : 1;
          return;
        }
        counts.set(word, (counts.get(word) ?? 0) + 1);
        if (!numbers.has(word)) numbers.set(word, tokens[i]);
        different += numbers.get(word) === tokens[i] ? 0 : 1;
      });
      expect(different).toBe(0);
    }
    const { run, wordCount } = takeWholeRun(encoder);
    const { vocabulary } = mergeRuns([memoryRun(run, wordCount)], { minCount: 1 });
    expect(vocabulary.words.length).toBe(counts.size);
    expect(vocabulary.words.every((word, id) => counts.get(word) === vocabulary.counts[id])).toBe(true);
  });
});

describe('the encoder', () => {
  it('counts halves of surrogate pairs that escapes in JSON make', () => {
    const lines = [
      String.raw`{"text":"a \ud800 \udc00x b"}`,
      String.raw`{"text":"\ud83d\ude00 \u00e9"}`,
      '{"text":"c"}',
    ];
    const encoder = encoderOf(createTokenizer('whitespace'));
    const { repairs, tokens } = encoder.encode(new TextEncoder().encode(lines.join('\n')), {
      name: 'test',
      jsonField: 'text',
    });
    expect(repairs).toBe(2);
    expect(tokens).toHaveLength(4 + 2 + 1 + 3);
  });

  it('repairs malformed UTF-8 wherever it is, and counts it', () => {
    const byte = fc.constantFrom(
      0x61,
      0x20,
      0x0a,
      0xc3,
      0xa9,
      0xe8,
      0x8b,
      0xb9,
      0xf0,
      0x9f,
      0x99,
      0x82,
      0xff,
      0xef,
      0xbf,
      0xbd,
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }).chain((any) => fc.tuple(fc.constant(any), fc.array(byte, { maxLength: 90 }))),
        fc.constantFrom(words, createTokenizer('whitespace'), createTokenizer('chinese')),
        ([any, known], tokenizer) => {
          const bytes = Uint8Array.from([...known, ...any]);
          const { tokens, repairs, sentences } = encodeBlocks(tokenizer, [bytes]);
          const expected = {
            tokens: cutLines(tokenizer, bytes),
            repairs: decodeUtf8(bytes).repairs,
            sentences: bytes.filter((value) => value === 10).length,
          };
          if (!isDeepStrictEqual({ tokens, repairs, sentences }, expected))
            expect({ tokens, repairs, sentences }).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('encodes more text at once than one piece, whatever the tokenizer', () => {
    const line = '苹果, New York ,,3.14 苹果\n';
    for (const tokenizer of [createTokenizer('ids', { separator: ',' }), createTokenizer('ids'), words]) {
      const bytes = new TextEncoder().encode(line.repeat(60_000));
      const { tokens, sentences } = encodeBlocks(tokenizer, [bytes]);
      const once = cutLines(tokenizer, new TextEncoder().encode(line));
      expect(sentences).toBe(60_000);
      expect(tokens.length).toBe(60_000 * once.length);
      expect(tokens.slice(-once.length)).toEqual(once);
    }
  });

  it('takes a chunk whose words are eleven times as long', () => {
    // A character that stands for four words, the last of which goes on with the first of the next.
    const text = '\ufdfa'.repeat(400_000);
    const { tokens } = encodeBlocks(words, [new TextEncoder().encode(text)]);
    expect(tokens.length).toBe(3 * 400_000 + 1);
  });
});
