// `wordkin` in browsers: src/index.ts with web workers, URLs and Blobs.
export * from '../index.ts';
export { createSentenceEncoder, loadTokenizer } from './load-tokenizer.ts';
export { convertModel, loadModel, modelBlob, saveModel } from './model-files.ts';
export { openRecords, openTextFiles } from './text-files.ts';
export { openTextStore } from './text-stores.ts';
export { preflight, removeCheckpoints, startTraining, train } from './train.ts';
