import type { CorpusStore } from '../corpus/encoded-corpus.ts';
import type { StoreRun } from '../corpus/encoder.ts';
import type { PhrasePass } from '../corpus/learn-phrases.ts';
import type { CorpusStatistics, PrepareProgress } from '../corpus/prepare-corpus.ts';
import type { EmbeddingModel, Neighbor } from '../model/embedding-model.ts';
import type { ChineseSegmenter } from '../text/chinese-segmenter.ts';
import type { Tokenizer, TokenizerName, TokenizerOptions } from '../text/tokenizer.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import type { FollowsText } from './adaptive-defaults.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { StartVectors } from './start-vectors.ts';
import type { CreateTrainer, LiveVectors } from './trainer.ts';
import type { TrainingEvent, TrainingReport, Warning } from './training-events.ts';
import type { TrainingOptions } from './training-options.ts';
import type { TrainingPause } from './training-pause.ts';
import type { Worker } from './worker-role.ts';

/** What can be given beside the training options. */
export interface TrainSettings extends TokenizerOptions {
  /**
   * `auto` (if omitted) takes the one whose option is given (`language`, `dictionary`, `separator`), or decides from the
   * beginning of the text; it says why in a `tokenizer` event.
   */
  readonly tokenizer?: TokenizerName | 'auto' | undefined;
  /** Worker threads; as many as there are processors if omitted. */
  readonly threads?: number | undefined;
  /** Words and counts to use instead of counting. */
  readonly vocabulary?: Pick<Vocabulary, 'words' | 'counts'> | undefined;
  /** Bytes for counting words, then pairs of words; beyond, it takes longer. Never changes the result. 1 GiB if omitted. */
  readonly memoryBudgetBytes?: number | undefined;
  /** Refuses malformed UTF-8 instead of repairing it. */
  readonly strict?: boolean | undefined;
  /** Before the training begins: rejects with the signal's reason. Later: ends early with what there is. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Called when the training begins: the vectors can be read, and changed, while it runs. Not called by `preflight`. */
  readonly onVectors?: ((vectors: LiveVectors, vocabulary: Vocabulary) => void) | undefined;
  /** A model to begin with in place of random vectors. */
  readonly start?: StartSettings | undefined;
  /** Goes on from the latest checkpoint, if there is one; without it a checkpoint that is there is an error. */
  readonly resume?: boolean | undefined;
  /** Holds the training between two blocks, and lets it go on. */
  readonly pause?: TrainingPause | undefined;
  /** Seconds between two checkpoints; 60 if omitted. */
  readonly checkpointSeconds?: number | undefined;
  /**
   * Trains as well as this time allows, from the call on, reading included: with as many epochs as it has room for, at most `epochs`, or
   * where these are absent as many as are any use. By the speed of the training, which is looked at all the time, the learning rate
   * falls so that it reaches its end with the time. Not for deterministic training.
   */
  readonly timeSeconds?: number | undefined;
}

/** What the training begins with in place of random vectors. */
export interface StartSettings extends StartVectors {
  /** Goes on with the model on new text: keeps all its words, adds those of the text, and adds up the counts. */
  readonly keepWords?: boolean | undefined;
}

/** What happens from the text to the model, told to `onEvent`. */
export type TrainEvent =
  | { readonly type: 'options'; readonly options: TrainingOptions; readonly threads: number }
  | { readonly type: 'tokenizer'; readonly tokenizer: Tokenizer['descriptor']; readonly reason: string }
  /** Options that the preset `wordkin` chose by the number of tokens: what is trained with, and why, in a line. */
  | {
      readonly type: 'adapted';
      readonly options: TrainingOptions;
      /** Of the words of the vocabulary. */
      readonly tokens: number;
      readonly chosen: readonly FollowsText[];
      readonly reason: string;
    }
  /** Before a text of more than 5 MB is read, where its length is known. */
  | ({ readonly type: 'forecast' } & Forecast)
  | ({ readonly type: 'prepare' } & PrepareProgress)
  | ({ readonly type: 'phrases' } & PhrasePass)
  | {
      readonly type: 'vocabulary';
      /** Phrases among them, too. */
      readonly words: number;
      /** Pairs of words that were joined. */
      readonly phrases: number;
      readonly tokens: number;
      readonly statistics: CorpusStatistics;
    }
  | TrainingEvent;

/** What comes of a training. */
export interface TrainResult {
  readonly model: EmbeddingModel;
  readonly vocabulary: Vocabulary;
  readonly statistics: CorpusStatistics;
  readonly report: TrainingReport;
  /** How far the words of the model that the training began with have moved; undefined where none of them is in the text. */
  readonly drift?: Drift | undefined;
}

/** What a training will need, by a sample; undefined where nothing is known. */
export interface Forecast {
  /** Tokens of the text. */
  readonly tokens: number | undefined;
  /** Words of the vocabulary. */
  readonly words: number | undefined;
  /** Memory that the model takes in training. */
  readonly memoryBytes: number | undefined;
  /** From reading the text to the end of the training. */
  readonly seconds: number | undefined;
}

/** What a training would need, and what is probably not meant. */
export interface Preflight extends Forecast {
  readonly warnings: readonly Warning[];
  /** By its name. */
  readonly tokenizer: Tokenizer['descriptor']['name'];
  /** What would be trained with. Where `tokens` is undefined, before options follow the text. */
  readonly options: TrainingOptions;
  /** Names of the options that the text would choose. */
  readonly chosen: readonly FollowsText[];
  /** Why, in a line such as `1.2 M tokens: 20 epochs, learning rate .05`; undefined where none is chosen. */
  readonly reason: string | undefined;
  readonly threads: number;
}

/** How far words have moved from where they began. */
export interface Drift {
  /** Words in both models. */
  readonly words: number;
  /** Mean cosine similarity of a word's vector before and after. */
  readonly meanSimilarity: number;
  /** The ten words that have moved farthest, farthest first. */
  readonly farthest: readonly Neighbor[];
}

/** What an environment lends to the training: threads, disk, a Chinese segmenter. Everything may be absent. */
export interface TrainEdge {
  /** Rejects with the reason where no thread can be started. */
  readonly createWorker?: (tokenizer: Tokenizer) => Worker | Promise<Worker>;
  /** What trains in place of the workers, which still encode the text: a graphics card, other machines. */
  readonly createTrainer?: CreateTrainer | undefined;
  readonly processors?: number;
  readonly createCorpusStore?: () => CorpusStore;
  readonly storeRun?: StoreRun;
  readonly loadSegmenter?: (dictionary?: string) => Promise<ChineseSegmenter | undefined>;
  readonly checkpoints?: CheckpointStore | undefined;
  /** Memory that a model may take now, in bytes. */
  readonly availableMemoryBytes?: (() => number) | undefined;
  /** How long a forecast trains the first time; the second time three times as long. 250 if omitted. */
  readonly trialMilliseconds?: number | undefined;
}

/** For the doors of Node and browsers, where the first argument may be anything. */
export const INPUT_HELP = 'Cannot train: the first argument must be { files }, { texts }, { tokens } or { sources }';
