import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { loadModel } from 'wordkin';
import { type CommandResult, mayBeSkipped, temporaryFolder, wordkinHere } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const main = join(root, 'dist/cli/main.js');
const folder = temporaryFolder();
const FAMILIES = ['openmpi', 'mpich'] as const;
type Family = (typeof FAMILIES)[number];
const LIBRARIES = { openmpi: 'libmpi.so.40', mpich: 'libmpich.so.12' } as const;
const OTHER = { openmpi: 'mpich', mpich: 'openmpi' } as const;
/** Tries with a rank that is killed; each goes on from the last checkpoint of the one before. More of them take the more epochs. */
const LOSSES = Number(process.env.WORDKIN_LOSSES ?? (process.env.WORDKIN_TEST_EVERYTHING ? 2 : 1));

const isMissing = FAMILIES.some((family) => {
  try {
    execFileSync(`mpirun.${family}`, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

interface Launch {
  readonly env?: Readonly<Record<string, string>>;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Starts programs of Node as ranks: `programs` in the order of the ranks, the last one for all that are left. */
function mpirun(
  family: Family,
  ranks: number,
  programs: string[][],
  { env, onStart }: Launch = {},
): Promise<CommandResult> {
  const counts = programs.map((_, i) => (i < programs.length - 1 ? 1 : ranks - i));
  const parts = programs.flatMap((program, i) => [
    ...(i > 0 ? [':'] : []),
    ...['-np', String(counts[i]), process.execPath, ...program],
  ]);
  return new Promise((resolvePromise) => {
    const args = family === 'openmpi' ? ['--oversubscribe', ...parts] : parts;
    const child = spawn(`mpirun.${family}`, args, {
      // Without the flags of V8 that other tests set when a program has begun.
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        OMPI_ALLOW_RUN_AS_ROOT: '1',
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
        ...env,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.stdin.end();
    child.on('close', (code) => resolvePromise({ code, stdout, stderr }));
    onStart?.(child);
  });
}

/** Open MPI hands on what the rank has ended with; MPICH now and then what it has ended another one with. Refusals end with 1 or 2. */
function expectLoss(family: Family, { code }: CommandResult): void {
  if (family === 'openmpi') expect(code).toBe(75);
  else expect([0, 1, 2]).not.toContain(code);
}

/** What wordkin itself has said, of all that launchers say. */
const saidBy = ({ stderr }: CommandResult) => stderr.split('\n').filter((line) => /^wordkin: /.test(line));

const shards = [0, 1, 2, 3].map((number) => join(folder, `shard-${number}.txt`));
const small = ['--epochs', '2', '--dimensions', '8', '--threads', '1', '--min-count', '3'];
const train = (output: string, ...flags: string[]) => [
  ...[main, 'train', ...shards, '--output', join(folder, output), '--temporary-folder', temporary],
  ...[...small, ...flags],
];
const temporary = join(folder, 'temporary');
const learning = ['--epochs', '6', '--learning-rate', '0.2'];
/** What one process counts. */
let vocabulary: string;

beforeAll(async () => {
  mkdirSync(temporary);
  // Words of two topics, one a sentence; some are rare, some are not in all shards.
  for (const [number, path] of shards.entries()) {
    const lines = Array.from({ length: 6000 }, (_, i) => {
      const topic = (i + number) % 2 === 0 ? 'warm' : 'cold';
      return Array.from({ length: 8 }, (_, j) => `${topic}${(i * 7 + j * (1 + (i % 5)) + number) % 40}`).join(' ');
    });
    writeFileSync(path, `${lines.join('\n')}\nonly${number} only${number} only${number} rare${number} ümläut\n`);
  }
  const alone = join(folder, 'alone.vocab');
  expect(await wordkinHere(train('alone.safetensors', '--save-vocabulary', alone).slice(1))).toMatchObject({ code: 0 });
  vocabulary = readFileSync(alone, 'utf8');
  expect(vocabulary.split('\n').length).toBeGreaterThan(80);
});

/** Ranks of the job with this output that are at work, without their supervisors. */
function workersOf(output: string): number[] {
  return readdirSync('/proc')
    .filter((name) => {
      try {
        const read = (what: string) => readFileSync(`/proc/${name}/${what}`, 'utf8');
        return (
          /^\d+$/.test(name) && read('cmdline').includes(output) && read('environ').includes('WORDKIN_SUPERVISED=')
        );
      } catch {
        return false; // it has ended
      }
    })
    .map(Number);
}

/** The text has taught it its two topics. */
async function expectTopics(output: string): Promise<void> {
  const model = await loadModel(join(folder, output));
  const likeWarm = (topic: string) =>
    [2, 3, 4, 5, 6].reduce((sum, i) => sum + model.similarity('warm1', `${topic}${i}`), 0) / 5;
  expect(likeWarm('warm')).toBeGreaterThan(likeWarm('cold') + 0.2);
}

async function waitFor(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(mayBeSkipped(isMissing))('ranks over MPI', () => {
  it('pass the checks of any communicator, in both families', async () => {
    const program = join(root, 'node_modules/.cache/communicator-checks.mjs');
    await build({
      stdin: {
        contents: `
          import { COMMUNICATOR_CHECKS } from './src/distributed/communicator.contract.ts';
          import { openMpi } from './src/node/mpi/mpi-communicator.ts';
          const ranks = await openMpi();
          for (const [name, check] of Object.entries(COMMUNICATOR_CHECKS)) {
            await check(ranks).catch((error) => { console.error(name, error); ranks.abort(3); });
          }
          process.stdout.write(ranks.rank + ' of ' + ranks.size + ' ' + ranks.library.family + '\\n');
          await ranks.close();`,
        resolveDir: root,
        loader: 'ts',
      },
      ...{ bundle: true, platform: 'node', format: 'esm', external: ['koffi'], outfile: program },
    });
    for (const [family, name] of [
      ['openmpi', 'Open MPI'],
      ['mpich', 'MPICH'],
    ] as const) {
      const { code, stdout, stderr } = await mpirun(family, 3, [[program]]);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trim().split('\n').sort()).toEqual([0, 1, 2].map((rank) => `${rank} of 3 ${name}`));
    }
  });

  it('make the same vocabulary as one process, and a model; nothing else is left', async () => {
    for (const [family, ranks] of [
      ['openmpi', 3],
      ['mpich', 2],
    ] as const) {
      const name = `${family}-${ranks}`;
      const result = await mpirun(family, ranks, [
        train(`${name}.safetensors`, '--save-vocabulary', join(folder, `${name}.vocab`), '--json', ...learning),
      ]);
      expect({ code: result.code, said: saidBy(result) }).toEqual({ code: 0, said: [] });
      expect(JSON.parse(result.stdout)).toMatchObject({ threads: ranks, share: 1, tokens: expect.any(Number) });
      expect(readFileSync(join(folder, `${name}.vocab`), 'utf8')).toBe(vocabulary);
      await expectTopics(`${name}.safetensors`);
    }
    expect(readdirSync(temporary)).toEqual([]);
    expect(
      readdirSync(folder).filter((name) => !/^(shard-\d\.txt|temporary|.*\.(vocab|safetensors))$/.test(name)),
    ).toEqual([]);
  });

  it.each(FAMILIES)('end with 75 when one is lost, and go on with another number of ranks: %s', async (family) => {
    const output = `lost-${family}.safetensors`;
    const checkpoints = join(folder, `checkpoints-${family}`);
    let epochs = 8 * LOSSES;
    const words = join(folder, `lost-${family}.vocab`);
    const flags = () => [
      ...[...learning, '--epochs', String(epochs), '--save-vocabulary', words, '--json'],
      ...['--checkpoint', checkpoints, '--every', '0.1s', '--resume'],
    ];
    for (let loss = 0; loss < LOSSES; loss++) {
      let killed = false;
      const result = await mpirun(family, 3 - (loss % 2), [train(output, ...flags())], {
        async onStart(child) {
          const kept = join(checkpoints, 'latest.checkpoint.safetensors');
          const written = () => statSync(kept, { throwIfNoEntry: false })?.mtimeMs;
          const before = written();
          await waitFor(() => child.exitCode !== null || written() !== before);
          const ranks = workersOf(output);
          // By turns the first and the last, in each family another one first.
          const victim = ranks.at((loss + FAMILIES.indexOf(family)) % 2 === 0 ? 0 : -1);
          if (victim === undefined) return;
          process.kill(victim, 'SIGKILL');
          killed = true;
        },
      });
      if (!killed) {
        // On a busy machine the job may be over before it is seen to train: once more, with more to do.
        expect(result.code).toBe(0);
        epochs *= 2;
        loss = -1;
        continue;
      }
      expectLoss(family, result);
      expect(saidBy(result)).toEqual([
        expect.stringMatching(
          /^wordkin: Cannot go on: rank \d on .* is lost, it was ended by SIGKILL; start the job again with --resume$/,
        ),
      ]);
      await waitFor(() => workersOf(output).length === 0);
    }
    const last = await mpirun(family, 2, [train(output, ...flags())]);
    expect(last.code).toBe(0);
    expect(last.stderr).toContain('"type":"resumed"');
    expect(JSON.parse(last.stdout)).toMatchObject({ threads: 2, share: 1, endedBy: 'end' });
    expect(readFileSync(words, 'utf8')).toBe(vocabulary);
    await expectTopics(output);
    expect(existsSync(checkpoints)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('end with 75 when one does not answer', async () => {
    const output = 'silent.safetensors';
    const flags = ['--epochs', '50000', '--json', '--deadline'];
    let stopped: number | undefined;
    let result: CommandResult;
    let seconds = 1;
    do {
      result = await mpirun('mpich', 2, [train(output, ...flags, `${seconds}s`)], {
        async onStart(child) {
          let told = '';
          child.stderr!.on('data', (data) => (told += data));
          await waitFor(() => child.exitCode !== null || told.includes('"progress"'));
          const last = workersOf(output).at(-1);
          try {
            process.kill(last!, 'SIGSTOP');
            stopped = last;
          } catch {} // it has ended
        },
      });
      expectLoss('mpich', result);
      // On a busy machine a rank may wait so long for another before the training begins.
      seconds *= 2;
    } while (stopped === undefined && seconds < 100);
    expect(saidBy(result)[0]).toMatch(
      /^wordkin: Cannot go on: rank \d on .* has waited \d+ s for the other ranks \(MPI_\w+\): a machine is gone or the network hangs; start the job again with --resume$/,
    );
    expect(stopped).toBeDefined();
    try {
      process.kill(stopped!, 'SIGKILL');
    } catch {} // its supervisor has ended it
  });

  it('are refused where they cannot work together, in one sentence', async () => {
    const sentenceOf = async (family: Family, programs: string[][], env: Record<string, string> = {}) => {
      const result = await mpirun(family, 2, programs, { env });
      expect(result.code).not.toBe(0);
      expect(existsSync(join(folder, 'refused.bin'))).toBe(false);
      return [...new Set(saidBy(result))].join('\n');
    };
    const refused = train('refused.bin');
    for (const family of FAMILIES) {
      expect(await sentenceOf(family, [refused], { WORDKIN_MPI_LIBRARY: LIBRARIES[OTHER[family]] })).toMatch(
        /^wordkin: Cannot join the 2 ranks that mpirun of .* has started: the MPI library .* sees 1; start it by the mpirun of .*, or install the library of .*$/,
      );
    }
    expect(await sentenceOf('mpich', [refused, train('refused.bin', '--epochs', '3')])).toMatch(
      /^wordkin: Cannot train: on rank 1 \(.*\) epochs is 3, on rank 0 \(.*\) 2; start all ranks with the same version, options and text$/,
    );
    const elsewhere = refused.map((part) => (part === shards[3] ? `${part}.gone` : part));
    expect(await sentenceOf('openmpi', [refused, elsewhere])).toMatch(
      /^wordkin: Cannot read ".*shard-3.txt.gone": there is no such file or folder \(rank 1 on .*\)$/,
    );
  });

  it('are refused by a library that is not there', async () => {
    vi.stubEnv('WORDKIN_MPI_LIBRARY', '/nowhere/libmpi.so');
    const { code, stderr } = await wordkinHere(['doctor', '--mpi']);
    vi.unstubAllEnvs();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^wordkin: Cannot use MPI: WORDKIN_MPI_LIBRARY is "\/nowhere\/libmpi.so", which cannot be loaded/,
    );
  });

  it('are looked at by the doctor', async () => {
    const { code, stdout } = await mpirun('openmpi', 2, [[main, 'doctor', '--mpi', '--json']]);
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ library: { family: 'Open MPI' }, ranks: 2, launcher: 'mpirun of Open MPI' });
    expect(found.allreduces.map(({ byteLength }: { byteLength: number }) => byteLength)).toEqual([
      4096,
      1 << 20,
      1 << 25,
    ]);
    expect(found.mergeMegabytesPerSecond).toBeGreaterThan(0);
    expect(found.processors.ofMachine).toBeGreaterThanOrEqual(found.processors.usable);
  });
});
