import { expect, it } from 'vitest';
import { callsThatKeepChanges, openTextStore } from './text-stores.ts';

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

it('keeps what a statement, a transaction or the end has changed, and nothing after what only reads', async () => {
  const kept: string[] = [];
  let [isInTransaction, last] = [false, ''];
  const run = async (sql: string) => {
    last = sql;
    if (sql === 'begin') isInTransaction = true;
    if (sql === 'commit' || sql === 'rollback') isInTransaction = false;
    await database.syncToFs();
    return { rows: [], blob: new Blob() };
  };
  const database = {
    query: run,
    exec: async (sql: string) => [await run(sql)],
    close: async () => void (await run('close')),
    isInTransaction: () => isInTransaction,
    syncToFs: async () => void kept.push(last),
  };
  const calls = callsThatKeepChanges(database);
  for (const sql of ['select 1', 'insert 1', 'begin', 'select 2', 'insert 2', 'commit', 'select 3'])
    await calls.query(sql);
  for (const sql of ['begin', 'insert 3', 'rollback']) await calls.query(sql);
  await calls.read('copy (select 4)');
  await calls.fill('select 5; copy texts', new Uint8Array());
  await calls.read('copy (select 6)');
  await calls.close();
  expect(kept).toEqual(['insert 1', 'commit', 'rollback', 'select 5; copy texts', 'close']);
});
