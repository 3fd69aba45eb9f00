// Models are not lost: disks that are full, nobody who reads, signals.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EmbeddingModel, loadModel, openTextFiles, saveModel, train } from 'wordkin';
import { mayBeSkipped, temporaryFolder, wordkin, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);
const corpus = path('corpus.txt');
writeFileSync(
  corpus,
  Array.from({ length: 400 }, (_, i) => `w${i % 7} w${i % 11} w${i % 199} w${i % 5} w${i % 3}\n`).join(''),
);
const quick = ['--dimensions', '8', '--epochs', '2', '--min-count', '1', '--threads', '1', '--tokenizer', 'whitespace'];
const endless = [...quick, '--epochs', '100000', '--json'];

/** A disk of two megabytes; undefined where it may not be made. */
function smallDisk(): string | undefined {
  const disk = path('disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], { stdio: 'ignore' });
    afterAll(() => execFileSync('umount', ['-l', disk]));
    return disk;
  } catch {
    return undefined;
  }
}
const disk = smallDisk();

describe.skipIf(mayBeSkipped(disk === undefined))('a disk that is full', () => {
  const at = (name: string) => join(disk!, name);
  const fill = () => {
    const part = Buffer.alloc(4096);
    try {
      for (let i = 0; ; i++) writeFileSync(at(`full-${i}`), part);
    } catch {}
  };
  const empty = () => {
    for (const name of readdirSync(disk!)) rmSync(at(name), { recursive: true });
  };

  it('is told before the training', async () => {
    empty();
    const { code, stderr } = await wordkinHere([
      'train',
      corpus,
      '--output',
      at('m.safetensors'),
      ...quick,
      '--dimensions',
      '4000',
      '--epochs',
      '1000',
    ]);
    expect(stderr).toMatch(/Cannot write model ".*m\.safetensors": it needs \d.* the disk has/);
    expect(code).toBe(1);
    expect(readdirSync(disk!)).toEqual([]);
  });

  it.each(['m.safetensors', 'm.npy', 'm/'])('costs no model that is trained: %s', async (name) => {
    empty();
    const inputVectors = Float32Array.of(1, 2, 3);
    await saveModel(new EmbeddingModel({ words: ['a'], dimensions: 3, inputVectors }), at(name));
    const old = (await loadModel(at(name))).row(0).slice();
    const { code, stderr } = await wordkinHere(
      ['train', corpus, '--output', at(name), ...quick, '--epochs', '100', '--seed', '7', '--dimensions', '120'],
      (told) => told.includes('epoch 60/') && fill(), // long after the disk was looked at, which is done beside the training
    );
    expect(code).toBe(1);
    const [, kept] =
      /no space left on the device; what was there before is unchanged\. The model is kept in "([^"]*)"/.exec(stderr) ??
      [];
    expect(kept, stderr.slice(-1000)).toMatch(/m\.kept.*\.safetensors$/);
    expect((await loadModel(kept)).dimensions).toBe(120);
    rmSync(kept);
    expect((await loadModel(at(name))).row(0)).toEqual(old);
  });

  it('costs checkpoints, not the training', async () => {
    empty();
    fill();
    mkdirSync(path('place'), { recursive: true });
    const more = ['--checkpoint', at('state'), '--every', '0.01s', '--json'];
    const output = path('place', 'c.safetensors');
    rmSync(at('full-0'));
    const { code, stderr } = await wordkinHere([
      'train',
      corpus,
      '--output',
      output,
      ...quick,
      '--epochs',
      '20',
      '--dimensions',
      '200',
      ...more,
    ]);
    expect(stderr).toMatch(
      /"code":"checkpoint","message":"The training goes on without this checkpoint: Cannot write model/,
    );
    expect(code).toBe(0);
    expect((await loadModel(output)).dimensions).toBe(200);
  });

  it('of temporary files ends the training with a sentence', async () => {
    empty();
    fill();
    const { code, stderr } = await wordkinHere([
      'train',
      corpus,
      '--output',
      path('t.bin'),
      ...quick,
      '--temporary-folder',
      disk!,
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/wordkin: Cannot keep .*no space left on the device/);
    expect(readdirSync(disk!).filter((name) => !name.startsWith('full'))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves the model so far, also where it comes twice', async (signal, exitCode) => {
    const output = path(`${signal}.safetensors`);
    let seen = '';
    const { code } = await wordkin(['train', corpus, '--output', output, ...endless], {
      onStart: (child) =>
        child.stderr!.on('data', (data) => {
          const before = seen.includes('"epoch"');
          seen += data;
          if (before || !seen.includes('"epoch"')) return;
          child.kill(signal);
          child.kill(signal);
        }),
    });
    expect(code).toBe(exitCode);
    expect(existsSync(output)).toBe(false);
    expect((await loadModel(path(`${signal}.partial.safetensors`))).dimensions).toBe(8);
  });
});

it.skipIf(process.platform === 'win32')('a training that waits for a pipe ends by a signal', async () => {
  execFileSync('mkfifo', [path('pipe')]);
  let writing: Promise<FileHandle> | undefined;
  const { code, stderr } = await wordkin(['train', path('pipe'), '--output', path('never.bin'), ...quick], {
    // Opened for writing as soon as the training reads from it.
    onStart: (child) => {
      writing = open(path('pipe'), 'w');
      void writing.then(() => setTimeout(() => child.kill('SIGTERM'), 200));
    },
  });
  await (await writing)?.close();
  expect([code, stderr]).toEqual([143, expect.stringContaining('stopped before the training began')]);
});

describe('nobody who reads', () => {
  it('what shrink prints costs no file', async () => {
    const words = Array.from({ length: 9 }, (_, i) => `w${i}`);
    await saveModel(
      new EmbeddingModel({ words, dimensions: 2, inputVectors: new Float32Array(18).fill(1) }),
      path('s.safetensors'),
    );
    const { code } = await wordkin(['shrink', path('s.safetensors'), path('small.safetensors'), '--words', '5'], {
      onStart: (child) => child.stdout!.destroy(),
    });
    expect(code).toBe(0);
    expect((await loadModel(path('small.safetensors'))).size).toBe(5);
  });
});

describe('two trainings with one folder of checkpoints', () => {
  it('are refused: the second one', async () => {
    const more = ['--checkpoint', path('shared'), '--every', '0.05s'];
    let second: Awaited<ReturnType<typeof wordkin>> | undefined;
    let seen = '';
    const first = await wordkin(['train', corpus, '--output', path('first.bin'), ...endless, ...more], {
      onStart: (child) =>
        child.stderr!.on('data', async (data) => {
          const before = seen.includes('"checkpoint"');
          seen += data;
          if (before || !seen.includes('"checkpoint"')) return;
          second = await wordkinHere(['train', corpus, '--output', path('second.bin'), ...quick, ...more, '--resume']);
          child.kill('SIGINT');
        }),
    });
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Cannot keep checkpoints in .*: process \d+ uses it; give each training/),
    });
    expect(first.code).toBe(130);
    expect(readdirSync(path('shared'))).toEqual(['latest.checkpoint.safetensors']);
  });
});

it('a training that finds no checkpoint to resume says that it begins anew', async () => {
  const again = ['train', corpus, '--output', path('anew.bin'), ...quick, '--checkpoint', path('nothing'), '--resume'];
  const { code, stderr } = await wordkinHere(again);
  expect(code).toBe(0);
  expect(stderr).toContain('nothing" holds no checkpoint: the training begins anew\n');
});

describe('trainings in one process', () => {
  it.skipIf(!existsSync('/proc/self/fd'))('that are aborted or fail leave no file open', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const run = async (abortAt: string) => {
      const abort = new AbortController();
      const onEvent = ({ type }: { type: string }) => type === abortAt && abort.abort();
      const [source] = await openTextFiles([corpus]);
      await train({ sources: [source] }, { minCount: 1, threads: 1, epochs: 100, signal: abort.signal, onEvent }).catch(
        () => {},
      );
    };
    await run('epoch');
    const before = openFiles();
    for (let i = 0; i < 2; i++) for (const type of ['options', 'prepare', 'vocabulary', 'epoch']) await run(type);
    expect(openFiles() - before).toBeLessThan(2);
  });
});
