// Training speed beside gensim, one thread each, and two threads beside one, in rounds, so that a machine that
// gets faster or slower meanwhile does not decide. Prints each round and the medians of the ratios.
//
//   npm run bench -- TEXT[.gz] [--rounds 3] [--dimensions 100] [--epochs 1] [--no-gensim]
//
// gensim is Debian's python3-gensim (apt-get install python3-gensim), trained from corpus_file on the same words
// in lines of 1,000 (it cuts lines at 10,000 words). Both count words a second over the words of the
// vocabulary, training alone, without reading and counting.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { train } from 'wordkin';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    dimensions: { type: 'string', default: '100' },
    epochs: { type: 'string', default: '1' },
    'no-gensim': { type: 'boolean', default: false },
  },
});
const [text] = positionals;
if (!text) throw new Error('Give a text file, such as a corpus of 100 MB.');
const [rounds, dimensions, epochs] = [values.rounds, values.dimensions, values.epochs].map(Number);

const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
const lines = join(folder, 'lines.txt');
await writeLines(text, lines);
const settings = { dimensions, epochs, window: 5, negative: 5, subsample: 1e-4, minCount: 5, tokenizer: 'whitespace' };
const gensimScript = `
import sys, time
from gensim.models import Word2Vec
dimensions, epochs = int(sys.argv[2]), int(sys.argv[3])
model = Word2Vec(vector_size=dimensions, window=5, negative=5, sample=1e-4, min_count=5, sg=1, workers=1, epochs=epochs)
model.build_vocab(corpus_file=sys.argv[1])
words = sum(model.wv.get_vecattr(word, 'count') for word in model.wv.index_to_key)
start = time.time()
model.train(corpus_file=sys.argv[1], total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=epochs)
print(words * epochs / (time.time() - start))`;
const gensim = () =>
  Number(execFileSync('/usr/bin/python3', ['-c', gensimScript, lines, dimensions, epochs], { encoding: 'utf8' }));
const ours = async (threads) => (await train({ files: lines }, { ...settings, threads })).report.wordsPerSecond;

console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}, ${dimensions} dimensions, ${epochs} epochs, ${rounds} rounds`,
);
console.log('round  gensim, 1 thread  wordkin, 1 thread  wordkin, 2 threads  wordkin/gensim  2 threads/1');
const ratios = { gensim: [], threads: [] };
for (let round = 1; round <= rounds; round++) {
  const theirs = values['no-gensim'] ? Number.NaN : gensim();
  const [one, two] = [await ours(1), await ours(2)];
  ratios.gensim.push(one / theirs);
  ratios.threads.push(two / one);
  const cells = [theirs, one, two].map((speed) => Math.round(speed).toLocaleString('en').padStart(17));
  console.log(
    `${String(round).padStart(5)} ${cells.join('  ')} ${(one / theirs).toFixed(2).padStart(14)} ${(two / one).toFixed(2).padStart(12)}`,
  );
}
console.log(
  `medians: ${median(ratios.gensim).toFixed(2)} × gensim with one thread, ${median(ratios.threads).toFixed(2)} × with two threads`,
);
rmSync(folder, { recursive: true });

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
