// The entry `wordkin/model` in Node.
export * from '../entries/model.ts';
export { convertModel } from './convert-model.ts';
export { loadModel, modelBlob, saveModel } from './model-files.ts';
