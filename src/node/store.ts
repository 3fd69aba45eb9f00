// The entry `wordkin/store` in Node.
export * from '../entries/store.ts';
export { openTextStore } from './text-stores.ts';
