// The entry `wordkin/store` in browsers.
export * from '../entries/store.ts';
export { openTextStore } from './text-stores.ts';
