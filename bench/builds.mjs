// The same blocks of a text trained by several builds, five at a time in turns, in one thread: so their times can be told apart
// to a part in three hundred, also on a machine that gets faster and slower. Processes, each of which begins with another build,
// give the spread. Prints for each build the median of its times beside the mean of all builds, and its standard error.
//
//   node bench/builds.mjs TEXT NAME=FOLDER NAME=FOLDER… [--processes 10] [--blocks 300] [--options '{"algorithm":"cbow"}']
//
// FOLDER holds dist/: this repository, a worktree of it that is built, or node_modules/wordkin of a version. Words are what lies between
// spaces, min count 5; the options of word2vec.c; processor time.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { benchArguments } from './library/smoke.mjs';

const BLOCK_TOKENS = 10_000;
const BLOCKS_A_TURN = 5;
/** Turns until V8 has compiled all. */
const FIRST_TURNS = 5;

const { values, positionals } = parseArgs({
  args: await benchArguments((text) => [
    text,
    'a=.',
    'b=.',
    '--processes',
    '2',
    '--blocks',
    '60',
    '--options',
    '{"epochs":99}',
  ]),
  allowPositionals: true,
  options: {
    processes: { type: 'string', default: '10' },
    blocks: { type: 'string', default: '300' },
    options: { type: 'string', default: '{}' },
    /** Of a process that was started by this one. */
    one: { type: 'boolean', default: false },
  },
});
const [text, ...builds] = positionals;
if (values.one) console.log(JSON.stringify(await inTurns()));
else compare();

function compare() {
  const ratios = Object.fromEntries(builds.map((build) => [build.split('=')[0], /** @type {number[]} */ ([])]));
  for (let number = 0; number < Number(values.processes); number++) {
    const order = builds.map((_, i) => builds[(i + number) % builds.length]);
    const args = [text, ...order, '--one', '--blocks', values.blocks, '--options', values.options];
    const times = JSON.parse(execFileSync(process.execPath, [import.meta.filename, ...args], { encoding: 'utf8' }));
    const mean = Math.exp(average(Object.values(times).map(Math.log)));
    for (const name in times) ratios[name].push(times[name] / mean);
  }
  for (const [name, found] of Object.entries(ratios)) {
    const logs = found.map(Math.log);
    const variance = average(logs.map((log) => (log - average(logs)) ** 2));
    const error = Math.sqrt(variance / Math.max(1, found.length - 1));
    console.log(`${name}: ${Math.exp(median(logs)).toFixed(4)} ± ${error.toFixed(4)} of the mean of all builds`);
  }
}

/** Milliseconds of each build for its blocks. */
async function inTurns() {
  const { corpus, vocabulary, read } = encode(readFileSync(text, 'utf8'));
  const runs = await Promise.all(
    builds.map(async (build) => {
      const [name, folder] = build.split('=');
      return { name, milliseconds: 0, blocks: await blocksOf(resolve(folder), corpus, vocabulary, read) };
    }),
  );
  for (let turn = 0, ends = false; !ends; turn++) {
    for (let i = 0; i < runs.length; i++) {
      const run = runs[(i + turn) % runs.length];
      const begin = process.cpuUsage();
      for (let block = 0; block < BLOCKS_A_TURN; block++) if (run.blocks.next().done) ends = true;
      if (turn >= FIRST_TURNS) run.milliseconds += process.cpuUsage(begin).user / 1000;
    }
  }
  return Object.fromEntries(runs.map(({ name, milliseconds }) => [name, milliseconds]));
}

/** A training of this build, block by block. */
async function blocksOf(folder, corpus, vocabulary, read) {
  const load = (file) => import(pathToFileURL(join(folder, 'dist', file)).href);
  const { resolveTrainingOptions } = await load('training/training-options.js');
  const { createTrainingMemory } = await load('training/training-memory.js');
  const { createTrainControl } = await load('training/train-messages.js');
  const { trainLoop } = await load('training/train-loop.js');
  const { createWord2VecKernel } = await load('kernels/word2vec/word2vec-kernel.js').catch(
    () => load('kernels/word2vec-kernel.js'), // version 0.1
  );
  const options = resolveTrainingOptions({ preset: 'word2vec.c', ...JSON.parse(values.options) });
  const blocks = Math.ceil(corpus.length / BLOCK_TOKENS);
  const shape = { blockTokens: BLOCK_TOKENS, blocks, workers: 1 };
  const { memory, layout } = createTrainingMemory(vocabulary, options, shape);
  const { epochs, learningRate, endLearningRate } = options;
  const control = createTrainControl(1, epochs);
  const courseEnd = blocks * epochs;
  const endBlock = Math.min(Number(values.blocks), courseEnd);
  // Builds of before `blockOrder` take blocks in this order whatever they are told.
  const course = { epochs, learningRate, endLearningRate, courseEnd, firstBlock: 0, endBlock, spans: 64 };
  const task = { memory, layout, corpus, ...course, seed: 1, heldOut: new Float64Array(0), control, threads: 1 };
  return trainLoop(task, 0, createWord2VecKernel, read);
}

function encode(all) {
  const counts = new Map();
  const lines = all.split('\n').map((line) => line.split(' ').filter(Boolean));
  for (const word of lines.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count >= 5).sort((a, b) => b[1] - a[1]);
  const ids = new Map(kept.map(([word], id) => [word, id]));
  const encoded = Int32Array.from(
    lines.flatMap((line) => [...line.map((word) => ids.get(word)).filter((id) => id !== undefined), -1]),
  );
  const tokenCount = kept.reduce((sum, [, count]) => sum + count, 0);
  const vocabulary = {
    words: kept.map(([word]) => word),
    counts: Float64Array.from(kept, ([, count]) => count),
    tokenCount,
  };
  const corpus = { length: encoded.length, tokenCount, fingerprint: 0, place: { kind: 'memory', ids: encoded } };
  const read = (position, target) => target.set(encoded.subarray(position, position + target.length));
  return { corpus, vocabulary, read };
}

function average(of) {
  return of.reduce((sum, value) => sum + value, 0) / of.length;
}

function median(of) {
  return [...of].sort((a, b) => a - b)[of.length >> 1];
}
