import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EmbeddingModel, floatContents, type ModelContents } from '../embedding-model.ts';
import { memoryFile } from './model-file.ts';
import { readModel } from './read-model.ts';
import { FORMAT_VERSION } from './wordkin-layout.ts';
import { writeWord2vecBinary } from './write-word2vec-binary.ts';
import { writeWord2vecText } from './write-word2vec-text.ts';
import { writeSafetensors } from './write-wordkin.ts';

const encoder = new TextEncoder();

function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  return Buffer.concat([...chunks]);
}

function bytesOf(...parts: (string | number[] | Float32Array)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'string'
        ? encoder.encode(part)
        : part instanceof Float32Array
          ? new Uint8Array(part.buffer)
          : Uint8Array.from(part),
    ),
  );
}

async function read(bytes: Uint8Array): Promise<ModelContents> {
  return floatContents((await readModel(memoryFile(bytes, 'test'))).contents);
}

const word = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'é', '苹', '🙂', '\u00a0', '0', '-', '.'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 8,
});
const value = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, -0.5, 1e-30, 3.4e38));

function contents(words: fc.Arbitrary<string>): fc.Arbitrary<ModelContents> {
  return fc.integer({ min: 1, max: 9 }).chain((dimensions) =>
    fc.uniqueArray(words, { minLength: 1, maxLength: 12 }).chain((list) => {
      const matrix = fc
        .array(value, { minLength: list.length * dimensions, maxLength: list.length * dimensions })
        .map((values) => Float32Array.from(values));
      return fc.record({
        words: fc.constant(list),
        dimensions: fc.constant(dimensions),
        inputVectors: matrix,
        outputVectors: fc.option(matrix, { nil: undefined }),
        counts: fc.option(
          fc
            .array(fc.nat(), { minLength: list.length, maxLength: list.length })
            .map((counts) => Float64Array.from(counts)),
          { nil: undefined },
        ),
      });
    }),
  );
}
const writable = word.filter((text) => !/[ \n\r]/.test(text) && !text.includes('\ufffd'));

describe('safetensors', () => {
  it('gives back everything that was written', async () => {
    await fc.assert(
      fc.asyncProperty(contents(word), async (model) => {
        const tokenizer = { name: 'words', version: 1 } as const;
        const training = { options: { window: 5 }, 名: [1, 2.5] };
        expect(await read(joined(writeSafetensors({ ...model, tokenizer, training })))).toEqual({
          ...model,
          tokenizer,
          training,
        });
      }),
    );
  });

  it('follows the published layout: header length, JSON, tensors without holes, aligned', () => {
    const bytes = joined(
      writeSafetensors({
        words: ['苹果', 'a'],
        dimensions: 2,
        inputVectors: Float32Array.of(1, 2, 3, 4),
        counts: Float64Array.of(7, 5),
      }),
    );
    const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerLength)).toString());
    expect((8 + headerLength) % 8).toBe(0);
    expect(header.__metadata__).toEqual({
      format: 'wordkin',
      format_version: '1',
      content_hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      values: 'finite',
    });
    delete header.__metadata__;
    let end = 0;
    for (const { data_offsets } of Object.values(header) as { data_offsets: number[] }[]) {
      expect(data_offsets[0]).toBe(end);
      end = data_offsets[1];
    }
    expect(8 + headerLength + end).toBe(bytes.length);
    expect(header.input_vectors).toEqual({ dtype: 'F32', shape: [2, 2], data_offsets: [40, 56] });
    expect(Buffer.from(bytes.subarray(8 + headerLength + header.words.data_offsets[0])).toString()).toBe('苹果a');
  });

  it('refuses every truncation of a file', async () => {
    const bytes = joined(
      writeSafetensors({ words: ['b', 'a'], dimensions: 2, inputVectors: Float32Array.of(1, 2, 3, 4) }),
    );
    for (let length = 0; length < bytes.length; length++) {
      await expect(read(bytes.subarray(0, length))).rejects.toThrow('Cannot read model "test"');
    }
  });

  it('refuses or reads, but never crashes on, files with a few bytes changed', async () => {
    const bytes = joined(
      writeSafetensors({
        words: ['b', 'a'],
        dimensions: 2,
        inputVectors: Float32Array.of(1, 2, 3, 4),
        counts: Float64Array.of(2, 1),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const damaged = Uint8Array.from(bytes);
          for (const [at, byte] of changes) damaged[at] = byte;
          try {
            await read(damaged);
          } catch (error) {
            expect((error as Error).message).toMatch(/^Cannot read model "test": /);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuses a model of another version and the file of another tool', async () => {
    const text = (metadata: object) => {
      const json = JSON.stringify({ __metadata__: metadata });
      const length = new Uint8Array(8);
      length[0] = json.length;
      return Buffer.concat([length, encoder.encode(json)]);
    };
    await expect(read(text({ format: 'wordkin', format_version: '3' }))).rejects.toThrow(
      `it is of format version 3, this version of wordkin reads 1 to ${FORMAT_VERSION}; update wordkin`,
    );
    await expect(read(text({ format: 'pt' }))).rejects.toThrow('it is a safetensors file, but not one of wordkin');
  });
});

describe('word2vec binary', () => {
  it('gives back words and vectors', async () => {
    await fc.assert(
      fc.asyncProperty(contents(writable), async (model) => {
        const { words, dimensions, inputVectors } = model;
        const bytes = joined(writeWord2vecBinary(model));
        // One file in a few is all text by accident: vectors of bytes such as "0000".
        const { warnings, ...rest } = await read(bytes);
        expect(rest).toEqual({ words, dimensions, inputVectors });
        // Numbers that no training gives are told.
        expect((warnings ?? []).filter((warning) => !warning.includes('next to nothing or beyond 1e15'))).toEqual([]);
      }),
    );
  });

  it('is not taken for text where a vector begins with digits', async () => {
    const digits = new Float32Array(Uint8Array.from(Buffer.from('0\n00')).buffer); // then zeros
    const contents = { words: ['word'], dimensions: 9, inputVectors: Float32Array.of(digits[0], ...Array(8).fill(0)) };
    expect(await read(joined(writeWord2vecBinary(contents)))).toMatchObject({ words: ['word'], dimensions: 9 });
  });

  it('is not taken for text where a vector of one number ends with a digit', async () => {
    // A space and "6", behind bytes that are no UTF-8 or are letters.
    for (const begin of [[0xf0, 0x01], Buffer.from('ab')]) {
      const values = new Float32Array(Uint8Array.of(...begin, 32, 0x36).buffer);
      const contents = { words: ['word'], dimensions: 1, inputVectors: values };
      expect(await read(joined(writeWord2vecBinary(contents)))).toMatchObject(contents);
    }
  });

  it('reads files with and without a line feed after each vector', async () => {
    const vectors = [Float32Array.of(1, 2), Float32Array.of(-3, 0.5)];
    for (const end of ['\n', '']) {
      const bytes = bytesOf('2 2\n', '苹果 ', vectors[0], end, 'b ', vectors[1], end);
      expect(await read(bytes)).toMatchObject({ words: ['苹果', 'b'], inputVectors: Float32Array.of(1, 2, -3, 0.5) });
    }
  });

  it('keeps the first of two equal words, repairs cut characters, and says so', async () => {
    const row = Float32Array.of(1);
    const bytes = bytesOf('3 1\n', 'a ', row, '\na ', Float32Array.of(9), '\n', [0xe8, 0x8b], ' ', row, '\n');
    expect(await read(bytes)).toMatchObject({
      words: ['a', '\ufffd'],
      inputVectors: Float32Array.of(1, 1),
      warnings: ['1 word came twice, the first was kept', '1 word repaired: not UTF-8'],
    });
  });

  it('says what a truncated file promises and what it has', async () => {
    await expect(read(bytesOf('71290 100\n', 'the ', new Float32Array(100)))).rejects.toThrow(
      'Cannot read model "test": header promises 71290 words × 100 dimensions (at least 28.6 MB), file has 404 bytes left',
    );
    await expect(read(bytesOf('99999999999 999999\n', 'the ', Float32Array.of(1e-9)))).rejects.toThrow(
      'header promises 99999999999 words',
    );
    await expect(read(bytesOf('2 1\n', 'abcdefgh ', Float32Array.of(1e-9), '\nb'))).rejects.toThrow(
      'it ends within word 2 of 2',
    );
    await expect(read(bytesOf('0 5\n', 'the ', Float32Array.of(1e-9)))).rejects.toThrow(
      'promises 0 words × 5 dimensions',
    );
  });

  it('reads words that hold spaces, as gensim writes them', async () => {
    const spaced = fc
      .array(fc.stringMatching(/^[a-zA-Z0-9é我中国.'-]{1,9}$/), { minLength: 2, maxLength: 4 })
      .map((parts) => parts.join(' '));
    const plain = fc.stringMatching(/^[a-z我国]{1,8}$/);
    const models = fc.record({
      dimensions: fc.integer({ min: 24, max: 60 }),
      end: fc.constantFrom('', '\n'),
      seed: fc.nat(1e6),
      words: fc.uniqueArray(fc.oneof(spaced, plain), { minLength: 1, maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(models, async ({ dimensions, end, seed, words }) => {
        const vectors = words.map((_, row) =>
          Float32Array.from({ length: dimensions }, (_, i) => 2 * Math.sin(seed + row * dimensions + i)),
        );
        const rows = words.flatMap((word, row) => [`${word} `, vectors[row], end]);
        const back = await read(bytesOf(`${words.length} ${dimensions}\n`, ...rows));
        expect(back.words).toEqual(words);
        expect([...back.inputVectors]).toEqual(vectors.flatMap((vector) => [...vector]));
      }),
    );
  });

  it('refuses to write words with spaces', () => {
    const model = { words: ['New York'], dimensions: 1, inputVectors: Float32Array.of(1) };
    expect(() => joined(writeWord2vecBinary(model))).toThrow('Cannot write word "New York" in a word2vec format');
    expect(() => joined(writeWord2vecText(model))).toThrow('save as .safetensors instead');
  });
});

it.each([1, 3, 40])(
  'warns of a word2vec file of %s words whose numbers have their highest byte first',
  async (size) => {
    const values = Float32Array.from({ length: size * 8 }, (_, i) => Math.sin(i + 1) / 3);
    const model = new EmbeddingModel({
      words: Array.from({ length: size }, (_, i) => `w${i}`),
      dimensions: 8,
      inputVectors: Float32Array.from(values, (value) => {
        const view = new DataView(new ArrayBuffer(4));
        view.setFloat32(0, value, true);
        return view.getFloat32(0, false);
      }),
    });
    const file = Buffer.concat([...writeWord2vecBinary(model.contents as ModelContents)]);
    const { warnings } = (await readModel(memoryFile(file))).contents;
    expect(warnings).toContainEqual(expect.stringContaining('the highest byte of each comes first'));
  },
);

describe('word2vec text', () => {
  it('gives back words and vectors to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(contents(writable), async (model) => {
        const { words, dimensions, inputVectors } = model;
        const back = await read(joined(writeWord2vecText(model)));
        expect(back.words).toEqual(words);
        expect(back.dimensions).toBe(dimensions);
        expect(back.inputVectors.every((got, i) => got === inputVectors[i])).toBe(true);
      }),
    );
  });

  it('reads what word2vec.c, gensim and GloVe write', async () => {
    const expected = {
      words: ['</s>', 'New\u00a0York'],
      dimensions: 2,
      inputVectors: Float32Array.of(0.004003, 0.004419, -1, 2e-5),
    };
    for (const text of [
      '2 2\n</s> 0.004003 0.004419 \nNew\u00a0York -1.000000 0.00002 \n',
      '2 2\n</s> 0.004003 0.004419\nNew\u00a0York -1.0 2e-05\n',
      '</s> 0.004003 0.004419\nNew\u00a0York -1.0 2e-05',
      '2 2\r\n</s> 0.004003 0.004419\r\nNew\u00a0York -1 2e-05\r\n',
    ]) {
      expect(await read(encoder.encode(text))).toMatchObject(expected);
    }
  });

  it('takes the last fields of a line as its values, so that words may hold spaces', async () => {
    expect(await read(encoder.encode('2 2\n. . . 1 2\nat name@domain.com 3 4\n'))).toMatchObject({
      words: ['. . .', 'at name@domain.com'],
    });
  });

  it('says which line is wrong', async () => {
    await expect(read(encoder.encode('2 2\na 1 2\nb 1\n'))).rejects.toThrow(
      'line 3 must be a word and 2 numbers, got "b 1"',
    );
    await expect(read(encoder.encode('2 2\na 1 2\nb 1 x\n'))).rejects.toThrow('line 3');
    await expect(read(encoder.encode('2 2\nalpha 1.0000 2.0000\n'))).rejects.toThrow(
      'its first line promises 2 words, it holds 1',
    );
    await expect(read(encoder.encode('1 2\na 1 2\nb 1 2\n'))).rejects.toThrow(
      'its first line promises 1 words, line 3 is one more',
    );
    await expect(read(encoder.encode('9 2\na 1 2\n'))).rejects.toThrow('header promises 9 words × 2 dimensions');
  });
});

describe('readModel', () => {
  it('refuses what is no model', async () => {
    await expect(read(new Uint8Array(0))).rejects.toThrow('it is empty');
    await expect(read(Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff))).rejects.toThrow(
      'it is none of the formats that are known',
    );
    await expect(read(encoder.encode('Hello world, this is prose.\n'))).rejects.toThrow('Cannot read model "test"');
  });

  const shared = new URL('../../../../shared/data/models/', import.meta.url);
  it.skipIf(!existsSync(shared))('reads the files of other tools (needs ../shared/data)', async () => {
    const file = async (name: string) => new EmbeddingModel(await read(readFileSync(new URL(name, shared))));
    const binary = await file('finalfusion-fixtures/similarity.bin');
    for (const name of ['similarity.txt', 'similarity.nodims']) {
      const text = await file(`finalfusion-fixtures/${name}`);
      expect(text.words).toEqual(binary.words);
      expect(binary.size).toBe(41);
      const wrong = text.words.filter((_, id) => {
        const wanted = binary.row(id);
        return !text.row(id).every((value, d) => Math.abs(value - wanted[d]) < 1e-5);
      });
      expect(wrong).toEqual([]);
    }
    expect((await file('gensim-fixtures/euclidean_vectors.bin')).dimensions).toBeGreaterThan(1);
    expect((await file('gensim-fixtures/word2vec_pre_kv_c')).size).toBeGreaterThan(100);
    expect((await file('gensim-fixtures/test_glove.txt')).dimensions).toBe(50);
    expect(
      (await file('glove/glove.6B.50d.top2445.txt')).neighbors('king', { count: 20 }).map(({ word }) => word),
    ).toContain('prince');
  });
});
