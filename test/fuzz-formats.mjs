// Damaged and hostile model files against every reader: each must end soon, with a model that is one or with a
// ModelFormatError, and take no memory that the file is not worth.
//
//     npm run fuzz -- --seconds 60 [--seed 1] [--format fasttext]
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string' },
    format: { type: 'string' },
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
const {
  loadModel,
  memoryFile,
  MODEL_FORMATS,
  ModelFormatError,
  predictLabels,
  readModel,
  readModelFolder,
  writeModel,
} = wordkin;

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

/** Files by name; one whose name is '' is a file of its own. */
function seeds() {
  const words = ['the', 'of', 'naïve', '苹果', '</s>', '🙂', 'New\u00a0York', 'x'];
  const dimensions = 3;
  const vectors = Float32Array.from({ length: words.length * dimensions }, (_, i) => Math.sin(i + 1));
  const options = { minNgram: 2, maxNgram: 3, buckets: 16 };
  const buckets = Uint32Array.from({ length: 16 }, (_, i) => i);
  const ngramVectors = Float32Array.from({ length: 16 * dimensions }, (_, i) => Math.cos(i));
  const plain = { words, dimensions, inputVectors: vectors };
  const full = {
    ...plain,
    outputVectors: vectors.map((value) => -value),
    counts: Float64Array.from(words, (_, i) => 100 - i),
    subwords: { options, buckets, vectors: ngramVectors },
    tokenizer: { name: 'words', version: 1, phrases: [[['new', 'york']]] },
    sentences: {
      weighting: 'sif',
      smoothing: 1e-3,
      weights: new Float32Array(words.length).fill(0.5),
      unknownWeight: 1,
      unitWords: true,
      normalize: true,
      sentences: 10,
      components: Float32Array.of(1, 0, 0),
      componentShares: Float32Array.of(1),
      projection: Float32Array.of(0, 1, 0, 0, 0, 1),
    },
    training: { options: { loss: 'negative-sampling', algorithm: 'skip-gram' } },
  };
  const labels = ['__label__a', '__label__b', '__label__c'];
  const classifier = {
    labels,
    labelCounts: Float64Array.of(5, 3, 2),
    labelVectors: Float32Array.from({ length: 3 * dimensions }, (_, i) => i / 9),
    loss: 'hierarchical-softmax',
    wordNgrams: 2,
  };
  const supervised = { ...full, outputVectors: undefined, classifier };
  const found = [];
  const add = (format, files) => found.push({ format, files });
  for (const format of MODEL_FORMATS) {
    for (const contents of [plain, full, supervised]) {
      const list = [...writeModel(contents, format).files].map(([name, chunks]) => [name, Buffer.concat([...chunks])]);
      add(format, new Map(list));
    }
  }
  for (const contents of finalfusionSeeds(words, dimensions, vectors)) add('finalfusion', new Map([['', contents]]));
  add('fasttext-binary', new Map([['', packedFastText()]]));
  add('ml5', new Map([['', Buffer.from('{"vectors": {"a": [1, 2], "b": [3, 4.5e-2]}}')]]));
  const shared = resolve(import.meta.dirname, '../../shared/data/models');
  for (const folder of ['gensim-fixtures', 'finalfusion-fixtures']) {
    let names = [];
    try {
      names = readdirSync(join(shared, folder));
    } catch {
      // the data of other tools is not everywhere
    }
    for (const name of names.filter((entry) => !/^(LICENSE|COPYING)/.test(entry))) {
      const path = join(shared, folder, name);
      if (statSync(path).size < 60_000) add(folder, new Map([['', readFileSync(path)]]));
    }
  }
  return found.filter(({ format }) => values.format === undefined || format.includes(values.format));
}

const int32 = (...numbers) => Buffer.from(Int32Array.from(numbers).buffer);
const int64 = (number) => Buffer.from(BigInt64Array.of(BigInt(number)).buffer);
const floats = (list) => Buffer.from(Float32Array.from(list).buffer);

function finalfusionSeeds(words, dimensions, vectors) {
  const strings = (list, tail = () => Buffer.alloc(0)) =>
    list.flatMap((text, i) => [int32(Buffer.byteLength(text)), Buffer.from(text), tail(i)]);
  const vocabularies = [
    [1, [int64(words.length), ...strings(words)], 0],
    [3, [int64(words.length), int32(3, 4, 2), ...strings(words)], 4],
    [7, [int64(words.length), int32(3, 4, 5), ...strings(words)], 5],
    [
      8,
      [int64(words.length), int64(2), int32(3, 4), ...strings(words), ...strings(['<th', 'he>'], (i) => int64(i))],
      2,
    ],
  ];
  return vocabularies.flatMap(([kind, parts, extra]) => {
    const rows = words.length + extra;
    const values = [...vectors, ...Array(extra * dimensions).fill(0.25)];
    return [false, true].map((packed) => {
      const file = [Buffer.from('FiFu'), int32(0, 3), int32(kind, packed ? 4 : 2, 6)];
      const offset = () => file.reduce((sum, { length }) => sum + length, 0);
      const vocabulary = Buffer.concat(parts);
      file.push(int32(kind), int64(vocabulary.length), vocabulary);
      const chunk = (id, head, tail) => {
        const padding = Buffer.alloc(4 - ((offset() + 12 + head.length) % 4));
        file.push(int32(id), int64(head.length + padding.length + tail.length), head, padding, tail);
      };
      if (packed) {
        const head = Buffer.concat([int32(1, 1, dimensions, dimensions, 2), int64(rows), int32(1, 10)]);
        const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
        const centroids = Array.from({ length: 2 * dimensions }, (_, i) => i / 7);
        const codes = Buffer.from(Array.from({ length: rows * dimensions }, (_, i) => i % 2));
        chunk(4, head, Buffer.concat([floats(identity), floats(centroids), floats(Array(rows).fill(2)), codes]));
      } else chunk(2, Buffer.concat([int64(rows), int32(dimensions, 10)]), floats(values));
      chunk(6, Buffer.concat([int64(words.length), int32(10)]), floats(words.map((_, i) => i + 1)));
      return Buffer.concat(file);
    });
  });
}

/** A supervised model, packed and pruned, as `fasttext quantize` writes it. */
function packedFastText() {
  const rows = 5;
  const entry = (text, count, type) =>
    Buffer.concat([Buffer.from(text), Buffer.from([0]), int64(count), Buffer.from([type])]);
  const quantizer = (dimensions, parts, length, last) =>
    Buffer.concat([
      int32(dimensions, parts, length, last),
      floats(Array.from({ length: 256 * dimensions }, (_, i) => (i % 17) / 9)),
    ]);
  return Buffer.concat([
    int32(793712314, 12, 3, 5, 5, 1, 5, 2, 1, 3, 20, 2, 3, 100),
    Buffer.from(Float64Array.of(1e-4).buffer),
    int32(5, 3, 2),
    int64(30),
    int64(2),
    entry('</s>', 9, 0),
    entry('the', 8, 0),
    entry('苹果', 7, 0),
    entry('__label__a', 4, 1),
    entry('__label__b', 2, 1),
    int32(3, 0, 11, 1),
    Buffer.from([1, 1]),
    int64(rows),
    int64(3),
    int32(2 * rows),
    Buffer.from(Array.from({ length: 2 * rows }, (_, i) => 7 * i)),
    quantizer(3, 2, 2, 1),
    Buffer.from(Array.from({ length: rows }, (_, i) => i)),
    quantizer(1, 1, 1, 1),
    Buffer.from([0]),
    int64(2),
    int64(3),
    floats([1, 2, 3, 4, 5, 6]),
  ]);
}

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
const all = seeds();
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

const counts = { read: 0, refused: 0 };
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
  await read(entry.files, {}).then(check, (error) => report('A whole model is refused', entry, error));
}
for (let iteration = 0; performance.now() - begin < 1000 * Number(values.seconds) && failures < 10; iteration++) {
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
const total = counts.read + counts.refused;
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
