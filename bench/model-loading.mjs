// Loading of models, beside gensim's load_word2vec_format and the disk.
//
//     npm run bench:loading -- [--words 1000000] [--dimensions 300] [--folder /tmp] [--rounds 3] [--no-gensim]
//
// Makes a word2vec binary of random vectors (1.2 GB) and the same in our own format, and removes them at the end. gensim is
// Debian's python3-gensim (/usr/bin/python3). Each load is a process of its own; the largest memory is what the system tells
// of it. Files are in the system's cache, for "cold" they are put out of it before.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModel, saveModel } from 'wordkin';
import { benchArguments } from './library/smoke.mjs';

const { values } = parseArgs({
  args: await benchArguments(() => ['--words', '2000', '--dimensions', '8', '--rounds', '1', '--no-gensim']),
  options: {
    words: { type: 'string', default: '1000000' },
    dimensions: { type: 'string', default: '300' },
    folder: { type: 'string', default: tmpdir() },
    rounds: { type: 'string', default: '3' },
    'no-gensim': { type: 'boolean', default: false },
    load: { type: 'string' },
    touch: { type: 'string' },
  },
});

if (values.load) {
  // In a process of its own: seconds, and the most memory beside that of the program itself.
  const before = process.memoryUsage.rss();
  const begin = performance.now();
  const model = await loadModel(values.load);
  const seconds = (performance.now() - begin) / 1000;
  const [first] = model.words;
  if (model.find(first) !== 0) throw new Error('The first word is not the first');
  const peak = peakBytes();
  console.log(JSON.stringify({ seconds, bytes: peak - before }));
  process.exit();
}

if (values.touch) {
  // What the memory alone takes: one byte in each page of a new array.
  const begin = performance.now();
  const bytes = new Uint8Array(Number(values.touch));
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
  console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, bytes: bytes.length }));
  process.exit();
}

/** Of this process; what the system counts for children begins with the memory of their parent. */
function peakBytes() {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
}

const words = Number(values.words);
const dimensions = Number(values.dimensions);
const matrixBytes = 4 * words * dimensions;
const folder = mkdtempSync(join(values.folder, 'wordkin-bench-'));
try {
  const binary = join(folder, 'model.bin');
  const own = join(folder, 'model.safetensors');
  makeBinary(binary);
  await saveModel(await loadModel(binary), own);
  console.log(`${words} words × ${dimensions} dimensions, ${(statSync(binary).size / 1e9).toFixed(2)} GB`);

  const rows = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    const gensim = values['no-gensim'] ? undefined : loadInGensim(binary);
    const binaryLoad = load(binary);
    const ownLoad = load(own);
    const memory = run(process.execPath, [import.meta.filename, '--touch', String(matrixBytes)]);
    const disk = readByDd(own, false);
    const cold = { disk: readByDd(own, true), load: load(own, true) };
    rows.push({
      round,
      ...(gensim && { 'gensim s': gensim.seconds.toFixed(2) }),
      'word2vec binary s': binaryLoad.seconds.toFixed(2),
      ...(gensim && { 'gensim / ours': (gensim.seconds / binaryLoad.seconds).toFixed(2) }),
      'own s': ownLoad.seconds.toFixed(2),
      'new memory alone s': memory.seconds.toFixed(2),
      'new memory / own': (memory.seconds / ownLoad.seconds).toFixed(2),
      'dd s': disk.toFixed(2),
      'dd / own': (disk / ownLoad.seconds).toFixed(2),
      'cold own s': cold.load.seconds.toFixed(2),
      'cold dd s': cold.disk.toFixed(2),
      'cold dd / own': (cold.disk / cold.load.seconds).toFixed(2),
      'binary memory / matrix': (binaryLoad.bytes / matrixBytes).toFixed(3),
      'own memory / matrix': (ownLoad.bytes / matrixBytes).toFixed(3),
      ...(gensim && { 'gensim memory / matrix': (gensim.bytes / matrixBytes).toFixed(3) }),
    });
  }
  for (const name of Object.keys(rows[0]))
    console.log(`${name.padEnd(24)} ${rows.map((row) => row[name]).join('   ')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeBinary(path) {
  const file = openSync(path, 'w');
  writeSync(file, `${words} ${dimensions}\n`);
  const row = new Float32Array(dimensions);
  const parts = [];
  let state = 1;
  for (let id = 0; id < words; id++) {
    for (let d = 0; d < dimensions; d++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      row[d] = state / 2 ** 31;
    }
    // As in real vocabularies, some words are not ASCII.
    parts.push(
      Buffer.from(`${id % 50 === 0 ? 'é' : ''}word${id.toString(36)} `),
      Buffer.from(row.buffer.slice(0)),
      Buffer.from('\n'),
    );
    if (parts.length < 3000 && id < words - 1) continue;
    writeSync(file, Buffer.concat(parts));
    parts.length = 0;
  }
  closeSync(file);
}

function load(path, cold = false) {
  if (cold) dropFromCache(path);
  return run(process.execPath, [import.meta.filename, '--load', path]);
}

function loadInGensim(path) {
  const script = `import sys, time, json, re
from gensim.models import KeyedVectors
def peak():
    return 1024 * int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read()).group(1))
before = peak()
begin = time.time()
vectors = KeyedVectors.load_word2vec_format(sys.argv[1], binary=True)
seconds = time.time() - begin
print(json.dumps({'seconds': seconds, 'bytes': peak() - before}))`;
  return run('/usr/bin/python3', ['-c', script, path]);
}

function readByDd(path, cold) {
  if (cold) dropFromCache(path);
  const begin = performance.now();
  const { status } = spawnSync('dd', [`if=${path}`, 'of=/dev/null', 'bs=1M'], { stdio: 'ignore' });
  if (status !== 0) throw new Error('dd failed');
  return (performance.now() - begin) / 1000;
}

/** Of this file alone, what has been written before. */
function dropFromCache(path) {
  spawnSync('sync', [path]);
  spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
}

function run(command, args) {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
