// The entry `wordkin/model` in browsers.
export * from '../entries/model.ts';
export { convertModel, loadModel, modelBlob, saveModel } from './model-files.ts';
