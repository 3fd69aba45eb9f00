import { counted } from '../text/counted.ts';
import { suggestList } from '../text/json-records.ts';
import type { TextSource } from '../text/text-source.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import type { WordRun } from '../vocabulary/word-run.ts';
import type { CorpusStore } from './encoded-corpus.ts';
import type { EncodedHere, Encoder, StoreRun } from './encoder.ts';
import { type NumberedBlock, numberedBlocks } from './numbered-blocks.ts';

/** So many blocks are under way to each encoder, so that it does not wait for the next. */
const BLOCKS_UNDER_WAY = 2;
/** A table lies in one WebAssembly memory of 4 GiB, and may double its slots once more. */
const MAXIMUM_TABLE_BYTES = 3 * 2 ** 29;

export interface EncodingOptions {
  /** Bytes that the word tables of all encoders may take together; beyond, they are written out. */
  readonly memoryBudgetBytes: number;
  /** Refuses malformed UTF-8 instead of repairing it. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { bytesRead: number; bytesTotal: number; tokens: number }) => void) | undefined;
}

/** The pass over a text that cuts it into words, counts them and stores them as numbers of the encoders' tables. */
export class TextEncoding {
  readonly #encoders: readonly Encoder[];
  readonly #store: CorpusStore;
  readonly #options: EncodingOptions;
  readonly #storeRun: StoreRun;
  readonly #tableBytes: number;
  readonly #runs: WordRun[] = [];
  /** Runs are numbered when their first block comes. For each encoder the numbers of its tables' runs. */
  readonly #runNumbers: number[][];
  #nextRun = 0;
  /** For each encoder the last table that was written out. */
  readonly #spilled: number[];
  /** Encoded blocks that wait for earlier ones. */
  readonly #waiting = new Map<number, { tokens: EncodedHere['tokens']; run: number }>();
  #stored = 0;
  readonly #totals = { sentences: 0, repairs: 0, skippedRecords: 0, spills: 0, tokens: 0 };
  readonly #spare: ArrayBuffer[] = [];
  #bytesRead = 0;
  #bytesTotal = 0;
  #failed = false;
  #firstRecord: FirstRecord | undefined;

  constructor(encoders: readonly Encoder[], store: CorpusStore, options: EncodingOptions, storeRun: StoreRun) {
    this.#encoders = encoders;
    this.#store = store;
    this.#options = options;
    this.#storeRun = storeRun;
    this.#tableBytes = Math.min(MAXIMUM_TABLE_BYTES, options.memoryBudgetBytes / encoders.length);
    this.#runNumbers = encoders.map(() => []);
    this.#spilled = encoders.map(() => -1);
  }

  /** Encodes all sources; gives the sorted runs of words with their counts, and what was found. */
  async encodeAll(sources: readonly TextSource[]) {
    this.#bytesTotal = sources.every((source) => source.byteLength !== undefined)
      ? sources.reduce((sum, source) => sum + source.byteLength!, 0)
      : 0;
    const readsFiles = this.#store.fileOf !== undefined && this.#encoders.every(({ renumber }) => renumber);
    const onRead = (byteLength: number) => {
      this.#bytesRead += byteLength;
    };
    const blocks = numberedBlocks(sources, { readsFiles, onRead, spare: this.#spare });
    const lanes = this.#encoders.flatMap((_, encoder) => Array.from({ length: BLOCKS_UNDER_WAY }, () => encoder));
    try {
      await Promise.all(lanes.map((encoder) => this.#encodeWith(encoder, blocks)));
    } finally {
      this.#failed = true;
      await blocks.return(undefined);
    }
    await Promise.all(this.#encoders.map((_, encoder) => this.#takeRun(encoder, true)));
    return { runs: this.#runs, totals: this.#totals, firstRecord: this.#firstRecord };
  }

  async #encodeWith(encoder: number, blocks: AsyncGenerator<NumberedBlock>): Promise<void> {
    while (!this.#failed) {
      this.#options.signal?.throwIfAborted();
      const { value: block, done } = await blocks.next();
      if (done) return;
      const { name, jsonField } = block.source;
      const kind = { name, jsonField, firstLine: block.firstLine };
      if (jsonField !== undefined && ArrayBuffer.isView(block.text))
        this.#firstRecord ??= firstOf(block.text, jsonField);
      const encoded = await this.#encoders[encoder].encode(block.text, kind, this.#store.fileOf?.(encoder));
      if (this.#options.strict && encoded.repairs > 0) {
        throw new Error(
          `Cannot read "${name}": ${counted(encoded.repairs, 'malformed UTF-8 sequence')} near byte ${block.position}; without strict that is replaced by U+FFFD`,
        );
      }
      this.#take(encoder, block, encoded);
      // A block that was under way then still belongs to the table that is being written out.
      if (encoded.tableByteLength > this.#tableBytes && encoded.table > this.#spilled[encoder]) {
        this.#totals.spills++;
        this.#spilled[encoder] = encoded.table;
        await this.#takeRun(encoder, false);
      }
      const { tokens } = this.#totals;
      this.#options.onProgress?.({ bytesRead: this.#bytesRead, bytesTotal: this.#bytesTotal, tokens });
    }
  }

  /** Counts an encoded block, and stores all that are next in the order of the text. */
  #take(encoder: number, block: NumberedBlock, encoded: EncodedHere): void {
    if (encoded.spare) this.#spare.push(encoded.spare);
    if (!ArrayBuffer.isView(block.text)) this.#bytesRead += encoded.byteLength;
    this.#totals.sentences += encoded.sentences;
    this.#totals.repairs += encoded.repairs;
    this.#totals.skippedRecords += encoded.skippedRecords;
    this.#totals.tokens += encoded.tokens.length - encoded.sentences;
    const numbers = this.#runNumbers[encoder];
    numbers[encoded.table] ??= this.#nextRun++;
    this.#waiting.set(block.number, { tokens: encoded.tokens, run: numbers[encoded.table] });
    for (let ready = this.#waiting.get(this.#stored); ready; ready = this.#waiting.get(this.#stored)) {
      this.#store.append(ready.tokens, ready.run);
      this.#waiting.delete(this.#stored++);
    }
  }

  async #takeRun(encoder: number, last: boolean): Promise<void> {
    const { run, wordCount, pieces, table } = await this.#encoders[encoder].takeRun(
      last,
      this.#store.fileOf?.(encoder),
    );
    const number = this.#runNumbers[encoder][table];
    if (number !== undefined) this.#runs[number] = this.#storeRun(run, wordCount, pieces);
  }
}

/** What tells of records in which the text is missing. */
export interface FirstRecord {
  /** The field that is to hold the text. */
  readonly field: string;
  /** The fields of the first record. */
  readonly names: readonly string[];
  /** What to do where it holds the records in a list. */
  readonly advice?: string;
}

function firstOf(bytes: Uint8Array, field: string): FirstRecord {
  const end = bytes.indexOf(10);
  try {
    const record = JSON.parse(decodeUtf8(bytes.subarray(0, end < 0 ? undefined : end)).text);
    return { field, names: Object.keys(record), advice: suggestList(record) };
  } catch {
    return { field, names: [] }; // who encodes it says what is wrong
  }
}
