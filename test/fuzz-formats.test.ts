import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('no damaged model file does harm: a few seconds of `npm run fuzz`', () => {
  const script = join(import.meta.dirname, 'fuzz-formats.mjs');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [script, '--seconds', process.env.WORDKIN_TEST_EVERYTHING ? '10' : '2'],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ failures: 0 });
  expect(JSON.parse(stdout).iterations).toBeGreaterThan(100);
  expect(status).toBe(0);
});
