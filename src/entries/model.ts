// `wordkin/model`: a trained model is loaded, asked and saved; nothing that trains one.
export * from '../environment/model-files.ts';
export { cosineSimilarity, euclideanDistance } from '../math/vector-operations.ts';
export type { Alignment } from '../model/align-model.ts';
export { alignModel } from '../model/align-model.ts';
export type {
  ModelContents,
  Neighbor,
  NeighborOptions,
  SubwordVectors,
  WeightedWord,
} from '../model/embedding-model.ts';
export { EmbeddingModel, floatContents, WordNotFoundError } from '../model/embedding-model.ts';
export type { ModelFile, ModelFolder, ReadOptions } from '../model/formats/model-file.ts';
export { ModelFormatError, memoryFile } from '../model/formats/model-file.ts';
export type { NumpyOptions } from '../model/formats/numpy-format.ts';
export type { Compression, ReadModelOptions } from '../model/formats/read-model.ts';
export { readModel, readModelFolder } from '../model/formats/read-model.ts';
export type { ModelFormat } from '../model/formats/write-model.ts';
export { formatByName, lossesIn, MODEL_FORMATS } from '../model/formats/write-model.ts';
export type { Classifier, LabelPrediction } from '../model/predict-labels.ts';
export { predictLabels } from '../model/predict-labels.ts';
export type { Quantization, QuantizedParts, QuantizeOptions, Vectors } from '../model/quantized-vectors.ts';
export { floatVectors, QUANTIZATIONS, QuantizedVectors } from '../model/quantized-vectors.ts';
export type { SentenceSettings, Weighting } from '../model/sentence-settings.ts';
export { WEIGHTINGS } from '../model/sentence-settings.ts';
export type { ShrinkOptions } from '../model/shrink-model.ts';
export { shrinkModel } from '../model/shrink-model.ts';
export type { SubwordOptions } from '../text/subwords.ts';
