// From a raw file to a saved model: `wordkin train` beside gensim and fastText, each in a process of its own; or `wordkin train`
// alone on texts of growing size, with its memory over time.
//
//   npm run bench:whole -- TEXT [--rounds 1] [--epochs 5] [--threads 2] [--no-peers]
//   npm run bench:whole -- --scale 100,1000 [--epochs 1] [--folder FOLDER]
//
// Skip-gram with negative sampling, 100 dimensions, window 5, 5 negative samples, subsample 1e-4, min count 5. The peers are Debian's
// python3-gensim and fasttext; both are given the text in lines of 1,000 words, because gensim shares out lines among its workers and
// fastText cuts a longer one. --scale writes texts of so many MB with Zipf's frequencies (bench/synthetic-zipf.mjs) and removes them.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchArguments } from './library/smoke.mjs';
import { writeLines } from './library/write-lines.mjs';
import { writeZipfText } from './synthetic-zipf.mjs';

const { values, positionals } = parseArgs({
  args: await benchArguments((text) => [text, '--epochs', '1', '--no-peers']),
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '1' },
    epochs: { type: 'string' },
    threads: { type: 'string', default: '2' },
    scale: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    'no-peers': { type: 'boolean', default: false },
  },
});
const MEMORY_POINTS = 10;
const folder = mkdtempSync(join(values.folder, 'wordkin-bench-'));
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const { threads } = values;
const gensim = `
import sys
from gensim.models import Word2Vec
path, output, epochs, workers = sys.argv[1:]
model = Word2Vec(corpus_file=path, vector_size=100, window=5, negative=5, sg=1, sample=1e-4, min_count=5,
                 epochs=int(epochs), workers=int(workers))
model.wv.save_word2vec_format(output, binary=True)`;

try {
  if (values.scale) await compareSizes(values.scale.split(',').map(Number), values.epochs ?? '1');
  else if (positionals[0]) await comparePeers(positionals[0], values.epochs ?? '5');
  else throw new Error('Give a text file, or --scale with sizes in MB.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function comparePeers(text, epochs) {
  const lines = join(folder, 'lines.txt');
  if (!values['no-peers']) await writeLines(text, lines);
  const rows = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const row = { wordkin: (await wordkin(text, epochs)).seconds };
    if (!values['no-peers']) {
      row.gensim = (
        await run('/usr/bin/python3', ['-c', gensim, lines, join(folder, 'gensim.bin'), epochs, threads])
      ).seconds;
      const settings = {
        dim: 100,
        lr: 0.025,
        ws: 5,
        neg: 5,
        t: 1e-4,
        minCount: 5,
        minn: 0,
        maxn: 0,
        epoch: epochs,
        thread: threads,
      };
      const options = Object.entries(settings).flatMap(([name, value]) => [`-${name}`, String(value)]);
      const output = join(folder, 'fasttext');
      row.fasttext = (await run('fasttext', ['skipgram', '-input', lines, '-output', output, ...options])).seconds;
      row['gensim / wordkin'] = row.gensim / row.wordkin;
      row['fasttext / wordkin'] = row.fasttext / row.wordkin;
    }
    rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(2))])));
  }
  console.table(rows);
}

async function compareSizes(sizes, epochs) {
  for (const megabytes of sizes) {
    const text = join(folder, 'zipf.txt');
    writeZipfText(text, megabytes * 1e6);
    const { seconds, memory } = await wordkin(text, epochs);
    const peak = Math.max(...memory.map(({ bytes }) => bytes));
    const curve = Array.from({ length: MEMORY_POINTS + 1 }, (_, i) => {
      const { at, bytes } = memory[Math.floor((i * (memory.length - 1)) / MEMORY_POINTS)];
      return `${at.toFixed(0)} s ${(bytes / 1e6).toFixed(0)} MB`;
    });
    console.log(
      `${(statSync(text).size / 1e6).toFixed(0)} MB: ${seconds.toFixed(1)} s, at most ${(peak / 1e6).toFixed(0)} MB resident`,
    );
    console.log(`  ${curve.join(', ')}`);
    rmSync(text);
  }
}

function wordkin(text, epochs) {
  const options = ['--subsample', '1e-4', '--tokenizer', 'whitespace', '--epochs', epochs, '--threads', threads];
  return run(process.execPath, [main, 'train', text, '--output', join(folder, 'wordkin.safetensors'), ...options]);
}

/** Seconds that a program takes, and its resident memory over time. */
function run(program, options) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const memory = [{ at: 0, bytes: 0 }];
    const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2000);
    });
    const seconds = () => (performance.now() - begin) / 1000;
    const timer = setInterval(() => {
      const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      if (kilobytes) memory.push({ at: seconds(), bytes: 1024 * Number(kilobytes) });
    }, 100);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ seconds: seconds(), memory });
      else reject(new Error(`${program} ended with exit code ${code}: ${said}`));
    });
  });
}
