// `wordkin/formats`: models from bytes and to bytes, without files.
export type { ModelContents, SubwordVectors } from '../model/embedding-model.ts';
export { EmbeddingModel, floatContents } from '../model/embedding-model.ts';
export type { ModelFile, ModelFolder, ReadOptions } from '../model/formats/model-file.ts';
export { ModelFormatError, memoryFile } from '../model/formats/model-file.ts';
export type { ReadFileOptions } from '../model/formats/model-format.ts';
export type { Compression, ReadModelOptions } from '../model/formats/read-model.ts';
export { readModel, readModelFolder } from '../model/formats/read-model.ts';
export type { ModelFormat, WrittenFile, WrittenModel } from '../model/formats/write-model.ts';
export { formatByName, lossesIn, MODEL_FORMATS, writeModel } from '../model/formats/write-model.ts';
export { writeWord2vecBinary } from '../model/formats/write-word2vec-binary.ts';
export { writeWord2vecText } from '../model/formats/write-word2vec-text.ts';
export { writeSafetensors } from '../model/formats/write-wordkin.ts';
export type { SubwordOptions } from '../text/subwords.ts';
