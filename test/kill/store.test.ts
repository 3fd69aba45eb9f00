import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { emptyStore, KILLS, KILLS_TIMEOUT_MS, temporaryFolder } from '../command.ts';

const folder = temporaryFolder();
const server = process.env.WORDKIN_TEST_POSTGRES;

it.each([['an embedded store', join(folder, 'killed')], ...(server ? [['a server', server]] : [])])(
  'a process that is killed while it fills %s loses no text that it was told of, and searches agree with the texts',
  async (_, database) => {
    if (database !== server) await emptyStore(database);
    const script = resolve(import.meta.dirname, '../soak-store.mjs');
    const args = [script, database, '--kills', String(KILLS), '--seconds', '0', '--rate', '20000', '--searches', '50'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args).catch((error) => error);
    expect(stderr).toBe('');
    const { steps, wrong } = JSON.parse(stdout) as { steps: number; wrong: string[] };
    expect(wrong).toEqual([]);
    expect(steps).toBeGreaterThan(0);
  },
  KILLS_TIMEOUT_MS,
);
