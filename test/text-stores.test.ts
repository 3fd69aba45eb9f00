import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTextStore, type TextStore } from 'wordkin';
import { testTextStore } from '../src/store/text-store.contract.ts';
import { mayBeSkipped, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const server = process.env.WORDKIN_TEST_POSTGRES;
const collection = `test_${process.pid}`;

function reopening(database: string) {
  let last: TextStore | undefined;
  return async () => {
    await last?.close();
    last = await openTextStore(database, { collection });
    return last;
  };
}

testTextStore('PGlite', reopening(join(folder, 'contract')));
if (server) testTextStore('PostgreSQL', reopening(server));
it.skipIf(mayBeSkipped(!server))('runs the same on a server (WORDKIN_TEST_POSTGRES=postgres://… with pgvector)', () => {
  expect(server).toBeDefined();
});

describe('openTextStore', () => {
  it('refuses a second user of a folder, and takes it when the first has ended', async () => {
    const path = join(folder, 'locked');
    const first = await openTextStore(path);
    await expect(openTextStore(path)).rejects.toThrow(`Cannot open "${path}": process ${process.pid} uses it`);
    await first.close();
    await (await openTextStore(path)).close();
  });

  it('says what is wrong', async () => {
    await expect(openTextStore(join(folder, 'none'), { mustExist: true })).rejects.toThrow('there is no such store');
    await expect(openTextStore(import.meta.dirname)).rejects.toThrow('the folder holds something else than a store');
    await expect(openTextStore('mysql://localhost/x')).rejects.toThrow('begins with postgres://');
    await expect(openTextStore('postgres://user:secret@127.0.0.1:1/none')).rejects.toThrow(
      /^Cannot use postgres:\/\/user:…@127\.0\.0\.1:1\/none: .*ECONNREFUSED/,
    );
    await expect(openTextStore(join(folder, 'named'), { collection: 'x"; drop' })).rejects.toThrow(
      /lower-case letters/,
    );
  });
});
