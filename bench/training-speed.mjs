// Training speed beside gensim, one thread each, and two threads beside one, in rounds, so that a machine that
// gets faster or slower meanwhile does not decide. Prints each round and the medians of the ratios.
//
//   npm run bench -- TEXT[.gz] [--rounds 3] [--dimensions 100] [--epochs 1] [--no-gensim]
//       [--algorithm skip-gram|cbow] [--loss negative-sampling|hierarchical-softmax]
//
// gensim is Debian's python3-gensim (apt-get install python3-gensim), trained from corpus_file on the same words
// in lines of 1,000 (it cuts lines at 10,000 words). Both count words a second over the words of the
// vocabulary, training alone, without reading and counting.
//
// "Core to core" is the time that a value takes from one core to the other, before and after the two threads ran. On
// virtual machines it changes as the host moves the cores about, and the speed of two threads on one model with it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import { train } from 'wordkin';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    dimensions: { type: 'string', default: '100' },
    epochs: { type: 'string', default: '1' },
    algorithm: { type: 'string', default: 'skip-gram' },
    loss: { type: 'string', default: 'negative-sampling' },
    'no-gensim': { type: 'boolean', default: false },
  },
});
const [text] = positionals;
if (!text) throw new Error('Give a text file, such as a corpus of 100 MB.');
const [rounds, dimensions, epochs] = [values.rounds, values.dimensions, values.epochs].map(Number);

const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
const lines = join(folder, 'lines.txt');
await writeLines(text, lines);
const { algorithm, loss } = values;
const settings = {
  algorithm,
  loss,
  dimensions,
  epochs,
  window: 5,
  negative: 5,
  subsample: 1e-4,
  minCount: 5,
  tokenizer: 'whitespace',
};
const gensimScript = `
import sys, time
from gensim.models import Word2Vec
dimensions, epochs, sg, hs = map(int, sys.argv[2:])
model = Word2Vec(vector_size=dimensions, window=5, negative=0 if hs else 5, hs=hs, sample=1e-4, min_count=5, sg=sg, workers=1, epochs=epochs)
model.build_vocab(corpus_file=sys.argv[1])
words = sum(model.wv.get_vecattr(word, 'count') for word in model.wv.index_to_key)
start = time.time()
model.train(corpus_file=sys.argv[1], total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=epochs)
print(words * epochs / (time.time() - start))`;
const flags = [algorithm === 'skip-gram' ? 1 : 0, loss === 'hierarchical-softmax' ? 1 : 0];
const gensim = () =>
  Number(
    execFileSync('/usr/bin/python3', ['-c', gensimScript, lines, dimensions, epochs, ...flags], { encoding: 'utf8' }),
  );
const ours = async (threads) => (await train({ files: lines }, { ...settings, threads })).report.wordsPerSecond;

console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}; ${algorithm}, ${loss}, ${dimensions} dimensions, ${epochs} epochs, ${rounds} rounds`,
);
console.log(
  'round  gensim, 1 thread  wordkin, 1 thread  wordkin, 2 threads  wordkin/gensim  2 threads/1  core to core',
);
const ratios = { gensim: [], threads: [] };
for (let round = 1; round <= rounds; round++) {
  const theirs = values['no-gensim'] ? Number.NaN : gensim();
  const one = await ours(1);
  const before = await coreToCore();
  const two = await ours(2);
  const after = await coreToCore();
  ratios.gensim.push(one / theirs);
  ratios.threads.push(two / one);
  const cells = [theirs, one, two].map((speed) => Math.round(speed).toLocaleString('en').padStart(17));
  console.log(
    `${String(round).padStart(5)} ${cells.join('  ')} ${(one / theirs).toFixed(2).padStart(14)} ${(two / one).toFixed(2).padStart(12)}  ${before.toFixed(0)}, ${after.toFixed(0)} ns`,
  );
}
console.log(
  `medians: ${median(ratios.gensim).toFixed(2)} × gensim with one thread, ${median(ratios.threads).toFixed(2)} × with two threads`,
);
rmSync(folder, { recursive: true });

/** Nanoseconds from core to core: two threads answer each other through one shared number. */
async function coreToCore(exchanges = 500_000) {
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

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

async function writeLines(from, to) {
  const output = createWriteStream(to);
  let rest = '';
  let line = [];
  const input = createReadStream(from);
  for await (const chunk of (from.endsWith('.gz') ? input.pipe(createGunzip()) : input).setEncoding('utf8')) {
    const words = (rest + chunk).split(/\s+/);
    rest = words.pop();
    for (const word of words) {
      if (word === '') continue;
      if (line.push(word) < 1000) continue;
      if (!output.write(`${line.join(' ')}\n`)) await once(output, 'drain');
      line = [];
    }
  }
  output.end(`${[...line, rest].join(' ')}\n`);
  await once(output, 'finish');
}
