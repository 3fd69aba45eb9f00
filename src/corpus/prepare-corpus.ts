import { BLOCK_BYTES, type FileBlock, lineBlocks } from '../text/line-blocks.ts';
import type { Phrases } from '../text/phrases.ts';
import type { TextSource } from '../text/text-source.ts';
import { mergeRuns, type Vocabulary, type VocabularyOptions } from '../vocabulary/vocabulary.ts';
import { memoryRun, type WordRun } from '../vocabulary/word-run.ts';
import type { EncodedBlock, TextKind } from './block-encoder.ts';
import type { CorpusStore, EncodedCorpus, FilePart, RenumberFiles } from './encoded-corpus.ts';
import type { PhraseOptions, PhrasePass } from './learn-phrases.ts';

/** Encodes blocks, in this thread or another; `training/worker-role.ts` has both. Calls are answered in their order. */
export interface Encoder {
  /**
   * @param block - bytes, which become the encoder's own, or where it has files, a block that it reads itself
   * @param file - where it writes the tokens, if it has files
   */
  encode(block: Uint8Array<ArrayBuffer> | FileBlock, kind: TextKind, file?: string): Promise<EncodedHere>;
  /** @param last - nothing will be encoded any more */
  takeRun(last: boolean, file?: string): Promise<TakenRun>;
  /** Present where the encoder reads and writes files itself. */
  readonly renumber?: RenumberFiles | undefined;
}

export interface EncodedHere extends Omit<EncodedBlock, 'tokens'> {
  readonly tokens: Int32Array<ArrayBuffer> | FilePart;
  /** The memory of the block, if it was bytes and is of no more use. */
  readonly spare?: ArrayBuffer | undefined;
  /** The encoder's table that the numbers belong to: 0, and one more after each `takeRun`. */
  readonly table: number;
  readonly tableByteLength: number;
}

export interface TakenRun {
  readonly run: Uint8Array<ArrayBuffer> | FileRun;
  readonly wordCount: number;
  /** See EncodedHere. */
  readonly table: number;
}

/** A run in a file, where the encoder has written it itself. */
export interface FileRun {
  readonly path: string;
  /** In bytes. */
  readonly position: number;
  readonly byteLength: number;
}

/** Keeps a sorted run until the merge: in memory, or on disk. */
export type StoreRun = (run: Uint8Array | FileRun, wordCount: number) => WordRun;

export interface PrepareOptions extends VocabularyOptions {
  /**
   * Bytes that the word tables of all encoders may take together; beyond, they are written out. Later, what the table
   * of pairs may take when phrases are joined; beyond, the pairs are counted in parts.
   */
  readonly memoryBudgetBytes: number;
  /** Joins phrases; not with words that are `given` or of `earlier` text, which know none of them. */
  readonly phrases?: PhraseOptions | undefined;
  /** Refuses malformed UTF-8 instead of repairing it. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly onPhrases?: ((pass: PhrasePass) => void) | undefined;
}

/** How far the reading of the text has come. */
export interface PrepareProgress {
  readonly bytesRead: number;
  /** 0 if some source does not know its length. */
  readonly bytesTotal: number;
  readonly tokens: number;
}

/** What is known of a text that has been read. */
export interface CorpusStatistics {
  readonly sentences: number;
  /** All tokens of the text. */
  readonly corpusTokens: number;
  /** All different tokens of the text. */
  readonly distinctWords: number;
  /** Malformed UTF-8 sequences replaced by U+FFFD. */
  readonly repairs: number;
  /** JSON records without the field. */
  readonly skippedRecords: number;
  /** How often word tables were written out to keep the memory budget. */
  readonly spills: number;
}

export interface PreparedCorpus {
  readonly vocabulary: Vocabulary;
  readonly corpus: EncodedCorpus;
  readonly statistics: CorpusStatistics;
  /** The pairs of words that were joined in each pass; absent if none was. */
  readonly phrases?: Phrases | undefined;
  /** Tokens of the words that are kept, before some were joined to phrases. */
  readonly keptTokens: number;
  /** See MergedVocabulary. */
  readonly rareTokens: Float64Array;
}

/** So many blocks are under way to each encoder, so that it does not wait for the next. */
const BLOCKS_UNDER_WAY = 2;
/** A table lies in one WebAssembly memory of 4 GiB, and may double its slots once more. */
const LARGEST_TABLE_BYTES = 3 * 2 ** 29;

/**
 * Text to vocabulary and encoded corpus. Blocks are read in order, here or where there are files by the encoders, encoded
 * side by side, and stored in the order of the text: the result does not depend on how many encoders there are.
 *
 * @throws Error if the text holds no word, or none often enough
 */
export async function prepareCorpus(
  sources: readonly TextSource[],
  encoders: readonly Encoder[],
  store: CorpusStore,
  options: PrepareOptions,
  storeRun: StoreRun = storeInMemory,
): Promise<PreparedCorpus> {
  const runs: WordRun[] = [];
  // Runs are numbered when their first block comes. For each encoder the numbers of its tables' runs.
  const runNumbers: number[][] = encoders.map(() => []);
  const spilled = encoders.map(() => -1);
  let nextRun = 0;
  const totals = { sentences: 0, repairs: 0, skippedRecords: 0, spills: 0, tokens: 0 };
  const waiting = new Map<number, { tokens: EncodedHere['tokens']; run: number }>();
  let stored = 0;
  let bytesRead = 0;
  const bytesTotal = sources.every((source) => source.byteLength !== undefined)
    ? sources.reduce((sum, source) => sum + source.byteLength!, 0)
    : 0;
  const files = store.fileOf;
  const readsFiles = files !== undefined && encoders.every((encoder) => encoder.renumber);
  const tableBytes = Math.min(LARGEST_TABLE_BYTES, options.memoryBudgetBytes / encoders.length);
  let failed = false;
  const spare: ArrayBuffer[] = [];

  async function encodeNext(encoder: number, blocks: AsyncGenerator<NumberedBlock>): Promise<void> {
    while (!failed) {
      options.signal?.throwIfAborted();
      const { value: block, done } = await blocks.next();
      if (done) return;
      const { name, jsonField } = block.source;
      const kind = { name, jsonField, firstLine: block.firstLine };
      const encoded = await encoders[encoder].encode(block.text, kind, files?.(encoder));
      if (encoded.spare) spare.push(encoded.spare);
      if (options.strict && encoded.repairs > 0) {
        throw new Error(
          `Cannot read "${name}": ${encoded.repairs} malformed UTF-8 sequences near byte ${block.position}; without strict they are replaced by U+FFFD`,
        );
      }
      totals.sentences += encoded.sentences;
      totals.repairs += encoded.repairs;
      totals.skippedRecords += encoded.skippedRecords;
      totals.tokens += encoded.tokens.length - encoded.sentences;
      runNumbers[encoder][encoded.table] ??= nextRun++;
      waiting.set(block.number, { tokens: encoded.tokens, run: runNumbers[encoder][encoded.table] });
      for (let ready = waiting.get(stored); ready; ready = waiting.get(stored)) {
        store.append(ready.tokens, ready.run);
        waiting.delete(stored++);
      }
      // A block that was under way then still belongs to the table that is being written out.
      if (encoded.tableByteLength > tableBytes && encoded.table > spilled[encoder]) {
        totals.spills++;
        spilled[encoder] = encoded.table;
        await takeRun(encoder, false);
      }
      if (!ArrayBuffer.isView(block.text)) bytesRead += encoded.byteLength;
      options.onProgress?.({ bytesRead, bytesTotal, tokens: totals.tokens });
    }
  }

  async function takeRun(encoder: number, last: boolean): Promise<void> {
    const { run, wordCount, table } = await encoders[encoder].takeRun(last, files?.(encoder));
    const number = runNumbers[encoder][table];
    if (number !== undefined) runs[number] = storeRun(run, wordCount);
  }

  const onRead = (byteLength: number) => {
    bytesRead += byteLength;
  };
  const blocks = numberedBlocks(sources, readsFiles, onRead, spare);
  try {
    const ways = encoders.flatMap((_, encoder) => Array.from({ length: BLOCKS_UNDER_WAY }, () => encoder));
    await Promise.all(ways.map((encoder) => encodeNext(encoder, blocks)));
  } finally {
    failed = true;
    await blocks.return(undefined);
  }
  await Promise.all(encoders.map((_, encoder) => takeRun(encoder, true)));
  const helpers = encoders.flatMap(({ renumber }) => renumber ?? []);

  // A word beyond maxVocabulary may be part of a phrase that is not: words are cut off when phrases have been joined.
  const { vocabulary, foundWords, wordIds, distinctWords, corpusTokens, rareTokens } = mergeRuns(
    runs,
    options.phrases ? { ...options, maxVocabulary: undefined } : options,
  );
  if (foundWords === 0 || vocabulary.tokenCount === 0) {
    throw new Error(emptyVocabularyMessage(distinctWords, corpusTokens, options, totals.skippedRecords));
  }
  const keptTokens = vocabulary.tokenCount;
  const { sentences, repairs, skippedRecords, spills } = totals;
  const statistics = { sentences, corpusTokens, distinctWords, repairs, skippedRecords, spills };
  if (!options.phrases) {
    const finishing = store.finish(wordIds, helpers);
    vocabulary.words; // they become text here while other threads number the corpus
    return { vocabulary, corpus: await finishing, statistics, keptTokens, rareTokens };
  }
  const { learnPhrases } = await import('./learn-phrases.ts'); // few trainings join phrases
  const learned = await learnPhrases(store, vocabulary, wordIds, {
    ...options.phrases,
    minCount: options.minCount,
    maxVocabulary: options.maxVocabulary,
    memoryBudgetBytes: options.memoryBudgetBytes,
    signal: options.signal,
    onPass: options.onPhrases,
  });
  if (learned.vocabulary.words.length === 0) {
    throw new Error(
      `Cannot train: when phrases were joined, no word was left that occurs ${options.minCount} times; raise phraseThreshold or lower minCount`,
    );
  }
  return {
    vocabulary: learned.vocabulary,
    corpus: await store.finish(learned.wordIds, helpers),
    statistics,
    phrases: learned.phrases.length > 0 ? learned.phrases : undefined,
    keptTokens,
    rareTokens,
  };
}

interface NumberedBlock {
  readonly number: number;
  readonly source: TextSource;
  /** Where it begins in the source, in bytes; of a file about. */
  readonly position: number;
  /** The number of its first line, of JSON. */
  readonly firstLine?: number | undefined;
  readonly text: Uint8Array<ArrayBuffer> | FileBlock;
}

/** The blocks of all sources in order. An async generator queues `next` calls, so many may pull from it. */
async function* numberedBlocks(
  sources: readonly TextSource[],
  readsFiles: boolean,
  onRead: (byteLength: number) => void,
  spare: ArrayBuffer[],
): AsyncGenerator<NumberedBlock> {
  let number = 0;
  for (const source of sources) {
    const { file } = source.open;
    if (readsFiles && file !== undefined) {
      const fileByteLength = source.byteLength!;
      for (let index = 0; index * BLOCK_BYTES < fileByteLength; index++) {
        const text = { path: file, index, fileByteLength };
        yield { number: number++, source, position: index * BLOCK_BYTES, text };
      }
      continue;
    }
    let position = 0;
    let firstLine = source.jsonField === undefined ? undefined : 1;
    for await (const text of lineBlocks(source, onRead, spare)) {
      const byteLength = text.length; // the block itself may be handed to another thread
      const lines = firstLine === undefined ? 0 : countLines(text);
      yield { number: number++, source, position, firstLine, text };
      position += byteLength;
      if (firstLine !== undefined) firstLine += lines;
    }
  }
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

const storeInMemory: StoreRun = (run, wordCount) => {
  if (!ArrayBuffer.isView(run)) throw new TypeError('Cannot keep a part of a file in memory');
  return memoryRun(run, wordCount);
};

function emptyVocabularyMessage(
  distinctWords: number,
  corpusTokens: number,
  options: PrepareOptions,
  skipped: number,
): string {
  if (corpusTokens === 0) {
    const records = skipped > 0 ? ` (${skipped} records had no text in the field)` : '';
    return `Cannot train: the text holds no words${records}`;
  }
  if (options.given) {
    return `Cannot train: none of the ${distinctWords} different words of the text is in the given vocabulary`;
  }
  return `Cannot train: none of the ${distinctWords} different words occurs ${options.minCount} times in ${corpusTokens} tokens; lower minCount or give more text`;
}
