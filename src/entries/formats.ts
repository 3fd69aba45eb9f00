// `wordkin/formats`: models from bytes and to bytes, without files.
export type { ModelContents, SubwordVectors } from '../model/embedding-model.ts';
export { EmbeddingModel, floatContents } from '../model/embedding-model.ts';
export type { ModelFile, ModelFolder, ReadOptions } from '../model/formats/model-file.ts';
export { ModelFormatError, memoryFile } from '../model/formats/model-file.ts';
export type { NumpyOptions } from '../model/formats/numpy-format.ts';
export type { Compression, ReadModelOptions } from '../model/formats/read-model.ts';
export { readModel, readModelFolder } from '../model/formats/read-model.ts';
export { writeWord2vecBinary, writeWord2vecText } from '../model/formats/word2vec-format.ts';
export { writeSafetensors } from '../model/formats/wordkin-format.ts';
export type { ModelFormat, WrittenFile, WrittenModel } from '../model/formats/write-model.ts';
export { formatByName, lossesIn, MODEL_FORMATS, writeModel } from '../model/formats/write-model.ts';
export type { SubwordOptions } from '../text/subwords.ts';
