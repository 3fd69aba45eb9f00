// What the page asks of its engine, and what the engine tells. Plain values that can be posted from thread to thread.
import type { TrainEvent } from '../../../src/training/train-settings.ts';

/** The tokenizers that a reader can choose. */
export const TOKENIZER_CHOICES = ['auto', 'words', 'chinese', 'segmenter', 'whitespace'] as const;
export type TokenizerChoice = (typeof TOKENIZER_CHOICES)[number];

/** A text as it was opened. */
export interface TextSummary {
  readonly name: string;
  /** Of the file or of the pasted text. */
  readonly byteLength: number;
  /** Of the lines that are used. */
  readonly usedByteLength: number;
  /** Whether only the beginning is used. */
  readonly isCut: boolean;
  /** Whether the command line reads the very file of the reader. */
  readonly isPlainFile: boolean;
  /** Field or column that was read. */
  readonly field: string | undefined;
  /** The same for the same bytes. */
  readonly identity: string;
  /** The first lines. */
  readonly lines: readonly string[];
}

export interface VocabularyRequest {
  readonly tokenizer: TokenizerChoice;
  /** Absent: both as a training would choose them for the text. */
  readonly minCount: number | undefined;
  readonly subsample: number | undefined;
  /** The line whose tokens are shown. */
  readonly line: string;
}

/** A word of the vocabulary, as it is counted. */
export interface CountedWord {
  readonly word: string;
  readonly count: number;
  /** Probability that an occurrence is kept by subsampling. */
  readonly keep: number;
}

export interface VocabularyView {
  /** Of the tokenizer that cut, and of its segmenter. */
  readonly tokenizer: string;
  readonly engine: string | undefined;
  readonly tokens: readonly { readonly text: string; readonly count: number }[];
  /** Tokens and different words of the whole text. */
  readonly allTokens: number;
  readonly allWords: number;
  /** The min count and the threshold of subsampling that were taken. */
  readonly minCount: number;
  readonly subsample: number;
  /** Words that occur min count times, and their tokens. */
  readonly words: number;
  readonly wordTokens: number;
  /** Expected occurrences that subsampling leaves. */
  readonly keptTokens: number;
  readonly sentences: number;
  /** The most frequent words, and the most frequent ones that go. */
  readonly frequent: readonly CountedWord[];
  readonly dropped: readonly CountedWord[];
  /** Words of more than one letter that are neither very frequent nor rare: for examples. */
  readonly examples: readonly string[];
  /** Their places in the vocabulary, from 0 on. */
  readonly exampleIds: readonly number[];
}

export interface StartRequest {
  readonly words: number;
  readonly dimensions: number;
  readonly initial: 'uniform' | 'normal';
  readonly initialOutput: 'zeros' | 'uniform' | 'normal';
  readonly initialScale: number;
  readonly seed: number;
}

/** Start vectors: (words × dimensions) each. */
export interface StartView {
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
}

/** A few words with two vectors each, row by row. */
export interface Plane {
  readonly words: readonly string[];
  readonly dimensions: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Full softmax of one centre word. */
export interface SoftmaxView {
  readonly logits: readonly number[];
  readonly powers: readonly number[];
  readonly sum: number;
  readonly probabilities: readonly number[];
}

/** One step of gradient descent for one pair. */
export interface GradientView {
  readonly loss: number;
  readonly lossAfter: number;
  readonly before: SoftmaxView;
  readonly after: SoftmaxView;
  /** Of the centre's vector, (dimensions). */
  readonly centreGradient: readonly number[];
  /** Of the context vectors, (words × dimensions). */
  readonly contextGradients: readonly number[];
  readonly plane: Plane;
}

export interface CostView {
  readonly words: number;
  /** Output rows that are visited for one pair. */
  readonly softmaxRows: number;
  readonly treeRows: number;
  readonly samplingRows: number;
}

/** What was measured: pairs a second by each loss. */
export interface SpeedView {
  readonly softmax: number;
  readonly hierarchical: number;
  readonly sampling: number;
}

export interface NoiseDraw {
  readonly word: string;
  readonly times: number;
  /** Share of its occurrences in the text, and of the draws that it should get. */
  readonly share: number;
  readonly noiseShare: number;
}

/** A step on the path from the root of the Huffman tree to a word. */
export interface TreeStep {
  readonly node: number;
  readonly bit: 0 | 1;
  /** Words below the other side, and the most frequent of them. */
  readonly otherWords: number;
  readonly otherExamples: readonly string[];
}

export interface TreeView {
  readonly word: string;
  readonly count: number;
  readonly steps: readonly TreeStep[];
  readonly longestPath: number;
  /** Mean length of the path of an occurrence. */
  readonly meanPath: number;
}

/** What the reader has set; undefined is the default, which may follow the text. */
export interface TrainingSettings {
  readonly tokenizer: TokenizerChoice;
  readonly dimensions: number;
  readonly algorithm: 'skip-gram' | 'cbow';
  readonly loss: 'negative-sampling' | 'hierarchical-softmax';
  readonly window: number | undefined;
  readonly negative: number | undefined;
  readonly epochs: number | undefined;
  readonly minCount: number | undefined;
  readonly learningRate: number | undefined;
  readonly subsample: number | undefined;
  readonly seed: number;
  readonly deterministic: boolean;
  readonly threads: number | undefined;
}

export interface Neighbour {
  readonly word: string;
  readonly similarity: number;
}

/** A model, in few words. */
export interface ModelSummary {
  readonly name: string;
  readonly words: number;
  readonly dimensions: number;
  /** SHA-256 of its safetensors file; undefined where the page has no means. */
  readonly hash: string | undefined;
  readonly byteLength: number;
  readonly isDeterministic: boolean;
  readonly seconds: number | undefined;
  readonly wordsPerSecond: number | undefined;
  readonly threads: number | undefined;
  /** Of the training, when it has ended: `abort` where it was stopped. */
  readonly endedBy: string | undefined;
  readonly engine: string | undefined;
  readonly hasContext: boolean;
  readonly frequent: readonly string[];
  /** Words for examples, as those of a vocabulary. */
  readonly examples: readonly string[];
  /** Of the text that it was trained on in this page. */
  readonly textIdentity: string | undefined;
}

/** What the engine tells by itself. */
export type EngineEvent =
  | { readonly type: 'training'; readonly event: TrainEvent }
  | { readonly type: 'words'; readonly words: readonly string[] }
  /** Points of the words told last: x and y, one word behind the other. */
  | { readonly type: 'map'; readonly positions: Float32Array; readonly share: number }
  | { readonly type: 'neighbours'; readonly pinned: readonly { word: string; neighbours: readonly Neighbour[] }[] }
  | { readonly type: 'umap'; readonly share: number };

/** Four words of an analogy in a plane: a, b, c, b − a + c, and the answers. */
export interface AnalogyView {
  readonly answers: readonly Neighbour[];
  /** x and y of a, b, c, of the point b − a + c, and of the first answer. */
  readonly points: readonly number[];
}

export interface ComparisonView {
  readonly cosine: number;
  readonly euclidean: number;
}

export interface SentencePart {
  readonly word: string;
  readonly weight: number;
  readonly vector: readonly number[];
  /** The words that stand for it, where the model does not hold it. */
  readonly standIns: readonly string[] | undefined;
}

export interface SentenceView {
  readonly tokens: readonly string[];
  readonly parts: readonly SentencePart[];
  readonly unknown: readonly string[];
  readonly vector: readonly number[];
}

export interface ExplanationView {
  readonly cosine: number;
  readonly first: readonly { word: string; contribution: number }[];
  readonly second: readonly { word: string; contribution: number }[];
  readonly tokens: readonly [readonly string[], readonly string[]];
}

export interface ModelMap {
  readonly words: readonly string[];
  readonly positions: Float32Array;
}

export interface Drift {
  readonly meanSimilarity: number;
  readonly meanSimilarityBefore: number;
  readonly shared: number;
  readonly farthest: readonly Neighbour[];
}

/** Which of the two models of the playground, or the one of the lesson. */
export type Slot = 'lesson' | 'first' | 'second';
