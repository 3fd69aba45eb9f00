import { counted } from '../text/counted.ts';
import { suggestField } from '../text/json-records.ts';
import type { Phrases } from '../text/phrases.ts';
import type { TextSample } from '../text/text-sample.ts';
import type { TextSource } from '../text/text-source.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { mergeRuns, type Vocabulary, type VocabularyOptions } from '../vocabulary/vocabulary.ts';
import { memoryRun } from '../vocabulary/word-run.ts';
import type { CorpusStore, EncodedCorpus } from './encoded-corpus.ts';
import type { Encoder, StoreRun } from './encoder.ts';
import type { PhraseOptions, PhrasePass } from './learn-phrases.ts';
import { type FirstRecord, TextEncoding } from './text-encoding.ts';

export interface PrepareOptions extends Omit<VocabularyOptions, 'minCount'> {
  /** Rarer words are dropped; it may depend on the number of all tokens. */
  readonly minCount: number | ((corpusTokens: number) => number);
  /**
   * Bytes that the word tables of all encoders may take together; beyond, they are written out. Later, what the table
   * of pairs may take when phrases are joined; beyond, the pairs are counted in parts.
   */
  readonly memoryBudgetBytes: number;
  /** Joins phrases; not with words that are `given` or of `earlier` text, which know none of them. */
  readonly phrases?: PhraseOptions | undefined;
  /** Refuses malformed UTF-8 instead of repairing it. */
  readonly strict?: boolean;
  /** Of the text: for what is to be said where the tokenizer finds nothing. */
  readonly sample?: TextSample;
  readonly tokenizer?: Tokenizer;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly onPhrases?: ((pass: PhrasePass) => void) | undefined;
}

export type CountedOptions = PrepareOptions & { readonly minCount: number };

/** The options for a text that has so many tokens. */
export function countedOptions(options: PrepareOptions, corpusTokens: number): CountedOptions {
  const { minCount } = options;
  return { ...options, minCount: typeof minCount === 'number' ? minCount : minCount(corpusTokens) };
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
  given: PrepareOptions,
  storeRun: StoreRun = storeInMemory,
): Promise<PreparedCorpus> {
  const { runs, totals, firstRecord } = await new TextEncoding(encoders, store, given, storeRun).encodeAll(sources);
  const options = countedOptions(given, totals.tokens);
  const helpers = encoders.flatMap(({ renumber }) => renumber ?? []);

  // A word beyond maxVocabulary may be part of a phrase that is not: words are cut off when phrases have been joined.
  const merged = mergeRuns(runs, options.phrases ? { ...options, maxVocabulary: undefined } : options);
  const { vocabulary, foundWords, wordIds, distinctWords, corpusTokens, rareTokens } = merged;
  if (foundWords === 0 || vocabulary.tokenCount === 0) {
    const { emptyVocabularyMessage } = await import('./empty-vocabulary-message.ts');
    throw new Error(emptyVocabularyMessage(merged, options, skippedRecordsMessage(totals.skippedRecords, firstRecord)));
  }
  const { sentences, repairs, skippedRecords, spills } = totals;
  const statistics = { sentences, corpusTokens, distinctWords, repairs, skippedRecords, spills };
  const facts = { statistics, keptTokens: vocabulary.tokenCount, rareTokens };
  if (!options.phrases) {
    const finishing = store.finish(wordIds, helpers);
    vocabulary.words; // they become text here while other threads number the corpus
    return { vocabulary, corpus: await finishing, ...facts };
  }
  const learned = await joinPhrases(store, vocabulary, wordIds, { ...options, phrases: options.phrases });
  return {
    vocabulary: learned.vocabulary,
    corpus: await store.finish(learned.wordIds, helpers),
    phrases: learned.phrases.length > 0 ? learned.phrases : undefined,
    ...facts,
  };
}

async function joinPhrases(
  store: CorpusStore,
  vocabulary: Vocabulary,
  wordIds: Int32Array[],
  options: CountedOptions & { readonly phrases: PhraseOptions },
) {
  const { learnPhrases } = await import('./learn-phrases.ts'); // few trainings join phrases
  const { minCount, maxVocabulary, memoryBudgetBytes, signal, onPhrases } = options;
  const learned = await learnPhrases(store, vocabulary, wordIds, {
    ...options.phrases,
    minCount,
    maxVocabulary,
    memoryBudgetBytes,
    signal,
    onPass: onPhrases,
  });
  if (learned.vocabulary.words.length > 0) return learned;
  throw new Error(
    `Cannot train: when phrases were joined, no word was left that occurs ${minCount} times; raise phraseThreshold or lower minCount`,
  );
}

export const storeInMemory: StoreRun = (run, wordCount, pieces) => {
  if (!ArrayBuffer.isView(run)) throw new TypeError('Cannot keep a part of a file in memory');
  return memoryRun(run, wordCount, pieces);
};

/** What is to be said of records that have no text in the field; nothing where there are none. */
export function skippedRecordsMessage(
  skipped: number,
  { field, names, advice = '' }: FirstRecord = { field: 'text', names: [] },
): string {
  if (skipped === 0) return '';
  const shown =
    names.length > 0
      ? `, the first one has ${names.slice(0, 20).join(', ')}${advice || suggestField(field, names)}`
      : '';
  return ` (${counted(skipped, 'record')} had no text in the field "${field}"${shown}; "field" names the field)`;
}
