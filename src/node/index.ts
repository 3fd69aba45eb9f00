// `wordkin` in Node: src/index.ts with threads, files and stores.
export * from '../index.ts';
export { removeCheckpoints } from './checkpoint-folder.ts';
export { convertModel } from './convert-model.ts';
export { createSentenceEncoder, loadTokenizer } from './load-tokenizer.ts';
export { loadModel, modelBlob, saveModel } from './model-files.ts';
export { openRecords } from './record-files.ts';
export { openTextFiles } from './text-files.ts';
export { openTextStore } from './text-stores.ts';
export { preflight, startTraining, train } from './train.ts';
