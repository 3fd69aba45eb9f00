// Training speed beside gensim with one thread, round by round; then two threads beside one, on slices of two million
// tokens by turns, because a shared machine gets faster and slower from second to second. Prints the medians of the
// ratios.
//
//   npm run bench -- TEXT[.gz] [--rounds 3] [--slices 40] [--dimensions 100] [--no-gensim] [--exchanges 500000]
//       [--algorithm skip-gram|cbow] [--loss negative-sampling|hierarchical-softmax] [--subwords] [--preset gensim]
//
// gensim is Debian's python3-gensim (apt-get install python3-gensim), trained from corpus_file on the same words
// in lines of 1,000 (it cuts lines at 10,000 words). Both count words a second over the words of the
// vocabulary, training alone, without reading and counting, one epoch.
//
// With --subwords the other is fastText (apt-get install fasttext), one thread, on the first 4 MB: the time of one epoch less that
// of none.
//
// "Core to core" is the time that a value takes from one core to the other, before and after the slices, the mean of so
// many exchanges. On virtual machines it changes as the host moves the cores about, and the speed of two threads on one model with it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createMemoryCorpusStore } from '../dist/corpus/encoded-corpus.js';
import { prepareCorpus } from '../dist/corpus/prepare-corpus.js';
import { planWord2VecMemory } from '../dist/kernels/word2vec/word2vec-memory.js';
import { openTextFiles, resolveTrainingOptions } from '../dist/node/index.js';
import { startThread } from '../dist/node/training-threads.js';
import { createSubwords } from '../dist/text/subwords.js';
import { createTokenizer } from '../dist/text/tokenizer.js';
import { spansFor } from '../dist/training/block-order.js';
import { createTrainControl } from '../dist/training/train-messages.js';
import { createTrainingMemory } from '../dist/training/training-memory.js';
import { subwordOptions } from '../dist/training/training-options.js';
import { benchArguments } from './library/smoke.mjs';
import { writeLines } from './library/write-lines.mjs';

const { values, positionals } = parseArgs({
  args: await benchArguments((text) => [
    text,
    '--slices',
    '1',
    '--dimensions',
    '8',
    '--no-gensim',
    '--exchanges',
    '100',
  ]),
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    dimensions: { type: 'string', default: '100' },
    slices: { type: 'string', default: '40' },
    exchanges: { type: 'string', default: '500000' },
    algorithm: { type: 'string', default: 'skip-gram' },
    loss: { type: 'string', default: 'negative-sampling' },
    preset: { type: 'string', default: 'wordkin' },
    subwords: { type: 'boolean', default: false },
    'no-gensim': { type: 'boolean', default: false },
  },
});
/** fastText with subwords takes minutes for more. */
const SUBWORD_BYTES = 4_000_000;
const [text] = positionals;
if (!text) throw new Error('Give a text file, such as a corpus of 100 MB.');
const [rounds, dimensions, slices] = [values.rounds, values.dimensions, values.slices].map(Number);

const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
const lines = join(folder, 'lines.txt');
await writeLines(text, lines, values.subwords ? SUBWORD_BYTES : Number.POSITIVE_INFINITY);
const { algorithm, loss, preset, subwords } = values;
const options = resolveTrainingOptions({
  preset: /** @type {import('wordkin').PresetName} */ (preset),
  algorithm: /** @type {import('wordkin').Algorithm} */ (algorithm),
  loss: /** @type {import('wordkin').Loss} */ (loss),
  subwords,
  dimensions,
  negative: 5,
  epochs: 1,
  subsample: 1e-4,
});
const threads = await Promise.all([1, 2].map(() => startThread(createTokenizer('whitespace'))));
const sources = await openTextFiles([lines], {});
const budget = { minCount: options.minCount, memoryBudgetBytes: 2 ** 30 };
const { corpus, vocabulary } = await prepareCorpus(sources, threads, createMemoryCorpusStore(), budget);
if (corpus.place.kind !== 'memory') throw new Error('The corpus is not in memory');
const { ids: allIds } = corpus.place;

const gensimScript = `
import sys, time
from gensim.models import Word2Vec
dimensions, sg, hs = map(int, sys.argv[2:])
model = Word2Vec(vector_size=dimensions, window=5, negative=0 if hs else 5, hs=hs, sample=1e-4, min_count=5, sg=sg, workers=1)
model.build_vocab(corpus_file=sys.argv[1])
words = sum(model.wv.get_vecattr(word, 'count') for word in model.wv.index_to_key)
start = time.time()
model.train(corpus_file=sys.argv[1], total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=1)
print(words / (time.time() - start))`;
const flags = [dimensions, algorithm === 'skip-gram' ? 1 : 0, loss === 'hierarchical-softmax' ? 1 : 0].map(String);
// These may keep OpenBLAS from the processor's best instructions.
const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
const gensim = () =>
  Number(execFileSync('/usr/bin/python3', ['-c', gensimScript, lines, ...flags], { encoding: 'utf8', env }));

/** Words a second of fastText with the same settings: the time of one epoch less that of none. */
function fastText() {
  const model = algorithm === 'cbow' ? 'cbow' : 'skipgram';
  const place = ['-input', lines, '-output', join(folder, 'fasttext'), '-dim', String(dimensions)];
  const settings = '-ws 5 -neg 5 -t 1e-4 -minCount 5 -minn 3 -maxn 6 -thread 1'.split(' ');
  const [none, one] = ['0', '1'].map((epochs) => {
    const start = performance.now();
    const args = [model, ...place, '-lr', String(options.learningRate), ...settings, '-epoch', epochs];
    execFileSync('fasttext', args, { stdio: 'ignore' });
    return performance.now() - start;
  });
  return (1000 * corpus.tokenCount) / (one - none);
}
const peer = subwords ? 'fastText' : 'gensim';
const SLICE_TOKENS = 2_000_000;
const BLOCK_TOKENS = 10_000;
const blocks = { blockTokens: BLOCK_TOKENS, blocks: Math.ceil(corpus.length / BLOCK_TOKENS) };
const rows = subwords ? createSubwords(vocabulary.words, subwordOptions(options, vocabulary.words)) : undefined;
const { memory, layout } = createTrainingMemory(vocabulary, options, { ...blocks, workers: 2 }, { subwords: rows });
const another = createTrainingMemory(vocabulary, options, { ...blocks, workers: 1 }, { subwords: rows });
/** Trains on a slice of the corpus, always on the same model, and returns words a second. */
async function ours(workers, begin = 0, end = corpus.length) {
  const task = createTask(memory, workers, begin, end);
  const start = performance.now();
  await Promise.all(threads.slice(0, workers).map((thread, worker) => thread.train(task, worker)));
  return (1000 * task.words) / (performance.now() - start);
}

/** What the machine gives to two threads that share nothing: each trains a model of its own on half of the slice. */
async function apart(begin, end) {
  const middle = (begin + end) >> 1;
  const tasks = [createTask(memory, 1, begin, middle), createTask(another.memory, 1, middle, end)];
  const start = performance.now();
  await Promise.all(threads.map((thread, i) => thread.train(tasks[i], 0)));
  return (1000 * (tasks[0].words + tasks[1].words)) / (performance.now() - start);
}

function createTask(memory, workers, begin, end) {
  const ids = allIds.subarray(begin, end);
  const { learningRate, endLearningRate, seed } = options;
  const endBlock = Math.ceil(ids.length / layout.blockTokens);
  return {
    memory,
    layout: planWord2VecMemory({ ...layout, workers }),
    threads: workers,
    heldOut: new Float64Array(0),
    firstBlock: 0,
    endBlock,
    spans: spansFor(options, workers),
    courseEnd: endBlock,
    corpus: { ...corpus, length: ids.length, place: /** @type {const} */ ({ kind: 'memory', ids }) },
    epochs: 1,
    learningRate,
    endLearningRate,
    seed: seed + begin,
    control: createTrainControl(workers, 1),
    words: ids.reduce((count, id) => count + (id >= 0 ? 1 : 0), 0),
  };
}

console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}; ${algorithm}, ${loss}${subwords ? ', subwords' : ''}, ${dimensions} dimensions`,
);
await ours(2, 0, SLICE_TOKENS); // until the kernel is optimized
if (!values['no-gensim']) {
  console.log(`round  ${peer}, 1 thread  wordkin, 1 thread  wordkin/${peer}`);
  const ratios = [];
  for (let round = 1; round <= rounds; round++) {
    const speeds = [subwords ? fastText() : gensim(), await ours(1)];
    ratios.push(speeds[1] / speeds[0]);
    const cells = speeds.map((speed) => Math.round(speed).toLocaleString('en').padStart(17));
    console.log(`${String(round).padStart(5)} ${cells.join('  ')} ${ratios.at(-1).toFixed(2).padStart(14)}`);
  }
  console.log(`median: ${quantile(ratios, 0.5).toFixed(2)} × ${peer}, one thread`);
}
if (slices > 0) await compareThreads();
await Promise.all(threads.map((thread) => thread.close()));
rmSync(folder, { recursive: true });

/** One thread, two, and two with a model each, on slices by turns. */
async function compareThreads() {
  const before = await coreToCore();
  const ways = [(begin, end) => ours(1, begin, end), (begin, end) => ours(2, begin, end), apart];
  const speeds = ways.map(() => []);
  for (let i = 0; i < slices; i++) {
    const begin = (i * SLICE_TOKENS) % Math.max(1, corpus.length - SLICE_TOKENS);
    const end = Math.min(corpus.length, begin + SLICE_TOKENS);
    for (let j = 0; j < ways.length; j++) {
      const way = (i + j) % ways.length;
      speeds[way].push(await ways[way](begin, end));
    }
  }
  const after = await coreToCore();
  console.log(`${slices} slices; core to core ${before.toFixed(0)}, ${after.toFixed(0)} ns`);
  ['1 thread', '2 threads', '2 threads, a model each'].forEach((name, way) => {
    const ratios = speeds[way].map((speed, i) => speed / speeds[0][i]);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
    const speed = Math.round(quantile(speeds[way], 0.5)).toLocaleString('en');
    console.log(
      `${name.padEnd(24)} ${speed.padStart(10)} words/s, ${middle} × one thread (quartiles ${low} to ${high})`,
    );
  });
}

/** Nanoseconds from core to core: two threads answer each other through one shared number. */
async function coreToCore() {
  const exchanges = Number(values.exchanges);
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const answer = `const { workerData: shared, parentPort } = require('node:worker_threads');
    parentPort.postMessage('ready');
    for (let i = 0; i < ${exchanges}; i++) { while (Atomics.load(shared, 0) !== 2 * i + 1); Atomics.store(shared, 0, 2 * i + 2); }`;
  const other = new Worker(answer, { eval: true, workerData: shared });
  await once(other, 'message');
  const start = performance.now();
  for (let i = 0; i < exchanges; i++) {
    Atomics.store(shared, 0, 2 * i + 1);
    while (Atomics.load(shared, 0) !== 2 * i + 2);
  }
  const nanoseconds = ((performance.now() - start) * 1e6) / exchanges / 2;
  await once(other, 'exit');
  return nanoseconds;
}

function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)];
}
