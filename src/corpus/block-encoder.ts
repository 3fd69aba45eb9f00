import type { CutRule, WordCounter } from '../kernels/word-counter/word-counter.ts';
import { createWordCounter } from '../kernels/word-counter/word-counter-kernel.ts';
import { concatenate } from '../text/concatenate.ts';
import { readField } from '../text/json-records.ts';
import { type FileBlock, type ReadFile, readFileBlock } from '../text/line-blocks.ts';
import { type Tokenizer, tokenizerTraits } from '../text/tokenizer.ts';
import { countHalfPairs, decodeUtf8 } from '../text/utf8.ts';

/** One block of text as numbers. */
export interface EncodedBlock {
  /** Word numbers of the encoder's current table, SENTENCE_END after each sentence: a view until the next call. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly sentences: number;
  /** Malformed UTF-8 sequences that were replaced. */
  readonly repairs: number;
  /** JSON lines without the field. */
  readonly skippedRecords: number;
  /** Bytes of the block. */
  readonly byteLength: number;
}

/** What a source tells of its text. */
export interface TextKind {
  readonly name: string;
  readonly jsonField?: string | undefined;
  /** Of JSON, the number of the block's first line, for messages; 1 if omitted. */
  readonly firstLine?: number | undefined;
}

/** Texts for the counter are collected up to so many characters. */
const PIECE_CHARACTERS = 1 << 19;

/**
 * Turns blocks of text into word numbers while it counts the words: text is tokenized once, not once to count
 * and once to encode. The numbers are its own; they become word ids when the runs of all encoders are merged.
 */
export class BlockEncoder {
  readonly #tokenizer: Tokenizer;
  /** How the counter cuts the text itself; undefined where the tokenizer does. */
  readonly #rule: CutRule | undefined;
  #openCounter: WordCounter | undefined;
  readonly #textEncoder = new TextEncoder();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#rule = cutRule(tokenizer);
  }

  /** Memory held by the table, in bytes. */
  get byteLength(): number {
    return this.#openCounter?.byteLength ?? 0;
  }

  get #counter(): WordCounter {
    this.#openCounter ??= createWordCounter((text) => this.#tokenizer.tokenize(text));
    return this.#openCounter;
  }

  encode(bytes: Uint8Array, kind: TextKind): EncodedBlock {
    // Of what the counter cuts by itself, the bytes go to it as they are.
    if (this.#rule === undefined || kind.jsonField !== undefined) return this.#encodeText(bytes, kind);
    this.#counter.text(bytes.length).set(bytes);
    return this.#encodeBytes(bytes.length, this.#rule);
  }

  /** Encodes a block that it reads itself. */
  encodeFile(
    block: FileBlock,
    kind: TextKind,
    { read, view }: { read: ReadFile; view(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> },
  ): EncodedBlock {
    const counter = this.#counter;
    let room = new Uint8Array(0);
    const byteLength = readFileBlock(block, read, (length) => {
      room = view(counter.text(length));
      return room;
    });
    if (this.#rule === undefined) return this.#encodeText(room.subarray(0, byteLength), kind);
    return this.#encodeBytes(byteLength, this.#rule);
  }

  /**
   * Hands out the table as a sorted run, piece by piece, and begins an empty one.
   *
   * @param last - gives up the memory, too
   * @returns the words in it
   */
  takeRun(write: (bytes: Uint8Array<ArrayBuffer>) => void, last: boolean): number {
    if (!this.#openCounter) return 0;
    const { wordCount } = this.#openCounter;
    this.#openCounter.takeRun(write);
    if (last) this.#openCounter = undefined;
    return wordCount;
  }

  #encodeBytes(byteLength: number, rule: CutRule): EncodedBlock {
    const counter = this.#counter;
    let length = byteLength;
    let repairs = 0;
    if (!counter.isUtf8(byteLength)) {
      const decoded = decodeUtf8(counter.text(byteLength));
      const repaired = this.#textEncoder.encode(decoded.text);
      repairs = decoded.repairs;
      length = repaired.length;
      counter.text(length).set(repaired);
    }
    const { tokens, sentences } = counter.cut(length, rule);
    return { tokens, sentences, repairs, skippedRecords: 0, byteLength };
  }

  #encodeText(bytes: Uint8Array, { name, jsonField, firstLine = 1 }: TextKind): EncodedBlock {
    const { text, repairs: malformed } = decodeUtf8(bytes);
    let repairs = malformed;
    const rule = this.#rule ?? 'lines';
    const pieces: Int32Array<ArrayBuffer>[] = [];
    let sentences = 0;
    let skippedRecords = 0;
    let piece = '';

    const flush = () => {
      const room = this.#counter.text(3 * piece.length);
      const { written } = this.#textEncoder.encodeInto(piece, room);
      const cut = this.#counter.cut(written, rule);
      sentences += cut.sentences;
      piece = '';
      return cut.tokens;
    };
    /** A sentence, or where it goes on in the next block, a part of one. */
    const add = (sentence: string, end: string) => {
      if (this.#rule !== undefined) {
        piece += sentence + end;
      } else {
        const tokens = this.#tokenizer.tokenize(sentence);
        if (tokens.length > 0) piece += `${tokens.join('\n')}\n`;
        piece += end;
      }
      if (piece.length > PIECE_CHARACTERS) pieces.push(flush().slice());
    };

    // What follows the last line feed belongs to a line that goes on in the next block.
    let number = firstLine - 1;
    for (let begin = 0; begin < text.length; ) {
      const lineEnd = text.indexOf('\n', begin);
      const line = text.slice(begin, lineEnd < 0 ? undefined : lineEnd);
      begin = lineEnd < 0 ? text.length : lineEnd + 1;
      number++;
      if (jsonField === undefined) {
        add(line, lineEnd < 0 ? '' : '\n');
        continue;
      }
      if (line.trim() === '') continue;
      const field = readField(line, jsonField, name, number);
      if (field === undefined) skippedRecords++;
      else repairs += countHalfPairs(line, field);
      for (const sentence of field?.split('\n') ?? []) add(sentence, '\n');
    }
    const rest = flush();
    return {
      tokens: pieces.length === 0 ? rest : joined([...pieces, rest]),
      sentences,
      repairs,
      skippedRecords,
      byteLength: bytes.length,
    };
  }
}

/** The run of an encoder as one piece. */
export function takeWholeRun(
  encoder: BlockEncoder,
  last = true,
): { run: Uint8Array<ArrayBuffer>; wordCount: number; pieces: number[] } {
  const parts: Uint8Array[] = [];
  const pieces: number[] = [];
  let byteLength = 0;
  const wordCount = encoder.takeRun((bytes) => {
    parts.push(bytes.slice());
    pieces.push(byteLength);
    byteLength += bytes.length;
  }, last);
  return { run: concatenate(parts), wordCount, pieces };
}

function cutRule({ descriptor }: Tokenizer): CutRule | undefined {
  return tokenizerTraits(descriptor)?.cutByCounter?.(descriptor);
}

function joined(parts: readonly Int32Array[]): Int32Array<ArrayBuffer> {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
