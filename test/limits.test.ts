// A process that the system gives little to: few files at once, few addresses.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mayBeSkipped, temporaryFolder, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const model = join(folder, 'model.vec');
writeFileSync(model, '3 3\n我 0.2 0.3 0.5\n喜欢 0.4 0.1 0.8\n苹果 0.6 0.7 0.9\n');
const corpus = join(folder, 'corpus.txt');
writeFileSync(corpus, 'the cat sat on the mat\na dog ran in the park\n'.repeat(100));

/** The command under a limit of the shell. */
const limited = (limit: string, args: readonly string[]) =>
  spawnSync('bash', ['-c', `ulimit ${limit}; exec "$0" "$@"`, process.execPath, 'dist/cli/main.js', ...args], {
    encoding: 'utf8',
  });
// Elsewhere there is no ulimit, or it does not hold.
const onLinux = it.skipIf(mayBeSkipped(process.platform !== 'linux'));

onLinux('few files at once are told with what to do, not by a stack trace', () => {
  for (const files of [24, 30]) {
    const { status, stderr } = limited(`-n ${files}`, ['neighbors', model, '我']);
    expect(stderr).toMatch(/^wordkin: Cannot .*too many .*open.*; allow more, such as by ulimit -n 1024\n$/);
    expect(status).toBe(1);
  }
});

onLinux('with few addresses words are compared by the plain version, and a training is refused', async () => {
  const asked = ['neighbors', model, '我', '--json'];
  const { stdout } = await wordkinHere(asked);
  expect(JSON.parse(stdout)).toHaveLength(2);
  expect(limited('-v 9000000', asked)).toMatchObject({ stdout, stderr: '', status: 0 });
  const { stderr, status } = limited('-v 9000000', ['train', corpus, '--output', join(folder, 'm.bin'), '--quiet']);
  expect(stderr).toMatch(/^wordkin: Cannot use WebAssembly: .*ulimit -v/);
  expect(status).toBe(1);
});
