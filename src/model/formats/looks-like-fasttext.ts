import { isSensible, MAGIC, optionsAt } from './fasttext-header.ts';
import { describeOtherFile } from './other-files.ts';

/** Whether the file begins as fastText's do; those without the magic number are told by the sense of their options. */
export function looksLikeFastText(start: Uint8Array, byteLength: number): boolean {
  if (start.length < 56) return false;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (view.getInt32(0, true) === MAGIC) return true;
  return isSensible(optionsAt(view, 0), byteLength) && describeOtherFile(start) === undefined;
}
