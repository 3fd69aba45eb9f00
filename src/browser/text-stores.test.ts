import { expect, it } from 'vitest';
import { openTextStore } from './text-stores.ts';

it.each([
  ['', TypeError, /must have a name, such as "texts", got ""/],
  [' ', TypeError, /must have a name/],
  [undefined, TypeError, /must have a name, such as "texts", got undefined/],
  [5, TypeError, /got 5/],
  [
    'postgres://me:secret@host/texts',
    Error,
    /^Cannot open "postgres:\/\/me:…@host\/texts": a page keeps its texts in IndexedDB/,
  ],
  ['idb://texts', Error, /under a name such as "texts"; no address is needed/],
  ['sqlite:texts', Error, /in IndexedDB/],
  [':memory:', Error, /new MemoryTextStore\(\)/],
  ['memory://', Error, /new MemoryTextStore\(\)/],
])('opens no store in a page under what is no name: %s', async (name, kind, message) => {
  await expect(openTextStore(name as never)).rejects.toThrow(message);
  await expect(openTextStore(name as never)).rejects.toBeInstanceOf(kind);
});
