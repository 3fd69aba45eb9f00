import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('no damaged model file does harm: some files of `npm run fuzz`', () => {
  const script = join(import.meta.dirname, 'fuzz-formats.mjs');
  const files = process.env.WORDKIN_TEST_EVERYTHING ? 4000 : 1000;
  const args = [script, '--seconds', '0', '--files', String(files)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ failures: 0 });
  expect(JSON.parse(stdout).iterations).toBeGreaterThan(0.9 * files);
  expect(status).toBe(0);
});
