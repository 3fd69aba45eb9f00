import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingModel, floatContents, type ModelContents } from '../embedding-model.ts';
import { memoryFile } from './model-file.ts';
import { readModel } from './read-model.ts';
import { formatByName, MODEL_FORMATS } from './writable-formats.ts';
import { writeModel } from './write-model.ts';
import { writeWord2vecBinary } from './write-word2vec-binary.ts';

const read = (content: string | Uint8Array, limit?: number) =>
  readModel(memoryFile(typeof content === 'string' ? Buffer.from(content) : content, 'test'), { limit });
const rowsOf = async (content: string) => {
  const { words, contents } = await read(content);
  return [words, Array.from(contents.inputVectors as Float32Array)];
};
const expected = [
  ['a', 'b', 'c'],
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
];

describe('text vectors', () => {
  it.each([
    '3 3\na 1 0 0\nb 0 1 0\nc 0 0 1\n',
    '\ufeff3 3\na 1 0 0\nb 0 1 0\nc 0 0 1\n',
    '3\t3\na\t1\t0\t0\nb\t0\t1\t0\nc\t0\t0\t1\n',
    '3 3\n\n  a  1  0 0\t\nb 0 1 0 \r\n\nc 0 0 1\n',
    'a 1 0 0\nb 0 1 0\nc 0 0 1\n',
    '\ufeffa 1 0 0\nb 0 1 0\nc 0 0 1\n',
  ])('are read right: %j', async (text) => expect(await rowsOf(text)).toEqual(expected));

  it.each([
    ['3 3\na 1 0\nb 0 1\nc 0 0\n', 'line 2 must be a word and 3 numbers, got "a 1 0"'],
    ['3 3\na 1 0 0\nb 0 1\nc 0 0 1\n', 'line 3 must be a word and 3 numbers'],
    ['3 2\na 1 0 0\nb 0 1 0\nc 0 0 1\n', 'promises 2 dimensions, 3 of 3 lines hold more numbers'],
    ['3 3\na 1,5 0 0\nb 0 1 0\nc 0 0 1\n', 'line 2 must be a word and 3 numbers'],
    ['a 1 0 0\nb 0 1 0\nc 0 0\nd 0 0 1\n', 'line 3 must be a word and 3 numbers'],
    // Small text with a header was taken for binary where its lines do not end with numbers.
    ['3 3\na,0.5,0,0\nb,0,0.5,0\nc,0,0,0.5\n', 'line 2 must be a word and 3 numbers, got "a,0.5,0,0"'],
    ['3 2\nan [0.5 0]\nby [0 0.5]\nce [0 1]\n', 'line 2 must be a word and 2 numbers'],
    ['2 2\nan −0.52 −0.23\nby −0.31 −0.42\n', 'line 2 must be a word and 2 numbers'],
    ['2 2\na\0n 0.52 0.23\nby 0.31\n', 'line 3 must be a word and 2 numbers, got "by 0.31"'],
    ['word 0 1 2 3\nan 5 2 1 7\nby 2 2 3 4\n', 'line 1 numbers the columns of a table, 0 to 3; take it out'],
    ['"" 1 2 3 4\nan 5 2 1 7\nby 2 2 3 4\n', 'line 1 numbers the columns of a table, 1 to 4'],
  ])('that do not fit are refused by their line: %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each([
    ['3 3\na 1 0 0\nb 0 1 0\nc 0 0 1', 'its last line has no line feed at its end'],
    [
      '"a" 1 0\n"b" 0 1\n"c" 1 1\n',
      'all words have marks or are numbers that may be none of them, the first is "\\"a\\""',
    ],
    ['a:1 2 3\nb:4 5 6\nc:7 8 9\n', 'the first is "a:1"'],
    ['[a] 1 0\n[b] 0 1\n[c] 1 1\n', 'the first is "[a]"'],
    ['3 2\n0 a 1 2\n1 b 4 5\n2 c 7 8\n', 'the first is "0 a"'],
    ['1 0.2 0.3\n0.4 0.5 0.6\n-7 .8 0.9\n', 'or are numbers that may be none of them, the first is "1"'],
    ['0.1 0.2 0.3\n0.4 0.5 0.6\n-0.7 .8 0.9\n', 'or are numbers that may be none of them, the first is "0.1"'],
    [
      '3 2\na: 1 0\nb: 0 1\nc: 1 1\n',
      'all words have marks or are numbers that may be none of them, the first is "a:"',
    ],
    ['a 1 0 0\nb 0 1 0 5\nc 0 0 1\n', '1 word holds a number behind a space, the first is "b 0"'],
    ['2 2\na 1 nan\nb 1 2\n', '1 of 2 words were left out, whose vectors hold NaN or infinity: "a"'],
    ['2 2\na 1 1e39\nb 1 2\n', 'NaN or infinity: "a"'],
  ])('that may be wrong carry a warning: %j', async (text, warning) => {
    expect((await read(text)).contents.warnings?.join('\n')).toContain(warning);
  });

  it('come back from GloVe text whose first row looks like a header', async () => {
    const contents: ModelContents = { words: ['7', 'x'], dimensions: 1, inputVectors: Float32Array.of(3, 4) };
    const [[, chunks]] = [...writeModel(contents, 'glove-text').files];
    expect((await read(Buffer.concat([...chunks]))).words).toEqual(['7', 'x']);
  });
});

describe('binary vectors', () => {
  const contents: ModelContents = {
    words: ['one', 'two', 'three'],
    dimensions: 2,
    inputVectors: Float32Array.of(0.1, 2, -3, 4, 5.5, 6),
  };
  const bytes = Buffer.concat([...writeWord2vecBinary(contents)]);
  const withHeader = (header: string) => Buffer.concat([Buffer.from(header), bytes.subarray(4)]);

  it('that do not fit to their header are refused', async () => {
    await expect(read(withHeader('2 2\n'))).rejects.toThrow('are left behind the 2 words × 2 dimensions');
    await expect(read(withHeader('4 2\n'))).rejects.toThrow('it ends within word 4 of 4');
    await expect(read(withHeader('3 1\n'))).rejects.toThrow('Cannot read model "test"');
    await expect(read(Buffer.concat([bytes, Buffer.alloc(9)]))).rejects.toThrow('10 bytes are left behind');
  });

  it('of which a byte is gone or new are refused, wherever it was, or lose but one row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: bytes.length - 1 }),
        fc.integer({ min: -1, max: 255 }),
        async (at, byte) => {
          const inserted = byte < 0 ? Buffer.alloc(0) : Buffer.of(byte);
          const changed = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(byte < 0 ? at + 1 : at)]);
          const model = await read(changed).catch(() => undefined);
          if (!model || model.contents.warnings?.length) return;
          const vectors = floatContents(model.contents).inputVectors;
          const kept = contents.words.filter((word, id) => {
            const found = model.find(word);
            return (
              found !== undefined && [0, 1].every((d) => vectors[2 * found + d] === contents.inputVectors[2 * id + d])
            );
          });
          expect(kept.length).toBeGreaterThanOrEqual(2);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('that were cut off are read as far as a limit asks', async () => {
    const cut = bytes.subarray(0, bytes.length - 5);
    await expect(read(cut)).rejects.toThrow('it ends within word 3 of 3');
    expect((await read(cut, 2)).words).toEqual(['one', 'two']);
  });
});

describe('files that are something else', () => {
  const tar = Buffer.alloc(1024);
  tar.write('model/vectors.txt');
  tar.write('ustar', 257);
  it.each([
    ['BZh91AY&SY', 'bzip2'],
    [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]), 'xz; unpack it first, with unxz'],
    ['<!DOCTYPE html><html><body>404</body></html>\n', 'HTML page'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n', 'git lfs pull'],
    ['SQLite format 3\0', 'database of SQLite'],
    [tar, 'tar archive'],
    [Buffer.from([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0]), 'Python pickle'],
    ['The cat sat on the mat.\nA dog ran.\n', 'a text without vectors'],
    ['tiger cat 7.35\ntiger tiger 10.00\n', 'a text without vectors'],
    ['{"words": [1, 2]}', 'it is JSON, but none of the models'],
    [Buffer.from('\ufeffa 1 2\n', 'utf16le'), 'text in UTF-16'],
  ])('are named: %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });
});

describe('the list of formats', () => {
  it('names each format once', () => {
    expect(new Set(MODEL_FORMATS).size).toBe(MODEL_FORMATS.length);
    expect(MODEL_FORMATS).toHaveLength(9);
  });

  it('chooses by the longest ending', () => {
    const names = [
      'a.bin',
      'a.fasttext.bin',
      'a.txt',
      'a.glove.txt',
      'x/glove.txt',
      'a.vec',
      'a.npy',
      'a/',
      'projector/',
      'a',
    ];
    expect(names.map(formatByName)).toEqual([
      ...['word2vec-binary', 'fasttext-binary', 'word2vec-text', 'glove-text', 'glove-text', 'fasttext-text', 'numpy'],
      ...['model2vec', 'projector', 'safetensors'],
    ]);
    for (const name of ['a.fifu', 'a.ftz', 'a.gz', 'a.json'])
      expect(() => formatByName(name)).toThrow('no format that is written');
  });

  it('refuses parts that do not fit together, in all formats', () => {
    const contents = { words: ['a', 'b'], dimensions: 1, inputVectors: Float32Array.of(1, 2) };
    for (const format of MODEL_FORMATS) {
      const write = (more: Partial<ModelContents>) => () => writeModel({ ...contents, ...more }, format);
      expect(write({ counts: Float64Array.of(1) })).toThrow('"counts" need 2 values, got 1');
      expect(write({ counts: Float64Array.of(1, Number.NaN) })).toThrow('the count of word "b" is NaN');
      expect(write({ outputVectors: Float32Array.of(1) })).toThrow('"outputVectors" need 2 values, got 1');
      expect(write({ words: [], inputVectors: new Float32Array(0) })).toThrow('it has no word');
    }
  });

  it.each(MODEL_FORMATS)('%s takes a model of a file that had a word twice', async (format) => {
    const file = memoryFile(new TextEncoder().encode('3 2\na 1 2\nb 3 4\na 5 6\n'));
    const { contents } = await readModel(file);
    expect(contents.warnings).toEqual(['1 word came twice, the first was kept']);
    for (const [, chunks] of writeModel(contents, format).files) expect([...chunks].length).toBeGreaterThan(0);
    expect(() => new EmbeddingModel({ ...contents, words: ['b', 'b'] })).toThrow('word "b" is there twice');
  });

  it.each(MODEL_FORMATS)('%s refuses words that would not come back', (format) => {
    const write = (words: string[]) => {
      const inputVectors = new Float32Array(words.length).fill(1);
      for (const [, chunks] of writeModel({ words, dimensions: 1, inputVectors }, format).files)
        for (const _ of chunks);
    };
    expect(() => write(['a', 'b', 'a'])).toThrow('word "a" is there twice');
    expect(() => write(['a', '\ud800'])).toThrow('not well-formed');
    const long = ['a', 'y'.repeat(70_000)];
    if (format === 'safetensors' || format === 'model2vec') expect(() => write(long)).not.toThrow();
    else expect(() => write(long)).toThrow('longer than 32768 bytes');
  });

  it.each(['word2vec-binary', 'word2vec-text', 'glove-text', 'fasttext-text', 'fasttext-binary'] as const)(
    '%s: the longest word that is written is read, also as the first',
    async (format) => {
      for (const size of [1, 3]) {
        const words = ['y'.repeat(32_768), 'b', 'c'].slice(0, size);
        const [[, chunks]] = writeModel(
          { words, dimensions: 3, inputVectors: new Float32Array(3 * size).fill(0.5) },
          format,
        ).files;
        const found = await readModel(memoryFile(Buffer.concat([...chunks]), 'model'));
        expect(found.words.map(({ length }) => length)).toEqual(words.map(({ length }) => length));
      }
    },
  );
});

describe('an empty word', () => {
  const contents: ModelContents = {
    words: ['one', '', 'three'],
    dimensions: 2,
    inputVectors: Float32Array.of(0.1, 2, -3, 4, 5.5, 6),
    counts: Float64Array.of(3, 2, 1),
  };
  const warned = { words: contents.words, contents: { warnings: ['word 2 is empty'] } };

  it('is told of in binary vectors', async () => {
    const rows = ['one ', '\n ', '\nthree '].flatMap((word, row) => [
      Buffer.from(word),
      Buffer.from(Float32Array.from(contents.inputVectors.subarray(2 * row, 2 * row + 2)).buffer),
    ]);
    expect(await read(Buffer.concat([Buffer.from('3 2\n'), ...rows]))).toMatchObject(warned);
  });

  it('is told of in each format that can hold one', async () => {
    for (const name of ['safetensors', 'numpy', 'fasttext-binary'] as const) {
      const files = new Map(
        [...writeModel(contents, name).files].map(([file, chunks]) => [file, Buffer.concat([...chunks])]),
      );
      const [largest] = [...files.values()].sort((a, b) => b.length - a.length);
      const words = name === 'numpy' ? contents.words : undefined;
      expect(await readModel(memoryFile(largest, 'test'), { words }), name).toMatchObject(warned);
    }
    for (const name of ['word2vec-text', 'word2vec-binary', 'glove-text', 'fasttext-text', 'projector'] as const)
      expect(() => writeModel(contents, name), name).toThrow('Cannot write word ""');
  });

  it('is told of in JSON', async () => {
    expect(await read('{"vectors": {"one": [1, 2], "": [3, 4], "three": [5, 6]}}')).toMatchObject(warned);
  });
});

describe('sizes in a message', () => {
  it.each([
    [Buffer.concat([Buffer.from('2 10\na '), Buffer.alloc(78)]), '(at least 81 bytes), file has 80 bytes left'],
    [
      Buffer.concat([Buffer.from('1000 10\na '), Buffer.alloc(40_970)]),
      '(at least 40999 bytes), file has 40972 bytes left',
    ],
    [Buffer.concat([Buffer.from('2000 10\na '), Buffer.alloc(40_970)]), '(at least 82.0 kB), file has 41.0 kB left'],
  ])('are two that differ, %#', async (bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });
});
