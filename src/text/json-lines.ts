import { concatenate } from './concatenate.ts';
import { parseRecord } from './json-records.ts';
import { LONGEST_RECORD_BYTES } from './line-blocks.ts';
import { decodeUtf8 } from './utf8.ts';

const LINE_FEED = 10;
const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [91, 93, 123, 125];
/** A first line that is longer is not looked at as a whole. */
const FIRST_LINE_BYTES = 1 << 21;
const BATCH_BYTES = 1 << 18;

/**
 * Records of JSON as lines, one a record: lines as they are; the elements of an array; with `anyLayout` also objects that go over
 * several lines, one after the other.
 *
 * @throws SyntaxError, where it is not lines, for what is no JSON object
 */
export async function* jsonLines(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  anyLayout: boolean,
): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  let start: Uint8Array = new Uint8Array(0);
  let ended = false;
  while (!ended && start.length < FIRST_LINE_BYTES && firstLine(start) === undefined) {
    const next = await iterator.next();
    ended = next.done === true;
    if (!next.done) start = concatenate([start, next.value]);
  }
  async function* all() {
    try {
      yield start;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  const first = start.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (first === OPEN_BRACKET || (anyLayout && !isRecord(firstLine(start)))) yield* splitRecords(all(), name);
  else yield* all();
}

/** The first line that holds something; `undefined` where it does not end yet. */
function firstLine(bytes: Uint8Array): string | undefined {
  let begin = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, begin)) {
    const line = decodeUtf8(bytes.subarray(begin, end)).text.replace(/^\ufeff+/, '');
    if (line.trim() !== '') return line;
    begin = end + 1;
  }
  return undefined;
}

function isRecord(line: string | undefined): boolean {
  if (line === undefined) return false;
  try {
    return Object.keys(parseRecord(line, '', 1)).length > 0; // an empty one tells nothing
  } catch {
    return false;
  }
}

async function* splitRecords(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const splitter = new RecordSplitter(name);
  let batch: Uint8Array[] = [];
  let byteLength = 0;
  for await (const chunk of bytes) {
    for (const record of splitter.push(chunk)) {
      batch.push(record);
      byteLength += record.length;
    }
    if (byteLength < BATCH_BYTES) continue;
    yield concatenate(batch);
    batch = [];
    byteLength = 0;
  }
  splitter.end();
  yield concatenate(batch);
}

/** Finds where records begin and end: by depth, outside of strings. */
class RecordSplitter {
  readonly #name: string;
  #parts: Uint8Array[] = []; // of the record so far, from earlier chunks
  #length = 0;
  #line = 1;
  #recordLine = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #array: 'none' | 'open' | 'closed' = 'none';
  #begun = false; // something was there

  constructor(name: string) {
    this.#name = name;
  }

  /** The records that end in this chunk, each with a line feed behind it. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let begin = this.#inRecord ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === LINE_FEED) this.#line++;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (!this.#inRecord && begin < 0) {
        if (this.#isBetween(byte)) continue;
        begin = at;
        this.#recordLine = this.#line;
      }
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
      const closes = byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
      // A comma or a bracket that belongs to the array ends what is no object, such as a number.
      const ends = this.#depth === 0 && (byte === COMMA || closes);
      if (closes && this.#depth > 0) this.#depth--;
      if (ends || (closes && this.#depth === 0)) {
        yield this.#record(chunk.subarray(begin, ends ? at : at + 1));
        begin = -1;
        if (ends && byte === CLOSE_BRACKET) this.#array = 'closed';
      }
    }
    if (begin >= 0) this.#keep(chunk.slice(begin));
  }

  /** @throws SyntaxError for a record that does not end */
  end(): void {
    if (this.#inRecord || this.#array === 'open') throw this.#error('the JSON ends early');
  }

  get #inRecord(): boolean {
    return this.#length > 0;
  }

  /** White space, the comma between two records, and the brackets of the array. */
  #isBetween(byte: number): boolean {
    if (byte <= 32 || byte === COMMA || byte === 0xef || byte === 0xbb || byte === 0xbf) return true;
    this.#recordLine = this.#line;
    if (this.#array === 'closed') throw this.#error('there is more behind the end of the array');
    if (byte === CLOSE_BRACKET && this.#array === 'open') {
      this.#array = 'closed';
      return true;
    }
    const first = !this.#begun;
    this.#begun = true;
    if (first && byte === OPEN_BRACKET) this.#array = 'open';
    else if (this.#array === 'none' && byte !== OPEN_BRACE) throw this.#error('it is not JSON, or not of objects');
    return first && byte === OPEN_BRACKET;
  }

  #keep(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    if (this.#length > LONGEST_RECORD_BYTES)
      throw this.#error(`the record is longer than ${LONGEST_RECORD_BYTES >> 20} MB`);
  }

  #record(last: Uint8Array): Uint8Array {
    const record = concatenate([...this.#parts, last, Uint8Array.of(LINE_FEED)]);
    this.#parts = [];
    this.#length = 0;
    parseRecord(decodeUtf8(record).text.trim(), this.#name, this.#recordLine);
    for (let at = 0; at < record.length - 1; at++) if (record[at] === LINE_FEED || record[at] === 13) record[at] = 32;
    return record;
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(`Cannot read "${this.#name}": line ${this.#recordLine}: ${what}`);
  }
}
