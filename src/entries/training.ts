// What `wordkin` has beside the subjects that are entries of their own: the training.
export type { PhrasePass } from '../corpus/learn-phrases.ts';
export type { PhraseScore } from '../corpus/phrase-score.ts';
export type { CorpusStatistics, PrepareProgress } from '../corpus/prepare-corpus.ts';
export * from '../environment/train.ts';
export type {
  Algorithm,
  CbowGradient,
  CbowInput,
  DeterministicMerge,
  Loss,
  NegativeSharing,
} from '../kernels/word2vec/word2vec.ts';
export { FOLLOWS_TEXT, type FollowsText } from '../training/adaptive-defaults.ts';
export type { BlockOrder } from '../training/block-order.ts';
export type { OptionRule } from '../training/option-rules.ts';
export { faultOfOption, OPTION_RULES } from '../training/option-rules.ts';
export type { StartVectors } from '../training/start-vectors.ts';
export type { FolderOptions, TrainInput, TrainOptions } from '../training/train-input.ts';
export type {
  Drift,
  Forecast,
  Preflight,
  StartSettings,
  TrainEvent,
  TrainResult,
  TrainSettings,
} from '../training/train-settings.ts';
export type { Rows } from '../training/trained-rows.ts';
export type { LiveVectors } from '../training/trainer.ts';
export type { TrainingEvent, TrainingProgress, TrainingReport, Warning } from '../training/training-events.ts';
export type { Goal, PartialTrainingOptions, PresetName, TrainingOptions } from '../training/training-options.ts';
export {
  ALGORITHMS,
  CBOW_GRADIENTS,
  CBOW_INPUTS,
  GOALS,
  LOSSES,
  PHRASE_SCORES,
  PRESET_NAMES,
  resolveTrainingOptions,
} from '../training/training-options.ts';
export { TrainingPause } from '../training/training-pause.ts';
export type { TrainingRun } from '../training/training-run.ts';
export type { Vocabulary } from '../vocabulary/vocabulary.ts';
export { formatVocabulary, parseVocabulary } from '../vocabulary/vocabulary.ts';
