// The entry `wordkin/text` in Node.
export * from '../entries/text.ts';
export { openRecords } from './record-files.ts';
export { openTextFiles } from './text-files.ts';
