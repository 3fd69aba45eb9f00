// The portable part of the public list: what runs the same in Node and in browsers. `node/index.ts` and
// `browser/index.ts` add training in threads and model files.
//
//   TextSource → tokens → Vocabulary → EncodedCorpus → training → EmbeddingModel → SentenceEncoder

export type { CorpusStatistics } from './corpus/prepare-corpus.ts';
export * from './model-entry.ts';
export type { ChineseSegmenter } from './text/chinese-segmenter.ts';
export type { TokenizerChoice } from './text/choose-tokenizer.ts';
export { chooseTokenizer } from './text/choose-tokenizer.ts';
export type { Phrases } from './text/phrases.ts';
export type { TextSource } from './text/text-source.ts';
export { TOKEN_SEPARATOR, textsSource, tokensSource } from './text/text-source.ts';
export type {
  Tokenizer,
  TokenizerDescriptor,
  TokenizerName,
  TokenizerOptions,
  TokenizerTraits,
} from './text/tokenizer.ts';
export { TOKENIZER_NAMES, TOKENIZERS } from './text/tokenizer.ts';
export { FOLLOWS_TEXT } from './training/adaptive-defaults.ts';
export type { OptionRule } from './training/option-rules.ts';
export { faultOfOption, OPTION_RULES } from './training/option-rules.ts';
export type {
  Drift,
  Forecast,
  Preflight,
  StartSettings,
  TrainEvent,
  TrainResult,
  TrainSettings,
} from './training/train-settings.ts';
export type { LiveVectors } from './training/trainer.ts';
export type { TrainingEvent, TrainingProgress, TrainingReport, Warning } from './training/training-events.ts';
export type { PartialTrainingOptions, PresetName, TrainingOptions } from './training/training-options.ts';
export {
  ALGORITHMS,
  CBOW_GRADIENTS,
  CBOW_INPUTS,
  LOSSES,
  PHRASE_SCORES,
  PRESET_NAMES,
  resolveTrainingOptions,
} from './training/training-options.ts';
export type { TrainingRun } from './training/training-run.ts';
export type { Vocabulary } from './vocabulary/vocabulary.ts';
export { formatVocabulary, parseVocabulary } from './vocabulary/vocabulary.ts';
