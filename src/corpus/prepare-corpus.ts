import { lineBlocks } from '../text/line-blocks.ts';
import type { Phrases } from '../text/phrases.ts';
import type { TextSource } from '../text/text-source.ts';
import { mergeRuns, type Vocabulary, type VocabularyOptions } from '../vocabulary/vocabulary.ts';
import { memoryRun, type WordRun } from '../vocabulary/word-run.ts';
import type { EncodedBlock } from './block-encoder.ts';
import type { CorpusStore, EncodedCorpus } from './encoded-corpus.ts';
import { learnPhrases, type PhraseOptions, type PhrasePass } from './learn-phrases.ts';

/** Encodes blocks, in this thread or another; `encoding-workers.ts` has both. */
export interface Encoder {
  encode(
    bytes: Uint8Array<ArrayBuffer>,
    source: { name: string; jsonField?: string },
  ): Promise<EncodedBlock & { tableByteLength: number }>;
  takeRun(): Promise<{ run: Uint8Array<ArrayBuffer>; wordCount: number }>;
}

/** Keeps a sorted run until the merge: in memory, or on disk. */
export type StoreRun = (run: Uint8Array, wordCount: number) => WordRun;

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

export interface PrepareProgress {
  readonly bytesRead: number;
  /** 0 if some source does not know its length. */
  readonly bytesTotal: number;
  readonly tokens: number;
}

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
  /** See MergedVocabulary. */
  readonly rareTokens: Float64Array;
}

/**
 * Text to vocabulary and encoded corpus. Blocks are read here in order, encoded by the encoders side by side,
 * and stored in the order of the text: the result does not depend on how many encoders there are.
 *
 * @throws Error if the text holds no word, or none often enough
 */
export async function prepareCorpus(
  sources: readonly TextSource[],
  encoders: readonly Encoder[],
  store: CorpusStore,
  options: PrepareOptions,
  storeRun: StoreRun = memoryRun,
): Promise<PreparedCorpus> {
  const runs: WordRun[] = [];
  // A run's place in `runs` is fixed when its table is begun, because blocks refer to it.
  const currentRun = encoders.map((_, index) => index);
  let nextRun = encoders.length;
  const totals = { sentences: 0, repairs: 0, skippedRecords: 0, spills: 0, tokens: 0 };
  const waiting = new Map<number, { tokens: Int32Array; run: number }>();
  let stored = 0;
  let bytesRead = 0;
  const bytesTotal = sources.every((source) => source.byteLength !== undefined)
    ? sources.reduce((sum, source) => sum + source.byteLength!, 0)
    : 0;

  async function encodeNext(encoder: number, blocks: AsyncGenerator<NumberedBlock>): Promise<void> {
    for (;;) {
      options.signal?.throwIfAborted();
      const { value: block, done } = await blocks.next();
      if (done) return;
      const encoded = await encoders[encoder].encode(block.bytes, {
        name: block.source.name,
        jsonField: block.source.jsonField,
      });
      if (options.strict && encoded.repairs > 0) {
        throw new Error(
          `Cannot read "${block.source.name}": ${encoded.repairs} malformed UTF-8 sequences near byte ${block.position}; without strict they are replaced by U+FFFD`,
        );
      }
      totals.sentences += encoded.sentences;
      totals.repairs += encoded.repairs;
      totals.skippedRecords += encoded.skippedRecords;
      totals.tokens += encoded.tokens.length - encoded.sentences;
      waiting.set(block.number, { tokens: encoded.tokens, run: currentRun[encoder] });
      for (let ready = waiting.get(stored); ready; ready = waiting.get(stored)) {
        store.append(ready.tokens, ready.run);
        waiting.delete(stored++);
      }
      if (encoded.tableByteLength > options.memoryBudgetBytes / encoders.length) {
        totals.spills++;
        await takeRun(encoder);
        currentRun[encoder] = nextRun++;
      }
      options.onProgress?.({ bytesRead, bytesTotal, tokens: totals.tokens });
    }
  }

  async function takeRun(encoder: number): Promise<void> {
    const { run, wordCount } = await encoders[encoder].takeRun();
    runs[currentRun[encoder]] = storeRun(run, wordCount);
  }

  const blocks = numberedBlocks(sources, (byteLength) => {
    bytesRead += byteLength;
  });
  try {
    await Promise.all(encoders.map((_, index) => encodeNext(index, blocks)));
  } finally {
    await blocks.return(undefined);
  }
  await Promise.all(encoders.map((_, index) => takeRun(index)));

  // A word beyond maxVocabulary may be part of a phrase that is not: words are cut off when phrases have been joined.
  const { vocabulary, wordIds, distinctWords, corpusTokens, rareTokens } = mergeRuns(
    runs,
    options.phrases ? { ...options, maxVocabulary: undefined } : options,
  );
  if (vocabulary.words.length === 0 || vocabulary.tokenCount === 0) {
    throw new Error(emptyVocabularyMessage(distinctWords, corpusTokens, options, totals.skippedRecords));
  }
  const { sentences, repairs, skippedRecords, spills } = totals;
  const statistics = { sentences, corpusTokens, distinctWords, repairs, skippedRecords, spills };
  if (!options.phrases) return { vocabulary, corpus: store.finish(wordIds), statistics, rareTokens };
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
      `Cannot train: when phrases were joined, no word was left that occurs ${options.minCount} times; raise --phrase-threshold or lower --min-count`,
    );
  }
  return {
    vocabulary: learned.vocabulary,
    corpus: store.finish(learned.wordIds),
    statistics,
    phrases: learned.phrases.length > 0 ? learned.phrases : undefined,
    rareTokens,
  };
}

interface NumberedBlock {
  readonly number: number;
  readonly source: TextSource;
  /** Bytes of the source before this block. */
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The blocks of all sources in order. An async generator queues `next` calls, so many may pull from it. */
async function* numberedBlocks(
  sources: readonly TextSource[],
  onRead: (byteLength: number) => void,
): AsyncGenerator<NumberedBlock> {
  let number = 0;
  for (const source of sources) {
    let position = 0;
    for await (const bytes of lineBlocks(source, onRead)) {
      const byteLength = bytes.length; // the block itself may be handed to another thread
      yield { number: number++, source, position, bytes };
      position += byteLength;
    }
  }
}

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
  return `Cannot train: none of the ${distinctWords} different words occurs ${options.minCount} times in ${corpusTokens} tokens; lower --min-count or give more text`;
}
