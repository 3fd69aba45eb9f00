// The entry `wordkin/text` in browsers.
export * from '../entries/text.ts';
export { openRecords, openTextFiles } from './text-files.ts';
