import { readField } from '../text/text-lines.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { writeRun } from '../vocabulary/word-run.ts';
import { HASH_PRIME, HASH_START, hashBytes, WordTable } from '../vocabulary/word-table.ts';
import { SENTENCE_END } from './encoded-corpus.ts';

/** One block of text as numbers. */
export interface EncodedBlock {
  /** Word numbers of the encoder's current table, SENTENCE_END after each sentence. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly sentences: number;
  /** Malformed UTF-8 sequences that were replaced. */
  readonly repairs: number;
  /** JSON lines without the field. */
  readonly skippedRecords: number;
}

/**
 * Turns blocks of text into word numbers while it counts the words: text is tokenized once, not once to count
 * and once to encode. The numbers are its own; they become word ids when the runs of all encoders are merged.
 */
export class BlockEncoder {
  readonly #tokenizer: Tokenizer;
  #table = new WordTable();
  #tokens = new Int32Array(1 << 18);
  #length = 0;
  #scratch = new Uint8Array(1 << 12);
  readonly #textEncoder = new TextEncoder();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** Memory held by the table, in bytes. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  get wordCount(): number {
    return this.#table.size;
  }

  encode(bytes: Uint8Array, source: { name: string; jsonField?: string }): EncodedBlock {
    this.#length = 0;
    let sentences = 0;
    let repairs = 0;
    let skippedRecords = 0;
    if (source.jsonField === undefined && splitsAtWhitespace(this.#tokenizer)) {
      let text = bytes;
      if (hasHighBytes(bytes)) {
        const decoded = decodeUtf8(bytes);
        repairs = decoded.repairs;
        if (repairs > 0) text = this.#textEncoder.encode(decoded.text);
      }
      sentences = this.#encodeBytes(text);
    } else {
      const decoded = decodeUtf8(bytes);
      repairs = decoded.repairs;
      // What follows the last line feed belongs to a line that goes on in the next block.
      let begin = 0;
      while (begin < decoded.text.length) {
        const lineEnd = decoded.text.indexOf('\n', begin);
        const line = decoded.text.slice(begin, lineEnd < 0 ? undefined : lineEnd);
        begin = lineEnd < 0 ? decoded.text.length : lineEnd + 1;
        if (source.jsonField === undefined) {
          this.#encodeText(line);
          if (lineEnd >= 0) sentences += this.#endSentence();
          continue;
        }
        if (line.trim() === '') continue;
        const text = readField(line, source.jsonField, source.name);
        if (text === undefined) skippedRecords++;
        for (const sentence of text?.split('\n') ?? []) {
          this.#encodeText(sentence);
          sentences += this.#endSentence();
        }
      }
    }
    return { tokens: this.#tokens.slice(0, this.#length), sentences, repairs, skippedRecords };
  }

  /** Hands out the table as a sorted run and begins an empty one. */
  takeRun(): { run: Uint8Array<ArrayBuffer>; wordCount: number } {
    const result = { run: writeRun(this.#table), wordCount: this.#table.size };
    this.#table = new WordTable();
    return result;
  }

  #encodeText(text: string): void {
    for (const token of this.#tokenizer.tokenize(text)) {
      const end = this.#toBytes(token);
      this.#push(this.#table.add(this.#scratch, 0, end, hashBytes(this.#scratch, 0, end)));
    }
  }

  /** Splits at ASCII white space and hashes in one pass over the bytes. */
  #encodeBytes(bytes: Uint8Array): number {
    const table = this.#table;
    let sentences = 0;
    let begin = 0;
    let hash = HASH_START;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte > 32 || byte < 9 || (byte > 13 && byte < 32)) {
        hash = Math.imul(hash ^ byte, HASH_PRIME);
        continue;
      }
      if (i > begin) this.#push(table.add(bytes, begin, i, hash));
      hash = HASH_START;
      begin = i + 1;
      if (byte === 10) sentences += this.#endSentence();
    }
    if (bytes.length > begin) this.#push(table.add(bytes, begin, bytes.length, hash));
    return sentences;
  }

  #push(value: number): void {
    if (this.#length === this.#tokens.length) {
      const larger = new Int32Array(2 * this.#tokens.length);
      larger.set(this.#tokens);
      this.#tokens = larger;
    }
    this.#tokens[this.#length++] = value;
  }

  #endSentence(): number {
    this.#push(SENTENCE_END);
    return 1;
  }

  /** Writes the token into the scratch as UTF-8 and returns its length. */
  #toBytes(token: string): number {
    if (this.#scratch.length < 3 * token.length) this.#scratch = new Uint8Array(3 * token.length);
    const scratch = this.#scratch;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      if (unit >= 0x80) return this.#textEncoder.encodeInto(token, scratch).written;
      scratch[i] = unit;
    }
    return token.length;
  }
}

function splitsAtWhitespace({ descriptor }: Tokenizer): boolean {
  return descriptor.name === 'whitespace' || (descriptor.name === 'ids' && descriptor.separator === undefined);
}

function hasHighBytes(bytes: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < bytes.length; i++) all |= bytes[i];
  return (all & 0x80) !== 0;
}
