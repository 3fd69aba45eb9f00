import { createMemoryCorpusStore } from '../corpus/encoded-corpus.ts';
import { createSubwords } from '../text/subwords.ts';
import type { TextSource } from '../text/text-source.ts';
import { cpuTrainer, planBlocks } from '../training/cpu-trainer.ts';
import { LOSS_TRAITS } from '../training/loss-traits.ts';
import { trainModel } from '../training/train-model.ts';
import type { Forecast } from '../training/train-settings.ts';
import {
  bytesOutside,
  type MemoryParts,
  planTrainingMemory,
  type SubwordSize,
  sizeOf,
} from '../training/training-memory.ts';
import { subwordOptions, type TrainingOptions } from '../training/training-options.ts';
import type { Worker } from '../training/worker-role.ts';
import { createHuffmanTree } from '../vocabulary/huffman-tree.ts';
import { createVocabulary, type Vocabulary } from '../vocabulary/vocabulary.ts';
import type { EncodedSample } from './encoded-sample.ts';

/** Forecasts for less are not worth a trial: the training takes seconds. */
export const FORECAST_BYTES = 5_000_000;
const TRIAL_MILLISECONDS = 250;
/** A trial that has trained nothing, as the machine is busy, is done again, with so many times its time at most. */
const MOST_TRIAL_TIMES = 12;
/** A trial's matrices take no longer to set up than the trial itself. */
const TRIAL_MEMORY_BYTES = 1 << 26;
/** Full softmax goes over all words for every pair: few words and tokens, and the time in proportion. */
const SOFTMAX_TRIAL = { words: 1000, tokens: 10_000 };

/** Bytes to be read, undefined if some source does not know. */
export function byteLengthOf(sources: readonly TextSource[]): number | undefined {
  let sum = 0;
  for (const { byteLength } of sources) {
    if (byteLength === undefined) return undefined;
    sum += byteLength;
  }
  return sum;
}

/** Tokens of the whole text: those of the sample, in proportion to the bytes. */
export function estimateTokens(sample: EncodedSample, sources: readonly TextSource[]): number | undefined {
  const { tokenCount } = sample.corpus;
  if (sample.whole) return tokenCount;
  const total = byteLengthOf(sources);
  // The expansion that was seen holds for files of the same kind.
  const kind = ({ name }: TextSource) => /\.[a-z]+$/i.exec(name)?.[0];
  const alike = sources.every((source) => kind(source) === kind(sources[0]) && !source.readsAhead);
  if (total === undefined || !alike || !(sample.expansion > 0) || sample.byteLength === 0) return undefined;
  return Math.max(tokenCount, Math.round((tokenCount / sample.byteLength) * total * sample.expansion));
}

/**
 * Words that occur minCount times in a text of so many tokens. In a text of n tokens about k · n^β words are
 * different (Heaps 1978), β from the sample and its first quarter; those that occur m times among n are about .65 of the
 * different ones among n / m. Measured for a sample of 1 MB: 76 thousand for 68 thousand words of 100 MB of English,
 * 17 for 18 at minCount 50, 59 for 57 in 60 MB of raw Wikipedia.
 */
export function estimateWords(sample: EncodedSample, tokens: number, options: TrainingOptions): number {
  const { minCount, maxVocabulary = Infinity } = options;
  const { vocabulary, corpus, ids } = sample;
  const sure = vocabulary.counts.reduce((sum, count) => sum + (count >= minCount ? 1 : 0), 0);
  let words = sure;
  if (tokens > corpus.tokenCount) {
    const distinct = vocabulary.words.length;
    const quarter = new Set(ids.subarray(0, ids.length >> 2)).size;
    const exponent = Math.min(1, Math.max(0, Math.log(distinct / quarter) / Math.log(4)));
    const share = minCount > 1 ? 0.65 : 0.75;
    const grown = share * distinct * (tokens / minCount / corpus.tokenCount) ** exponent;
    words = Math.max(sure, Math.round(grown));
  }
  return Math.min(words, maxVocabulary);
}

/** Bytes of the memory that a training takes; exact where the vocabulary is known. */
export function trainingBytes(
  words: number | Vocabulary,
  corpusLength: number,
  options: TrainingOptions,
  threads: number,
  parts: Omit<MemoryParts, 'tree'>,
): number {
  const { blockTokens, blocks, layoutWorkers: workers } = planBlocks(corpusLength, options, threads);
  const wordCount = typeof words === 'number' ? words : words.words.length;
  let tree: { longestPath: number; pathSteps: number } | undefined;
  if (LOSS_TRAITS[options.loss].usesTree) {
    if (typeof words === 'number') {
      // A balanced tree; Huffman's is a little deeper for rare words.
      const depth = Math.ceil(Math.log2(Math.max(2, wordCount))) + 2;
      tree = { longestPath: 2 * depth, pathSteps: depth * wordCount };
    } else {
      const { longestPath, steps } = createHuffmanTree(words.counts);
      tree = { longestPath, pathSteps: steps.length };
    }
  }
  const layout = planTrainingMemory(wordCount, options, { blockTokens, blocks, workers }, { ...parts, tree });
  return layout.byteLength + bytesOutside(layout);
}

/** Buckets in use, by those of the sample's words; they grow more slowly than the words do. */
function estimateSubwords(sample: EncodedSample, words: number, options: TrainingOptions): SubwordSize | undefined {
  if (!options.subwords) return undefined;
  const known = sample.vocabulary.words.slice(0, words);
  const { rows, steps, most } = sizeOf(createSubwords(known, subwordOptions(options, known)));
  const growth = words / Math.max(1, known.length);
  return { rows: Math.round(Math.min(options.buckets, rows * growth ** 0.7)), steps: Math.round(steps * growth), most };
}

/**
 * Forecasts a training by its sample: trains on it for a second, with all the workers that will do it.
 * It cannot know of other programs that will want the processors, nor how a model beyond the caches slows it down.
 */
export async function forecastTraining(
  sample: EncodedSample,
  sources: readonly TextSource[],
  options: TrainingOptions,
  workers: readonly Worker[],
  {
    words: given,
    inputFactors = false,
    trialMilliseconds = TRIAL_MILLISECONDS,
  }: { words?: number | undefined; inputFactors?: boolean; trialMilliseconds?: number | undefined } = {},
): Promise<Forecast> {
  const tokens = estimateTokens(sample, sources);
  if (tokens === undefined || tokens === 0) {
    return { tokens, words: given, memoryBytes: undefined, seconds: undefined };
  }
  const words = given ?? estimateWords(sample, tokens, options);
  const parts = { inputFactors, subwords: estimateSubwords(sample, words, options) };
  const memoryBytes = words > 0 ? trainingBytes(words, tokens, options, workers.length, parts) : undefined;
  const wordsPerSecond = await trialSpeed(sample, options, workers, words, trialMilliseconds);
  const reading = (sample.secondsPerToken * tokens) / workers.length;
  const seconds = wordsPerSecond ? reading + (options.epochs * tokens) / wordsPerSecond : undefined;
  return { tokens, words, memoryBytes, seconds };
}

/** Tokens a second, undefined where the sample is too small to tell. */
async function trialSpeed(
  { vocabulary, ids }: EncodedSample,
  options: TrainingOptions,
  workers: readonly Worker[],
  expectedWords: number,
  trialMilliseconds: number,
): Promise<number | undefined> {
  const softmax = LOSS_TRAITS[options.loss].visitsAllWords;
  const mostWords = Math.floor(TRIAL_MEMORY_BYTES / (8 * options.dimensions));
  const wordCount = Math.min(vocabulary.words.length, softmax ? SOFTMAX_TRIAL.words : mostWords);
  // Ids go by falling count, so the most frequent words are the first.
  const counts = vocabulary.counts.slice(0, wordCount);
  const trialVocabulary = createVocabulary(vocabulary.words.slice(0, wordCount), counts);
  const store = createMemoryCorpusStore();
  const wordIds = Int32Array.from(vocabulary.words, (_, id) => (id < wordCount ? id : -1));
  store.append(ids.slice(0, softmax ? SOFTMAX_TRIAL.tokens : ids.length), 0);
  const corpus = await store.finish([wordIds]);
  if (wordCount < 2 || corpus.tokenCount < 1000) return undefined;
  const trial: TrainingOptions = {
    ...options,
    // So many that the time is up first, and blocks are as long as in the training; with softmax short ones.
    epochs: softmax ? 1 : Math.ceil(1e7 / corpus.length),
    // A trial that diverges goes back to its beginning, and has trained next to nothing when the time is up.
    learningRate: Math.min(options.learningRate, 0.025, 0.25 / options.window),
    endLearningRate: 0,
    heldOutTokens: 0,
    earlyStop: false,
  };
  // The first run starts the threads and compiles the kernels, and trains nothing.
  const subwords = trial.subwords
    ? createSubwords(trialVocabulary.words, subwordOptions(trial, trialVocabulary.words))
    : undefined;
  const plan = { corpus, vocabulary: trialVocabulary, options: trial, subwords };
  await trainModel(plan, cpuTrainer(workers), { signal: AbortSignal.abort() });
  /** Tokens and seconds of a training that ends after so long, with what it takes to begin. */
  const train = async (milliseconds: number) => {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), milliseconds);
    const { report } = await trainModel(plan, cpuTrainer(workers), { signal: abort.signal });
    clearTimeout(timer);
    return { tokens: report.wordsPerSecond * report.seconds, seconds: report.seconds };
  };
  // What a training takes to begin (new memory is slow at first) is in both and in their difference no more: with 300 dimensions it was
  // nearly all of a quarter of a second.
  const short = await train(trialMilliseconds);
  let long = await train(3 * trialMilliseconds);
  // On a busy machine a trial may have been given no time at all.
  for (let times = 6; long.tokens === 0 && times <= MOST_TRIAL_TIMES; times *= 2)
    long = await train(times * trialMilliseconds);
  // A wide window makes blocks that take longer than the trial: then both have trained the same ones, and their difference is rounding. On a
  // busy machine the short one may take longer.
  const more = long.tokens - short.tokens;
  const isTold = short.tokens > 0 && more > 0.5 * short.tokens && long.seconds > short.seconds;
  const speed = isTold ? more / (long.seconds - short.seconds) : long.tokens / long.seconds;
  if (!(speed > 0)) return undefined;
  return speed * (softmax ? wordCount / Math.max(wordCount, expectedWords) : 1);
}
