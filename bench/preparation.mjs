// Preparation (read, cut, count, encode), with 1 and 2 threads by turns, each time in a new process: from a file to the
// encoded corpus and the vocabulary. Threads are there before the clock starts. Prints medians; ratios are taken within a
// round, because a shared machine gets faster and slower.
//
//   npm run bench:preparation -- TEXT [--rounds 7] [--tokenizers whitespace,words] [--threads 1,2] [--no-gensim]
//   npm run bench:preparation -- --scale 100,1000 [--folder FOLDER]
//
// gensim is Debian's python3-gensim (apt-get install python3-gensim): build_vocab of the same file, from corpus_file and from
// LineSentence, on one thread, which is all it uses. It counts words and encodes nothing.
//
// --scale writes texts of so many MB with Zipf's frequencies (bench/synthetic-zipf.mjs), prepares each with two threads and
// prints time and maximum resident memory; the texts are removed.
//
// CPU is the processor time of the process, all threads together, in the same unit: MB a second of processor time. It does
// not fall when other programs want the processors, too.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { prepareCorpus } from '../dist/corpus/prepare-corpus.js';
import { loadTokenizer, openTextFiles } from '../dist/node/index.js';
import { createTemporaryFiles } from '../dist/node/temporary-files.js';
import { startThread } from '../dist/node/training-threads.js';
import { benchArguments } from './library/smoke.mjs';
import { writeZipfText } from './synthetic-zipf.mjs';

const { values, positionals } = parseArgs({
  args: await benchArguments((text) => [text, '--rounds', '1', '--no-gensim']),
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    tokenizers: { type: 'string', default: 'whitespace,words' },
    threads: { type: 'string', default: '1,2' },
    scale: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    'no-gensim': { type: 'boolean', default: false },
    // What a process of its own is started with.
    once: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const [text] = positionals;

if (values.once) {
  console.log(JSON.stringify(await prepareOnce(text, values.tokenizers, Number(values.threads))));
} else {
  console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}`);
  if (values.scale) compareSizes(values.scale.split(',').map(Number));
  else if (text) compareSpeeds();
  else throw new Error('Give a text file, or --scale with sizes in MB.');
}

async function prepareOnce(path, name, threads) {
  const tokenizer = await loadTokenizer({ name });
  const workers = await Promise.all(Array.from({ length: threads }, () => startThread(tokenizer)));
  // An answer to anything: the thread has started and has its tokenizer.
  await Promise.all(workers.map((worker) => worker.encode(new TextEncoder().encode('a b\n'), { name: 'warm-up' })));
  await Promise.all(workers.map((worker) => worker.takeRun(false)));
  const files = createTemporaryFiles();
  const store = files.createCorpusStore();
  const sources = await openTextFiles([path]);
  const processor = process.cpuUsage();
  const start = performance.now();
  const options = { minCount: 5, memoryBudgetBytes: 2 ** 30 };
  const { corpus, vocabulary } = await prepareCorpus(sources, workers, store, options, files.storeRun);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processor);
  store.dispose();
  await Promise.all(workers.map((worker) => worker.close()));
  return {
    seconds,
    processorSeconds: (user + system) / 1e6,
    residentBytes: process.resourceUsage().maxRSS * 1024,
    words: vocabulary.words.length,
    tokens: corpus.tokenCount,
  };
}

function run(path, tokenizer, threads) {
  const self = fileURLToPath(import.meta.url);
  const args = [self, path, '--once', '--tokenizers', tokenizer, '--threads', String(threads)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

function compareSpeeds() {
  const megabytes = statSync(text).size / 1e6;
  const threadCounts = values.threads.split(',').map(Number);
  const gensim = values['no-gensim'] ? [] : ['corpus_file', 'LineSentence'];
  const found = new Map();
  const keep = (key, value) => found.set(key, [...(found.get(key) ?? []), value]);
  for (let round = 0; round < rounds; round++) {
    // gensim takes ten times as long, and its medians need no more.
    const others = round < 3 ? gensim : [];
    for (const way of others) keep(`gensim ${way}`, { seconds: buildVocabulary(way) });
    for (const tokenizer of values.tokenizers.split(',')) {
      for (const threads of threadCounts) keep(`${tokenizer}, ${threads}`, run(text, tokenizer, threads));
    }
  }
  const speed = (runs) => megabytes / median(runs.map(({ seconds }) => seconds));
  console.log(`${text}: ${megabytes.toFixed(1)} MB, medians of ${rounds} rounds`);
  for (const [key, runs] of found) {
    const cells = [key.padEnd(22), `${speed(runs).toFixed(1).padStart(7)} MB/s`];
    if (runs[0].processorSeconds) {
      const processor = megabytes / median(runs.map(({ processorSeconds }) => processorSeconds));
      cells.push(`${processor.toFixed(1).padStart(7)} MB/s of CPU`);
      const [tokenizer] = key.split(', ');
      const first = found.get(`${tokenizer}, ${threadCounts[0]}`);
      if (first !== runs) {
        const ratio = median(runs.map(({ seconds }, i) => first[i].seconds / seconds));
        cells.push(`${ratio.toFixed(2)} × ${threadCounts[0]} thread`);
      }
      for (const way of gensim) {
        const other = found.get(`gensim ${way}`);
        const ratio = median(other.map(({ seconds }, i) => seconds / runs[i].seconds));
        cells.push(`${ratio.toFixed(1)} × gensim ${way}`);
      }
      cells.push(`${(Math.max(...runs.map(({ residentBytes }) => residentBytes)) / 2 ** 20).toFixed(0)} MiB`);
    }
    console.log(cells.join('  '));
  }
}

function compareSizes(sizes) {
  const folder = mkdtempSync(join(values.folder, 'wordkin-bench-'));
  try {
    for (const size of sizes) {
      const path = join(folder, 'zipf.txt');
      writeZipfText(path, size * 1e6);
      const runs = Array.from({ length: rounds }, () => run(path, values.tokenizers.split(',')[0], 2));
      const middle = (key) => median(runs.map((each) => each[key]));
      console.log(
        `${size} MB, ${runs[0].words} words, ${runs[0].tokens} tokens: ${middle('seconds').toFixed(2)} s, ${(size / middle('seconds')).toFixed(1)} MB/s, ${middle('processorSeconds').toFixed(2)} s of CPU, ${(middle('residentBytes') / 2 ** 20).toFixed(0)} MiB`,
      );
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function buildVocabulary(way) {
  const script = `
import sys, time
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence
model = Word2Vec(vector_size=100, min_count=5, workers=1)
start = time.time()
if sys.argv[2] == 'corpus_file': model.build_vocab(corpus_file=sys.argv[1])
else: model.build_vocab(LineSentence(sys.argv[1]))
print(time.time() - start)`;
  return Number(execFileSync('/usr/bin/python3', ['-c', script, text, way], { encoding: 'utf8' }));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length % 2 === 1
    ? sorted[sorted.length >> 1]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
}
