// The entry `wordkin/store` in Node.
export * from '../entries/store.ts';
export { openTextStore } from './open-text-store.ts';
