// Damaged and hostile model files against every reader: each must end soon, with a model that is one or with a
// ModelFormatError, and take no memory that the file is not worth. And right files that are changed in a single place: each must
// be refused, or read with a warning, or with all other rows as they were.
//
//     npm run fuzz -- --seconds 60 [--files 0] [--seed 1] [--format fasttext] [--only single]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { seeds } from './fuzz-seeds.mjs';
import { changeOnce, silentDamage } from './fuzz-single-change.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    // At least so many, also where they take longer.
    files: { type: 'string', default: '0' },
    seed: { type: 'string' },
    format: { type: 'string' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

// Memory is watched where it is asked for: allocations by length, before the library is loaded.
let largest = 0;
for (const name of ['Uint8Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array']) {
  const original = globalThis[name];
  globalThis[name] = new Proxy(original, {
    construct(target, args, newTarget) {
      const [first] = args;
      const length = typeof first === 'number' ? first : typeof first?.length === 'number' ? first.length : 0;
      largest = Math.max(largest, length * target.BYTES_PER_ELEMENT);
      return Reflect.construct(target, args, newTarget === globalThis[name] ? target : newTarget);
    },
  });
}
const wordkin = await import('wordkin');
const { loadModel, memoryFile, ModelFormatError, predictLabels, readModel, readModelFolder } = wordkin;

/** What `limitUnpacked` and `allocateFloats` allow for files as small as these, and a little for readers' buffers. */
const MOST_BYTES = 2 ** 26 + 2 ** 21;
const MOST_MILLISECONDS = 5000;

/** Mulberry32: small, and the same everywhere. */
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const NUMBERS = [0, 1, -1, 2, 255, 256, 65535, 2 ** 24, 2 ** 31 - 1, -(2 ** 31), 1000, 100_000];
const DIGITS = ['0', '-1', '2147483648', '99999999999999999999', '1e999', 'nan', '.', '-', ''];

function mutate(bytes, all) {
  let result = Buffer.from(bytes);
  for (let times = 1 + below(4); times > 0 && result.length > 0; times--) {
    // Headers decide more than values do.
    const at = random() < 0.5 ? below(Math.min(result.length, 120)) : below(result.length);
    const end = Math.min(result.length, at + 1 + below(40));
    switch (below(11)) {
      case 0:
        result = result.subarray(0, at);
        break;
      case 1:
        result[at] ^= 1 << below(8);
        break;
      case 2:
        result[at] = pick([0, 1, 10, 13, 32, 127, 128, 255, below(256)]);
        break;
      case 3:
        if (at + 4 <= result.length) result.writeInt32LE(pick(NUMBERS), at);
        break;
      case 4:
        if (at + 8 <= result.length)
          result.writeBigInt64LE(pick([-1n, 0n, 2n ** 31n, 2n ** 40n, 2n ** 53n, 2n ** 62n, -(2n ** 63n), 3n]), at);
        break;
      case 5:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at, end), result.subarray(at)]);
        break;
      case 6:
        result = Buffer.concat([result.subarray(0, at), result.subarray(end)]);
        break;
      case 7: {
        const other = pick(all);
        result = Buffer.concat([result.subarray(0, at), other.subarray(below(other.length))]);
        break;
      }
      case 8: {
        // Numbers that are written in digits.
        const text = result.toString('latin1');
        const places = [...text.slice(0, 20_000).matchAll(/\d+/g)];
        if (places.length === 0) break;
        const { index, 0: digits } = pick(places.slice(0, random() < 0.5 ? 6 : undefined));
        result = Buffer.from(
          text.slice(0, index) + pick([...DIGITS, String(below(200))]) + text.slice(index + digits.length),
          'latin1',
        );
        break;
      }
      case 9:
        result = Buffer.concat([result, Buffer.alloc(1 + below(3000), below(256))]);
        break;
      case 10:
        result = Buffer.concat([result.subarray(0, at), Buffer.alloc(1 + below(300), below(256)), result.subarray(at)]);
        break;
    }
  }
  return result;
}

function check(model) {
  const { words, dimensions, contents } = model;
  if (words.length < 1 || dimensions < 1) throw new Error('a model without words');
  if (contents.inputVectors.length !== words.length * dimensions) throw new Error('vectors do not fit');
  for (const values of [contents.counts])
    if (values && values.length !== words.length) throw new Error('counts do not fit');
  const { outputVectors, subwords, sentences } = contents;
  if (outputVectors && outputVectors.length !== words.length * dimensions) throw new Error('output vectors do not fit');
  if (subwords && subwords.vectors.length !== subwords.buckets.length * dimensions)
    throw new Error('n-grams do not fit');
  if (sentences?.weights && sentences.weights.length !== words.length) throw new Error('weights do not fit');
  for (let id = 0; id < words.length; id += 1 + (words.length >> 6)) {
    if (model.find(words[id]) !== id) throw new Error(`word ${id} is there twice`);
  }
  for (const word of ['unheard-of', '苹果树', '', '</s>']) {
    const vector = model.findVector(word);
    if (vector && vector.length !== dimensions) throw new Error('a vector of another length');
  }
  if (contents.classifier) predictLabels(model, 'the unheard-of 苹果', { count: 3 });
}

const folder = mkdtempSync(join(tmpdir(), 'wordkin-fuzz-'));
const all = seeds(wordkin, values.format);
const bytesOfAll = all.flatMap(({ files }) => [...files.values()]).filter(({ length }) => length > 0);
const asFolder = (files) => ({
  name: 'fuzzed',
  open: async (name) => (files.has(name) ? memoryFile(files.get(name), name) : undefined),
});

function read(files, options) {
  if (files.has('')) return readModel(memoryFile(files.get(''), 'fuzzed'), options);
  if (files.has('.npy')) {
    const beside = new Map([['fuzzed.words.txt', files.get('.words.txt')]]);
    return readModel(memoryFile(files.get('.npy'), 'fuzzed.npy'), { ...options, folder: asFolder(beside) });
  }
  return readModelFolder(asFolder(files), options);
}

const counts = { read: 0, refused: 0, single: 0, singleRefused: 0, singleTold: 0 };
const byFormat = {};
let failures = 0;
let slowest = 0;
const begin = performance.now();
const report = (what, { format, files }, error) => {
  failures++;
  const path = join(tmpdir(), `wordkin-fuzz-failure-${seed}-${failures}`);
  for (const [name, bytes] of files) writeFileSync(`${path}-${name.replaceAll(/[^\w.]/g, '_')}`, bytes);
  console.error(`${what} (${format}, seed ${seed}, files at ${path}-*): ${error?.stack ?? error ?? ''}`);
};

// What is whole must be read, every time.
for (const entry of all.filter(({ format }) => !format.includes('fixtures'))) {
  try {
    const model = await read(entry.files, {});
    check(model);
    if (model.contents.warnings?.length > 0) report('A whole model has a warning', entry, model.contents.warnings);
    entry.model = model;
  } catch (error) {
    report('A whole model is refused', entry, error);
  }
}
const judged = all.filter(({ kind, format }) => kind === 'plain' || (kind === 'full' && format !== 'fasttext-binary'));

/** A right file with a single change. */
async function tryChange() {
  const entry = pick(judged);
  const files = new Map(entry.files);
  const name = pick([...files.keys()]);
  const { bytes, what } = changeOnce(files.get(name), { below, pick }, entry.format === 'fasttext-binary' ? 64 : 0);
  if (bytes.equals(files.get(name))) return;
  files.set(name, bytes);
  const verify = entry.format === 'safetensors' && random() < 0.5;
  counts.single++;
  let model;
  try {
    model = await read(files, { verify });
  } catch (error) {
    counts.singleRefused++;
    if (!(error instanceof ModelFormatError)) report('Not a ModelFormatError', { format: entry.format, files }, error);
    return;
  }
  if (verify && !model.contents.warnings?.length)
    report(`Verified, although ${what} in ${name}`, { format: entry.format, files });
  if (model.contents.warnings?.length > 0) {
    counts.singleTold++;
    return;
  }
  // In our own format a number may be the border of two words; only the hash of its content tells of it.
  const damage = silentDamage(entry.model, model, entry.format === 'safetensors' ? 2 : 1);
  if (damage)
    report(`${damage}, without a word, after ${what} in ${name || 'the file'}`, { format: entry.format, files });
}

const goesOn = (iteration) =>
  performance.now() - begin < 1000 * Number(values.seconds) || iteration < Number(values.files);
for (let iteration = 0; goesOn(iteration) && failures < 10; iteration++) {
  if (values.only === 'single' || random() < 0.3) {
    await tryChange();
    continue;
  }
  const { format, files: whole } = pick(all);
  const files = new Map(whole);
  const name = pick([...files.keys()]);
  files.set(name, mutate(files.get(name), bytesOfAll));
  const options = { limit: random() < 0.2 ? 1 + below(10) : undefined };
  const started = process.cpuUsage(); // not what other programs take
  largest = 0;
  try {
    let model;
    if (iteration % 200 === 199 && files.has('')) {
      // Compressed files, damaged within and without.
      const packed = gzipSync(files.get(''));
      const path = join(folder, 'packed');
      writeFileSync(path, random() < 0.5 ? packed : mutate(packed, bytesOfAll));
      model = await loadModel(path, options);
    } else model = await read(files, options);
    check(model);
    counts.read++;
  } catch (error) {
    if (error instanceof ModelFormatError) counts.refused++;
    else report('Not a ModelFormatError', { format, files }, error);
  }
  const { user, system } = process.cpuUsage(started);
  const milliseconds = (user + system) / 1000;
  slowest = Math.max(slowest, milliseconds);
  const size = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (milliseconds > MOST_MILLISECONDS) report(`Took ${Math.round(milliseconds)} ms`, { format, files });
  if (largest > MOST_BYTES + 64 * size) report(`Asked for ${largest} bytes, the file has ${size}`, { format, files });
  byFormat[format] = (byFormat[format] ?? 0) + 1;
}
rmSync(folder, { recursive: true, force: true });
const total = counts.read + counts.refused + counts.single;
console.log(
  JSON.stringify({
    seed,
    seconds: Math.round((performance.now() - begin) / 1000),
    iterations: total,
    ...counts,
    slowest: Math.round(slowest),
    failures,
    byFormat,
  }),
);
process.exitCode = failures > 0 ? 1 : 0;
