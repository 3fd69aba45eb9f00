// Right files of each format, small ones, for test/fuzz-formats.mjs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Files by name; one whose name is '' is a file of its own. */
export function seeds({ MODEL_FORMATS, writeModel }, wanted) {
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
  const add = (format, files, kind = 'other') => found.push({ format, files, kind });
  for (const format of MODEL_FORMATS) {
    for (const [kind, contents] of Object.entries({ plain, full, supervised })) {
      const files = new Map();
      for (const [name, chunks] of writeModel(contents, format).files) files.set(name, Buffer.concat([...chunks]));
      add(format, files, kind);
    }
  }
  finalfusionSeeds(words, dimensions, vectors).forEach((contents, i) => {
    add('finalfusion', new Map([['', contents]]), i % 2 === 0 ? 'plain' : 'packed');
  });
  add('fasttext-binary', new Map([['', packedFastText()]]));
  add('ml5', new Map([['', Buffer.from('{"vectors": {"a": [1, 2], "b": [3, 4.5e-2], "c": [5, 6]}}')]]), 'plain');
  filesOfOtherTools((folder, contents) => add(folder, new Map([['', contents]])));
  return found.filter(({ format }) => wanted === undefined || format.includes(wanted));
}

/** The small files of gensim and finalfusion, where they are. */
function filesOfOtherTools(add) {
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
      if (statSync(path).size < 60_000) add(folder, readFileSync(path));
    }
  }
}

const int32 = (...numbers) => Buffer.from(Int32Array.from(numbers).buffer);
const int64 = (number) => Buffer.from(BigInt64Array.of(BigInt(number)).buffer);
const floats = (list) => Buffer.from(Float32Array.from(list).buffer);

function finalfusionSeeds(words, dimensions, vectors) {
  const strings = (list, tail = (_) => Buffer.alloc(0)) =>
    list.flatMap((text, i) => [int32(Buffer.byteLength(text)), Buffer.from(text), tail(i)]);
  /** @type {[number, Buffer[], number][]} */
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
