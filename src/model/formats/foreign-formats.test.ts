import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../node/load-tokenizer.ts';
import { loadModel } from '../../node/model-files.ts';
import { SentenceEncoder } from '../../sentences/sentence-encoder.ts';
import { type EmbeddingModel, floatContents, type ModelContents } from '../embedding-model.ts';
import { predictLabels } from '../predict-labels.ts';
import { type ModelFolder, memoryFile } from './model-file.ts';
import { type ReadModelOptions, readModel, readModelFolder } from './read-model.ts';
import { writeFastText } from './write-fasttext.ts';
import { lossesIn, MODEL_FORMATS, writeModel } from './write-model.ts';
import { writeNumpy } from './write-numpy.ts';
import { writeSafetensors } from './write-wordkin.ts';

const shared = new URL('../../../../shared/data/models/', import.meta.url).pathname;
const text = (value: string) => new TextEncoder().encode(value);
const int32 = (...numbers: number[]) => Buffer.from(Int32Array.from(numbers).buffer);
const int64 = (...numbers: number[]) => Buffer.from(BigInt64Array.from(numbers, BigInt).buffer);
const floats = (...numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer);
const joined = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]);

function folderOf(files: Record<string, Uint8Array>): ModelFolder {
  return {
    name: 'test',
    open: async (name) => (Object.hasOwn(files, name) ? memoryFile(files[name], name) : undefined),
  };
}

/** What a model gives when it is written in a format and read. */
async function roundTrip(contents: ModelContents, format: (typeof MODEL_FORMATS)[number], options?: ReadModelOptions) {
  const files = Object.fromEntries(
    [...writeModel(contents, format).files].map(([name, chunks]) => [name, joined(chunks)]),
  );
  if (files['']) return readModel(memoryFile(files[''], 'test'), options);
  if (files['.npy']) {
    const folder = folderOf({ 'test.words.txt': files['.words.txt'] });
    return readModel(memoryFile(files['.npy'], 'test.npy'), { ...options, folder });
  }
  return readModelFolder(folderOf(files), options);
}

const word = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('a', 'b', 'é', '苹', '🙂', '0', '-'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 7,
  })
  .filter(
    (value) =>
      !/[\s\0\ufffd\ud800-\udfff]/.test(value.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')) && value.trim() !== '',
  );
const value = fc.float({ min: -1000, max: 1000, noNaN: true }).map(Math.fround);
const someContents = fc.integer({ min: 1, max: 7 }).chain((dimensions) =>
  fc.uniqueArray(word, { minLength: 1, maxLength: 12 }).chain((words) =>
    fc
      .record({
        values: fc.array(value, { minLength: words.length * dimensions, maxLength: words.length * dimensions }),
        counts: fc.option(
          fc.array(fc.integer({ min: 2, max: 1e9 }), { minLength: words.length, maxLength: words.length }),
        ),
      })
      .map(
        ({ values, counts }): ModelContents => ({
          words,
          dimensions,
          inputVectors: Float32Array.from(values),
          ...(counts && { counts: Float64Array.from(counts) }),
        }),
      ),
  ),
);

describe.each(MODEL_FORMATS)('%s', (format) => {
  it('gives back words and vectors to the last bit, and the first of them alone', async () => {
    await fc.assert(
      fc.asyncProperty(someContents, fc.integer({ min: 1, max: 14 }), async (contents, limit) => {
        const { words, dimensions, inputVectors, counts } = contents;
        const back = await roundTrip(contents, format);
        expect(back.words).toEqual(words);
        expect(back.dimensions).toBe(dimensions);
        expect(floatContents(back.contents).inputVectors.every((got, i) => got === inputVectors[i])).toBe(true);
        const loses = lossesIn(contents, format).some((loss) => loss.includes('counts'));
        expect(back.contents.counts).toEqual(loses ? undefined : counts);
        const few = await roundTrip(contents, format, { limit });
        expect(few.words).toEqual(words.slice(0, limit));
        expect([...floatContents(few.contents).inputVectors]).toEqual([
          ...floatContents(back.contents).inputVectors.subarray(0, few.size * dimensions),
        ]);
      }),
      {
        numRuns: 60,
        // A value whose bytes may be taken for the rest of a word that holds a space.
        examples: [
          [
            { words: ['a', '-苹', '-ᬈ'], dimensions: 1, inputVectors: Float32Array.of(0, 1.3910241411967362e-19, 0) },
            1,
          ],
        ],
      },
    );
  });
});

describe('fastText .bin', () => {
  const subwords = {
    options: { minNgram: 2, maxNgram: 3, buckets: 8 },
    buckets: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    vectors: Float32Array.from({ length: 16 }, (_, i) => i / 4 - 1),
  };

  it('gives back n-grams, output vectors and counts, and word vectors but for the last bits', async () => {
    await fc.assert(
      fc.asyncProperty(someContents, async (contents) => {
        const { dimensions, words } = contents;
        const vectors = Float32Array.from({ length: 8 * dimensions }, (_, i) => Math.sin(i));
        const model = { ...contents, subwords: { ...subwords, vectors }, outputVectors: contents.inputVectors };
        const back = floatContents((await roundTrip(model, 'fasttext-binary')).contents);
        expect(back.words).toEqual(words);
        expect(back.subwords).toEqual(model.subwords);
        expect(back.outputVectors).toEqual(model.outputVectors);
        const isNear = (got: number, i: number) =>
          Math.abs(got - model.inputVectors[i]) < 1e-4 + 1e-5 * Math.abs(model.inputVectors[i]);
        expect(back.inputVectors.every(isNear)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  // One word "ab" of two dimensions, n-grams of two characters: "<a", "ab", "b>" in buckets by fastText's hash.
  const entry = (word: string, count: number, type: number) =>
    Buffer.concat([text(word), Buffer.from([0]), int64(count), Buffer.from([type])]);
  const options = (overrides: Record<string, number> = {}) => {
    const all = {
      dim: 2,
      ws: 5,
      epoch: 5,
      minCount: 1,
      neg: 5,
      wordNgrams: 1,
      loss: 2,
      model: 2,
      bucket: 4,
      minn: 2,
      maxn: 2,
      rate: 100,
    };
    return Buffer.concat([
      int32(...Object.values({ ...all, ...overrides })),
      Buffer.from(Float64Array.of(1e-4).buffer),
    ]);
  };
  const own = [12, 8];
  const rows = floats(...own, 1, 10, 2, 20, 3, 30, 4, 40);
  const output = floats(5, 6);

  it('reads the layout of all ages, worked by hand', async () => {
    const hash = (ngram: string) =>
      [...text(ngram)].reduce((h, byte) => Math.imul(h ^ ((byte << 24) >> 24), 16777619), 2166136261) >>> 0;
    const buckets = ['<a', 'ab', 'b>'].map((ngram) => hash(ngram) % 4);
    const expected = [0, 1].map(
      (d) => (own[d] + buckets.reduce((sum, bucket) => sum + (bucket + 1) * (d === 0 ? 1 : 10), 0)) / 4,
    );
    const vocabulary = [int32(1, 1, 0), int64(7)];
    const files = {
      'without a magic number': [options(), ...vocabulary, entry('ab', 7, 0), int64(5, 2), rows, int64(1, 2), output],
      'version 11': [
        int32(793712314, 11),
        options(),
        ...vocabulary,
        int64(-1),
        entry('ab', 7, 0),
        Buffer.from([0]),
        int64(5, 2),
        rows,
        Buffer.from([0]),
        int64(1, 2),
        output,
      ],
      'version 12': [
        int32(793712314, 12),
        options(),
        ...vocabulary,
        int64(-1),
        entry('ab', 7, 0),
        Buffer.from([0]),
        int64(5, 2),
        rows,
        Buffer.from([0]),
        int64(1, 2),
        output,
      ],
    };
    for (const parts of Object.values(files)) {
      const bytes = Buffer.concat(parts);
      const model = await readModel(memoryFile(bytes, 'test'));
      expect([...model.vector('ab')]).toEqual(expected.map(Math.fround));
      expect(model.contents).toMatchObject({ counts: Float64Array.of(7), outputVectors: Float32Array.of(5, 6) });
      // An unknown word is the mean of its n-grams alone: "<b" and "b>".
      const [first, second] = ['<b', 'b>'].map((ngram) => (hash(ngram) % 4) + 1);
      expect([...model.vector('b')]).toEqual([(first + second) / 2, 5 * (first + second)]);
      for (let length = 1; length < bytes.length; length++)
        await expect(readModel(memoryFile(bytes.subarray(0, length), 'test'))).rejects.toThrow(
          'Cannot read model "test"',
        );
    }
    await expect(readModel(memoryFile(Buffer.concat([int32(793712314, 13), options()]), 'test'))).rejects.toThrow(
      "it is of fastText's file version 13; 11 and 12 are known",
    );
  });

  it('unpacks product quantisation with norms and pruned n-grams, worked by hand', async () => {
    const centroids = (length: number) => floats(...Array.from({ length }, (_, i) => i));
    const bytes = Buffer.concat([
      int32(793712314, 12),
      options({ dim: 3, model: 3, loss: 3 }),
      int32(2, 1, 1),
      int64(9, 1),
      entry('ab', 9, 0),
      entry('__label__x', 9, 1),
      int32(2, 0), // bucket 2 has the first row behind the words
      Buffer.from([1, 1]),
      int64(2, 3),
      int32(4),
      Buffer.from([5, 7, 9, 11]), // two parts a row: dimensions 0 and 1, and 2
      int32(3, 2, 2, 1),
      centroids(768),
      Buffer.from([2, 3]),
      int32(1, 1, 1, 1),
      centroids(256),
      Buffer.from([0]),
      int64(1, 3),
      floats(1, 0, 0),
    ]);
    const model = await readModel(memoryFile(bytes, 'test'));
    // Part 0 is centroids 2 i and 2 i + 1, part 1 is 512 + i; row 0 is twice, row 1 three times as long.
    const ownRow = [2 * 10, 2 * 11, 2 * (512 + 7)];
    const ngram = [3 * 18, 3 * 19, 3 * (512 + 11)];
    expect([...floatContents(model.contents).subwords!.vectors]).toEqual(ngram);
    const hash = (of: string) => [...text(of)].reduce((h, byte) => Math.imul(h ^ byte, 16777619), 2166136261) >>> 0;
    const found = ['<a', 'ab', 'b>'].filter((of) => hash(of) % 4 === 2).length;
    const mean = ownRow.map((x, d) => Math.fround((x + found * ngram[d]) * Math.fround(1 / (1 + found))));
    expect([...model.vector('ab')]).toEqual(mean);
    expect(predictLabels(model, 'ab')).toEqual([{ label: '__label__x', probability: 1 + 1e-5 }]);
    expect((await readModel(memoryFile(bytes, 'test'), { limit: 1 })).contents.classifier).toBeDefined();
  });

  it('refuses sizes that cannot be', async () => {
    const start = Buffer.concat([int32(793712314, 12), options()]);
    const read = (...parts: Buffer[]) => readModel(memoryFile(Buffer.concat([start, ...parts]), 'test'));
    await expect(read(int32(2 ** 31 - 1, 2 ** 31 - 1, 0), int64(1, -1))).rejects.toThrow(
      'a vocabulary of 2147483647 entries needs',
    );
    await expect(read(int32(1, -1, 2), int64(1, -1))).rejects.toThrow('it promises 1 entries, -1 words and 2 labels');
    const vocabulary = [int32(1, 1, 0), int64(7, -1), entry('ab', 7, 0), Buffer.from([0])];
    await expect(read(...vocabulary, int64(2 ** 40, 2), rows)).rejects.toThrow('1099511627776 × 2, needs');
    await expect(read(...vocabulary, int64(5, 3), rows)).rejects.toThrow('3 dimensions, its header says 2');
    await expect(read(...vocabulary, int64(3, 2), rows)).rejects.toThrow(
      'it has 1 words, 4 buckets of n-grams and vectors for 3',
    );
    await expect(read(int32(1, 1, 0), int64(7, 2 ** 50), entry('ab', 7, 0))).rejects.toThrow(
      'a list of 1125899906842624 n-grams needs',
    );
  });

  it('refuses to write what it cannot hold, and says what is lost', () => {
    const contents = { words: ['a\0b'], dimensions: 1, inputVectors: Float32Array.of(1) };
    expect(() => joined(writeFastText(contents))).toThrow('Cannot write word "a\\u0000b"');
    const hashed = { ...subwords, options: { ...subwords.options, hash: 'finalfusion' as const } };
    expect(lossesIn({ ...contents, subwords: hashed }, 'fasttext-binary')[0]).toContain('no hash of fastText');
    expect(lossesIn({ ...contents, subwords }, 'fasttext-binary')).toEqual([]);
  });
});

describe('finalfusion', () => {
  const words = ['Berlin', 'é'];
  const string = (value: string) => Buffer.concat([int32(text(value).length), text(value)]);
  /** Padding of one to four bytes before the values, as finalfusion has it. */
  function file(chunks: [kind: number, head: Buffer, tail?: Buffer][]): Buffer {
    let bytes = Buffer.concat([text('FiFu'), int32(0, chunks.length, ...chunks.map(([kind]) => kind))]);
    for (const [kind, head, tail] of chunks) {
      const padding = tail ? Buffer.alloc(4 - ((bytes.length + 12 + head.length) % 4)) : Buffer.alloc(0);
      const content = Buffer.concat([head, padding, tail ?? Buffer.alloc(0)]);
      bytes = Buffer.concat([bytes, int32(kind), int64(content.length), content]);
    }
    return bytes;
  }
  const norms: [number, Buffer, Buffer] = [6, Buffer.concat([int64(2), int32(10)]), floats(2, 3)];
  const array = (...values: number[]): [number, Buffer, Buffer] => [
    2,
    Buffer.concat([int64(values.length / 2), int32(2, 10)]),
    floats(...values),
  ];
  const read = (bytes: Buffer, options?: ReadModelOptions) => readModel(memoryFile(bytes, 'test'), options);

  it('reads words and vectors, and multiplies the lengths back', async () => {
    const vocabulary: [number, Buffer] = [1, Buffer.concat([int64(2), ...words.map(string)])];
    const metadata: [number, Buffer] = [5, Buffer.from('a = 1')];
    const bytes = file([metadata, vocabulary, array(1, 0, 0.6, 0.8), norms]);
    const model = await read(bytes);
    expect(model.words).toEqual(words);
    expect(model.contents.inputVectors).toEqual(Float32Array.of(2, 0, 3 * Math.fround(0.6), 3 * Math.fround(0.8)));
    expect(model.contents.training).toEqual({ tool: 'finalfusion', metadata: 'a = 1' });
    expect((await read(bytes, { limit: 1 })).contents.inputVectors).toEqual(Float32Array.of(2, 0));
    for (let length = 1; length < bytes.length; length++) {
      await expect(read(bytes.subarray(0, length))).rejects.toThrow('Cannot read model "test"');
    }
  });

  it('makes unknown words of its n-grams: by its own hash, by that of fastText, by a list', async () => {
    const common = Buffer.concat(words.map(string));
    const cases: [kind: number, head: Buffer, rows: number, row: (ngram: string) => number | undefined][] = [
      [3, Buffer.concat([int64(2), int32(3, 3, 1), common]), 2, (ngram) => finalfusionHash(ngram) % 2],
      [7, Buffer.concat([int64(2), int32(3, 3, 3), common]), 3, (ngram) => fastTextHash(ngram) % 3],
      [
        8,
        Buffer.concat([
          int64(2, 3),
          int32(3, 3),
          common,
          string('<xy'),
          int64(70),
          string('xyz'),
          int64(9),
          string('yz>'),
          int64(70),
        ]),
        2,
        (ngram) => ({ '<xy': 0, xyz: 1, 'yz>': 0 })[ngram],
      ],
    ];
    for (const [kind, head, count, row] of cases) {
      const ngramRows = Array.from({ length: 2 * count }, (_, i) => i + 1);
      const model = await read(file([[kind, head], array(1, 0, 0, 1, ...ngramRows), norms]));
      const found = ['<xy', 'xyz', 'yz>'].map(row);
      const mean = [0, 1].map((d) => found.reduce<number>((sum, index) => sum + ngramRows[2 * index! + d], 0) / 3);
      expect([...model.vector('xyz')]).toEqual(mean.map(Math.fround));
      // Our own format keeps them.
      const back = await read(joined(writeSafetensors(model.contents)));
      expect(back.vector('xyz')).toEqual(model.vector('xyz'));
    }
  });

  // As 64 bits, so that it is another computation than ours.
  function finalfusionHash(ngram: string): number {
    let hash = 0xcbf29ce484222325n;
    const add = (number: number, bytes: number) => {
      for (let i = 0; i < bytes; i++)
        hash = BigInt.asUintN(64, (hash ^ ((BigInt(number) >> BigInt(8 * i)) & 255n)) * 0x100000001b3n);
    };
    add([...ngram].length, 8);
    for (const character of ngram) add(character.codePointAt(0)!, 4);
    return Number(hash & 0xffffffn);
  }
  function fastTextHash(ngram: string): number {
    return [...text(ngram)].reduce((h, byte) => Math.imul(h ^ ((byte << 24) >> 24), 16777619), 2166136261) >>> 0;
  }

  it('unpacks quantised vectors, rotated and with lengths, worked by hand', async () => {
    const vocabulary: [number, Buffer] = [1, Buffer.concat([int64(2), ...words.map(string)])];
    const head = Buffer.concat([int32(1, 1, 2, 2, 3), int64(2), int32(1, 10)]);
    // Rotation ((0, 1), (−1, 0)): (x, y) becomes (y, −x).
    const tail = Buffer.concat([
      floats(0, 1, -1, 0),
      floats(1, 2, 3, 10, 20, 30),
      floats(2, 0.5),
      Buffer.from([0, 2, 1, 0]),
    ]);
    const model = await read(file([vocabulary, [4, head, tail]]));
    expect(model.contents.inputVectors).toEqual(Float32Array.of(2 * 30, -2 * 1, 0.5 * 10, -0.5 * 2));
    tail[tail.length - 1] = 3;
    await expect(read(file([vocabulary, [4, head, tail]]))).rejects.toThrow('row 1 has the code 3 of 3');
  });

  it('refuses floret and what contradicts itself', async () => {
    await expect(read(file([[9, Buffer.alloc(8)]]))).rejects.toThrow('its vocabulary is that of floret');
    const vocabulary: [number, Buffer] = [1, Buffer.concat([int64(2), ...words.map(string)])];
    await expect(read(file([vocabulary, array(1, 0)]))).rejects.toThrow(
      'it has 2 words and 0 rows of n-grams, and vectors for 1',
    );
    await expect(read(file([[1, Buffer.concat([int64(2 ** 50)])]]))).rejects.toThrow('needs 4503.6 TB');
    await expect(read(file([array(1, 0)]))).rejects.toThrow('its vectors come before its vocabulary');
    await expect(
      read(file([[1, Buffer.concat([int64(2), string('a'), string('a')])], array(1, 0, 0, 1)])),
    ).rejects.toThrow('some word is there twice');
  });
});

describe('NumPy', () => {
  const header = (description: string, version = 1) => {
    const length = version === 1 ? Buffer.from(Uint16Array.of(description.length).buffer) : int32(description.length);
    return Buffer.concat([Buffer.from([0x93]), text('NUMPY'), Buffer.from([version, 0]), length, text(description)]);
  };
  const array = (type: string, values: Buffer, version = 1, shape = '(2, 2)') =>
    Buffer.concat([header(`{'descr': '${type}', 'fortran_order': False, 'shape': ${shape}, }\n`, version), values]);
  const read = (bytes: Buffer, words = 'a\nb\n', name = 'x.words.txt', options?: ReadModelOptions) =>
    readModel(memoryFile(bytes, '/some/x.npy'), { ...options, folder: folderOf({ [name]: text(words) }) });

  it('reads single, double and half precision, both versions, words from a file or given', async () => {
    const expected = Float32Array.of(1, -0.5, 65504, 2 ** -24);
    const half = Buffer.from(Uint16Array.of(0x3c00, 0xb800, 0x7bff, 0x0001).buffer);
    const double = Buffer.from(Float64Array.from(expected).buffer);
    for (const bytes of [
      array('<f4', floats(...expected)),
      array('<f8', double),
      array('<f2', half),
      array('<f4', floats(...expected), 2),
    ]) {
      expect((await read(bytes)).contents).toMatchObject({ words: ['a', 'b'], inputVectors: expected });
      expect((await read(bytes, 'a\r\nb', 'x.txt')).words).toEqual(['a', 'b']);
      expect((await read(bytes, '', 'none', { words: ['c', 'd'] })).words).toEqual(['c', 'd']);
      expect((await read(bytes, 'a\nb', 'x.txt', { limit: 1 })).contents.inputVectors).toEqual(expected.subarray(0, 2));
    }
    const twice = await read(array('<f4', floats(1, 2, 3, 4, 5, 6), 1, '(3, 2)'), 'a\na\nb\n');
    expect(twice.contents).toMatchObject({ words: ['a', 'b'], inputVectors: Float32Array.of(1, 2, 5, 6) });
  });

  it.each([
    'a 7\nb 3\nc 1\n',
    '0\ta\n1\tb\n2\tc\n',
    'a 0.1 0.2\nb 0.2 0.3\nc 0.3 0.4\n',
    '"a",\n"b",\n"c",\n',
    'a \nb \nc \n',
  ])('tells of words with something beside them: %j', async (words) => {
    const bytes = array('<f4', floats(1, 2, 3, 4, 5, 6), 1, '(3, 2)');
    expect((await read(bytes, words)).contents.warnings?.[0]).toContain('all words have marks or are numbers');
  });

  it('refuses other orders, types, shapes, and words that do not fit', async () => {
    const values = floats(1, 2, 3, 4);
    const fortran = Buffer.concat([header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n"), values]);
    await expect(read(fortran)).rejects.toThrow('it is in Fortran order');
    await expect(read(array('<i8', values))).rejects.toThrow('its values are of type <i8');
    await expect(read(array('<f4', values, 1, '(4,)'))).rejects.toThrow(
      'it must have the shape (words, dimensions), got (4)',
    );
    await expect(read(array('<f4', values, 1, '(2, 2147483648)'))).rejects.toThrow('its values needs 17.2 GB');
    await expect(read(array('<f4', values), 'a\n')).rejects.toThrow('it has 2 rows, "x.words.txt" has 1 words');
    await expect(read(array('<f4', values), 'a\n', 'other')).rejects.toThrow('put them beside it as x.words.txt');
    await expect(read(array('<f4', values).subarray(0, -1))).rejects.toThrow('it may have been cut off');
  });

  it("is written as NumPy's description says: header ends at a multiple of 64", () => {
    const bytes = joined(writeNumpy({ words: ['a'], dimensions: 2, inputVectors: Float32Array.of(1, 2) }));
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
    const length = bytes.readUInt16LE(8);
    expect((10 + length) % 64).toBe(0);
    expect(bytes.subarray(10, 10 + length).toString()).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2\), \}[ \t]* *\n$/,
    );
    expect(bytes.subarray(10 + length)).toEqual(floats(1, 2));
  });
});

describe('Model2Vec', () => {
  const tokens = ['[PAD]', '[UNK]', 'hello', 'world', '##s'];
  const tokenizer = {
    version: '1.0',
    added_tokens: [
      { id: 0, content: '[PAD]', special: true },
      { id: 1, content: '[UNK]', special: true },
    ],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
  const vectors = Float32Array.of(9, 9, 7, 7, 1, 0, 0, 2, 4, 4);
  function tensors(list: Record<string, { dtype: string; shape: number[]; data: Buffer }>): Buffer {
    let end = 0;
    const header = Object.entries(list).map(([name, { dtype, shape, data }]) => {
      end += data.length;
      return [name, { dtype, shape, data_offsets: [end - data.length, end] }];
    });
    const json = text(JSON.stringify(Object.fromEntries(header)));
    return Buffer.concat([int64(json.length), json, ...Object.values(list).map(({ data }) => data)]);
  }
  const single = { embeddings: { dtype: 'F32', shape: [5, 2], data: floats(...vectors) } };
  const folder = (list: Parameters<typeof tensors>[0], config: object, definition: object = tokenizer) => ({
    'model.safetensors': tensors(list),
    'tokenizer.json': text(JSON.stringify(definition)),
    'config.json': text(JSON.stringify(config)),
  });
  const encode = async (model: EmbeddingModel, of: string) =>
    new SentenceEncoder(model, await loadTokenizer(model.contents.tokenizer!)).encode(of);

  it('takes the mean of the rows of known tokens, weighted and mapped, at length 1 if it says so', async () => {
    const plain = await readModelFolder(folderOf(folder(single, { normalize: false })));
    expect(plain.words).toEqual(tokens);
    expect(await encode(plain, 'Hello, worlds!')).toEqual({
      vector: Float32Array.from([(1 + 0 + 4) / 3, (0 + 2 + 4) / 3]), // hello, world, ##s; the comma is unknown
      knownTokens: 3,
      unknownTokens: [],
    });
    expect((await encode(plain, '?')).vector).toEqual(Float32Array.of(0, 0));
    const unit = await readModelFolder(folderOf(folder(single, { normalize: true })));
    expect([...(await encode(unit, 'world')).vector]).toEqual([0, 1]);

    // Token 2 has row 1, token 3 row 0; the sum is divided by the number of tokens, not by the weights.
    const quantized = {
      embeddings: { dtype: 'F32', shape: [2, 2], data: floats(1, 2, 3, 4) },
      weights: { dtype: 'F64', shape: [5], data: Buffer.from(Float64Array.of(1, 1, 0.5, 2, 1).buffer) },
      mapping: { dtype: 'I32', shape: [5], data: int32(0, 0, 1, 0, 1) },
    };
    const mapped = await readModelFolder(folderOf(folder(quantized, {})));
    expect([...(await encode(mapped, 'hello world')).vector]).toEqual([(0.5 * 3 + 2 * 1) / 2, (0.5 * 4 + 2 * 2) / 2]);
    // Our own format keeps tokenizer, weights and the rule; so does a folder, whose weights are multiplied in.
    for (const format of ['safetensors', 'model2vec'] as const) {
      const back = await roundTrip(floatContents(mapped.contents), format);
      expect(back.words).toEqual(tokens);
      expect([...(await encode(back, 'hello world')).vector]).toEqual([(0.5 * 3 + 2 * 1) / 2, (0.5 * 4 + 2 * 2) / 2]);
    }
    quantized.mapping.data = int32(0, 0, 2, 0, 1);
    await expect(readModelFolder(folderOf(folder(quantized, {})))).rejects.toThrow(
      'its mapping leads token 2 to row 2 of 2',
    );
  });

  it('reads other types of numbers, and the layouts of sentence-transformers', async () => {
    const halves = Uint16Array.of(0, 0, 0, 0, 0x3c00, 0, 0, 0x4000, 0x4400, 0x4400);
    const types = {
      F16: Buffer.from(halves.buffer),
      BF16: Buffer.from(Uint16Array.of(0, 0, 0, 0, 0x3f80, 0, 0, 0x4000, 0x4080, 0x4080).buffer),
      F64: Buffer.from(Float64Array.of(0, 0, 0, 0, 1, 0, 0, 2, 4, 4).buffer),
      I8: Buffer.from(Int8Array.of(0, 0, 0, 0, 1, 0, 0, 2, 4, 4).buffer),
    };
    for (const [dtype, data] of Object.entries(types)) {
      const model = await readModelFolder(folderOf(folder({ embeddings: { dtype, shape: [5, 2], data } }, {})));
      expect([...floatContents(model.contents).inputVectors.subarray(4)]).toEqual([1, 0, 0, 2, 4, 4]);
    }
    const files = folder({ 'embedding.weight': single.embeddings }, {});
    const modules = [
      { type: 'sentence_transformers.models.StaticEmbedding' },
      { type: 'sentence_transformers.models.Normalize' },
    ];
    const nested = await readModelFolder(
      folderOf({
        '0_StaticEmbedding/model.safetensors': files['model.safetensors'],
        '0_StaticEmbedding/tokenizer.json': files['tokenizer.json'],
        'config_sentence_transformers.json': text('{}'),
        'modules.json': text(JSON.stringify(modules)),
      }),
    );
    expect([...(await encode(nested, 'world')).vector]).toEqual([0, 1]);
  });

  it('cuts long texts as model2vec does: characters first, then 512 tokens', async () => {
    const model = await readModelFolder(folderOf(folder(single, {})));
    expect((await encode(model, 'hello '.repeat(400))).knownTokens).toBe(400);
    // The median token is five characters long, so 2,560 characters are looked at: 426 times "hello " and "hell".
    expect((await encode(model, 'hello '.repeat(1000))).knownTokens).toBe(426);
    expect((await encode(model, 'hello🙂'.repeat(1000))).knownTokens).toBe(0);
  });

  it('writes any model with a tokenizer of whole words, by which known words have their vector', async () => {
    const contents: ModelContents = {
      words: ['don\u0027t', '苹', 'café', '__proto__', '2024'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
      tokenizer: { name: 'words', version: 1 },
      sentences: {
        weighting: 'custom',
        weights: Float32Array.of(1, 2, 3, 4, 5),
        unknownWeight: 1,
        unitWords: true,
        normalize: false,
        sentences: 0,
      },
    };
    const back = await roundTrip(contents, 'model2vec');
    expect(back.words).toEqual(contents.words);
    contents.words.forEach((_, id) => {
      const row = contents.inputVectors.subarray(2 * id, 2 * id + 2);
      back.row(id).forEach((got, d) => expect(got).toBeCloseTo(((id + 1) * row[d]) / Math.hypot(...row), 6));
    });
    const sentence = 'DON’T! 苹苹, unknown Café; __proto__ 2024';
    expect((await encode(back, sentence)).knownTokens).toBe(6);
    const many = ['3.14', 'u.s.a', 'state-of-the-art', 'x_1', 'naïve', 'a', '果'];
    const tokens = { ...contents, words: many, inputVectors: new Float32Array(14).fill(1), sentences: undefined };
    const read = await loadTokenizer((await roundTrip(tokens, 'model2vec')).contents.tokenizer!);
    const own = await loadTokenizer({ name: 'words' });
    const text = 'U.S.A., 3.14 a果 state‑of‑the-art x_1; naïve! a.';
    expect(read.tokenize(text)).toEqual(own.tokenize(text));
    expect(lossesIn(contents, 'model2vec')).toEqual([
      'the tokenizer words: one of whole words that is near to it takes its place',
      'the length of sentence vectors: it becomes 1',
      'the vectors as they were: weights and axes of sentences are worked into them',
    ]);
  });

  it('refuses tokenizers that do not fit, and what is no such folder', async () => {
    const wrong = (definition: unknown) =>
      readModelFolder(folderOf(folder(single, {}, definition as object))).catch((error: Error) => error.message);
    expect(await wrong({ model: { vocab: { a: 0 } } })).toContain('its tokenizer has 1 tokens, there are vectors of 5');
    expect(await wrong({ model: { vocab: { a: 1e9 } } })).toContain(
      'token "a" has the id 1000000000, the tokenizer has 1 token',
    );
    expect(await wrong([])).toContain('it names no tokens');
    await expect(readModelFolder(folderOf({}))).rejects.toThrow(
      'a folder must hold model.safetensors and tokenizer.json',
    );
    const lone = memoryFile(tensors(single), 'test');
    await expect(readModel(lone)).rejects.toThrow('of Model2Vec and sentence-transformers give the folder');
  });

  it.skipIf(!existsSync(shared))('encodes the fixtures as model2vec does (needs ../shared/data)', async () => {
    const folder = `${shared}model2vec-fixtures/`;
    const parsed = new Map<string, number[]>();
    const expected = (name: string) => {
      const found = parsed.get(name) ?? (JSON.parse(readFileSync(folder + name, 'utf8')) as number[][])[0];
      parsed.set(name, found);
      return found;
    };
    const long = Array(1000).fill('hello').join(' ');
    for (const [name, of, file, tolerance] of [
      ['test-model-float32', 'hello world', 'embeddings_short.json', 1e-6],
      ['test-model-float32', long, 'embeddings_long.json', 1e-6],
      ['test-model-sentence-transformers', long, 'embeddings_long.json', 1e-6],
      ['test-model-vocab-quantized', long, 'embeddings_vocab_quantized.json', 1e-6],
      ['test-model-float16', 'hello world', 'embeddings_short.json', 1e-3], // the expected ones are of float32
      ['test-model-int8', 'hello world', 'embeddings_short.json', 1e-2],
    ] as const) {
      const { vector } = await encode(await loadModel(folder + name), of);
      const wrong = Array.from(vector).filter((got, d) => !(Math.abs(got - expected(file)[d]) < tolerance));
      expect(wrong, name).toEqual([]);
    }
  });
});

describe('projector', () => {
  it('follows its rules: tabs, a line of names only above more than one column', () => {
    const contents = { words: ['a', 'b c'], dimensions: 2, inputVectors: Float32Array.of(1, 0.5, -2, 1e-30) };
    const write = (of: ModelContents) =>
      Object.fromEntries(
        [...writeModel(of, 'projector').files].map(([name, chunks]) => [name, joined(chunks).toString()]),
      );
    const files = write(contents);
    expect(files['vectors.tsv']).toBe('1\t0.5\n-2\t1e-30\n');
    expect(files['metadata.tsv']).toBe('a\nb c\n');
    expect(JSON.parse(files['projector_config.json']).embeddings[0]).toMatchObject({
      tensorShape: [2, 2],
      tensorPath: 'vectors.tsv',
      metadataPath: 'metadata.tsv',
    });
    expect(write({ ...contents, counts: Float64Array.of(3, 2) })['metadata.tsv']).toBe('word\tcount\na\t3\nb c\t2\n');
    expect(() => write({ ...contents, words: ['a', ' '] })).toThrow('a label must be text');
    expect(() => write({ ...contents, words: ['a', 'b\tc'] })).toThrow('save as .safetensors instead');
  });

  it('says what is wrong', async () => {
    const config = (entry: object) => ({ 'projector_config.json': text(JSON.stringify({ embeddings: [entry] })) });
    await expect(
      readModelFolder(folderOf(config({ tensorShape: [2, 2], tensorPath: '../../etc/passwd' }))),
    ).rejects.toThrow('which is not in the folder');
    await expect(readModelFolder(folderOf(config({ tensorShape: [2, -2] })))).rejects.toThrow(
      'must have a tensorShape',
    );
    const files = {
      ...config({ tensorShape: [2, 2], tensorPath: 'v.tsv', metadataPath: 'm.tsv' }),
      'm.tsv': text('a\nb\n'),
    };
    const named = { 'v.tsv': text('1\t2\n3\t4\n'), 'm.tsv': text('index\tWord\tcount\n0\ta\t7\n1\tb\t3\n') };
    expect((await readModelFolder(folderOf({ ...files, ...named }))).contents).toMatchObject({
      words: ['a', 'b'],
      counts: Float64Array.of(7, 3),
    });
    await expect(readModelFolder(folderOf({ ...files, 'v.tsv': text('1\t2\n3\tx\n') }))).rejects.toThrow(
      'Cannot read model "v.tsv": line 2 of 2 must be 2 numbers',
    );
    await expect(
      readModelFolder(folderOf({ ...files, 'v.tsv': text('1\t2\n3\t4\n'), 'm.tsv': text('a\n') })),
    ).rejects.toThrow('has 1 labels for 2 rows');
  });
});

describe('other files', () => {
  it('reads JSON of ml5.js', async () => {
    const read = (json: string) => readModel(memoryFile(text(json), 'test'));
    expect((await read('{ "vectors": {\n"a":[1,2],"b":[0.5,-1e-3]}}')).contents).toMatchObject({
      words: ['a', 'b'],
      inputVectors: Float32Array.of(1, 2, 0.5, -1e-3),
    });
    await expect(read('{"vectors": {"a": [1, 2], "b": [1]}}')).rejects.toThrow(
      'the vector of "b" must be a list of 2 numbers',
    );
    await expect(read('{"vectors": {"a": [1, 2]')).rejects.toThrow('it is not JSON');
  });

  it('names what is often taken for a model', async () => {
    const read = (...bytes: number[]) =>
      readModel(memoryFile(Uint8Array.from([...bytes, ...Array(99).fill(0)]), 'test'));
    await expect(read(0x80, 4, 0x95)).rejects.toThrow('a Python pickle');
    await expect(read(0x50, 0x4b, 3, 4)).rejects.toThrow('it is a zip archive');
    await expect(read(0x1f, 0x8b)).rejects.toThrow('it is compressed by gzip');
    await expect(readModel(memoryFile(text('a 1\n'), 'test'), { limit: 0 })).rejects.toThrow(
      '"limit" must be an integer of at least 1',
    );
  });

  it.skipIf(!existsSync(shared))('reads every model of other tools that is here (needs ../shared/data)', async () => {
    // Texts, licences, expected values, a chunk without a vocabulary, and bytes that are no model.
    const no = /LICENSE|COPYING|\.cor$|crime-and-punishment\.txt|embeddings_|quantized_storage|reproduce/;
    let models = 0;
    for (const group of readdirSync(shared)) {
      for (const name of readdirSync(shared + group).filter((entry) => !no.test(entry))) {
        const model = await loadModel(`${shared}${group}/${name}`);
        expect(model.size).toBeGreaterThan(0);
        models++;
      }
    }
    expect(models).toBeGreaterThan(35);
    const read = (name: string) => loadModel(`${shared}${name}`);
    const [binary, fifu] = [
      await read('finalfusion-fixtures/similarity.bin'),
      await read('finalfusion-fixtures/similarity.fifu'),
    ];
    expect(fifu.words).toEqual(binary.words);
    expect(fifu.contents.inputVectors).toEqual(binary.contents.inputVectors);
    for (const name of ['lee_fasttext', 'crime-and-punishment', 'toy-model']) {
      const [whole, lines] = [await read(`gensim-fixtures/${name}.bin`), await read(`gensim-fixtures/${name}.vec`)];
      expect(lines.words).toEqual(whole.words);
      // Five digits are written in the text.
      const wanted = floatContents(whole.contents).inputVectors;
      const got = floatContents(lines.contents).inputVectors;
      expect(got.length).toBe(wanted.length);
      expect(got.every((value, i) => Math.abs(value - wanted[i]) < 1e-4 * Math.max(1, Math.abs(value)))).toBe(true);
    }
  });
});
