import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucketsOf, createSubwords, ngramLengthsFor, ngramsOf, type SubwordOptions, subwordHash } from './subwords.ts';

const options = { minNgram: 3, maxNgram: 6, buckets: 2_000_000 };

describe('subwordHash', () => {
  it('is 32-bit FNV-1a, whose published values hold for ASCII', () => {
    // The test vectors of FNV itself (www.isthe.com/chongo/tech/comp/fnv).
    expect(subwordHash('')).toBe(0x811c9dc5);
    expect(subwordHash('a')).toBe(0xe40c292c);
    expect(subwordHash('foobar')).toBe(0xbf9cf968);
  });

  it('takes bytes as signed, as fastText does', () => {
    // é is C3 A9. By hand: (offset ^ 0xffffffc3) × prime, then ^ 0xffffffa9, × prime; all modulo 2^32.
    const step = (hash: bigint, byte: bigint) => ((hash ^ byte) * 16777619n) & 0xffffffffn;
    expect(BigInt(subwordHash('é'))).toBe(step(step(2166136261n, 0xffffffc3n), 0xffffffa9n));
    expect(BigInt(subwordHash('é'))).not.toBe(step(step(2166136261n, 0xc3n), 0xa9n));
  });
});

describe('bucketsOf', () => {
  it('is the hash of each n-gram in turn', () => {
    const oracle = (word: string, options: SubwordOptions) =>
      ngramsOf(word, options).map((ngram) => subwordHash(ngram) % options.buckets);
    for (const word of ['where', '苹果', '😀é', '', 'a', 'naïveté', '<>', '</s>x']) {
      for (const [minNgram, maxNgram] of [
        [1, 1],
        [1, 4],
        [3, 6],
        [0, 0],
        [2, 32],
      ]) {
        const options = { minNgram, maxNgram, buckets: 1009 };
        expect(bucketsOf(word, options)).toEqual(oracle(word, options));
      }
    }
    expect(bucketsOf('</s>', { minNgram: 1, maxNgram: 3, buckets: 9 })).toEqual([]); // fastText dictionary.cc, initNgrams
  });

  it("finds finalfusion's buckets (finalfusion-rust subword.rs, SUBWORD_TESTS_21)", () => {
    const options = { minNgram: 3, maxNgram: 6, buckets: 2 ** 21, hash: 'finalfusion' } as const;
    expect(bucketsOf('hallo', options).sort((a, b) => a - b)).toEqual([
      75867, 104120, 136555, 456131, 599360, 722393, 938007, 985859, 1006102, 1163391, 1218704, 1321513, 1505861,
      1892376,
    ]);
    expect(bucketsOf('Daniël', options).sort((a, b) => a - b)).toEqual([
      214157, 233912, 311961, 488897, 620206, 741276, 841219, 1167494, 1192256, 1489905, 1532271, 1644730, 1666166,
      1679745, 1680294, 1693100, 2026735, 2065822,
    ]);
  });
});

describe('ngramsOf', () => {
  it('has those of <word>, in the order of the paper’s example', () => {
    // Bojanowski et al. 2017, section 3.2: where, n = 3.
    expect(ngramsOf('where', { ...options, maxNgram: 3 })).toEqual(['<wh', 'whe', 'her', 'ere', 're>']);
    expect(ngramsOf('ab', options)).toEqual(['<ab', '<ab>', 'ab>']);
  });

  it('counts characters, not bytes, and knows no border alone', () => {
    expect(ngramsOf('苹果', { ...options, minNgram: 1, maxNgram: 2 })).toEqual(['<苹', '苹', '苹果', '果', '果>']);
    expect(ngramsOf('😀', { ...options, minNgram: 1, maxNgram: 3 })).toEqual(['<😀', '<😀>', '😀', '😀>']);
    expect(ngramsOf('', { ...options, minNgram: 1, maxNgram: 3 })).toEqual(['<>']);
  });
});

describe('createSubwords', () => {
  it('gives each word its own row and those of its buckets, which words share', () => {
    const words = ['eat', 'eats', 'x'];
    const { offsets, rows, buckets } = createSubwords(words, options);
    expect(buckets).toEqual(Uint32Array.from(new Set(words.flatMap((word) => bucketsOf(word, options)))).sort());
    words.forEach((word, id) => {
      const [own, ...others] = rows.subarray(offsets[id], offsets[id + 1]);
      expect(own).toBe(id);
      expect(others.map((row) => buckets[row - words.length])).toEqual(bucketsOf(word, options));
    });
    const shared = ngramsOf('eat', options).filter((ngram) => ngramsOf('eats', options).includes(ngram));
    expect(shared).toEqual(['<ea', '<eat', 'eat']);
    expect(buckets.length).toBe(6 + 10 + 1 - shared.length);
  });

  it('lets n-grams collide where buckets are few', () => {
    const { buckets, rows } = createSubwords(['abcdef'], { ...options, buckets: 3 });
    expect(buckets.length).toBeLessThanOrEqual(3);
    expect(Math.max(...rows)).toBe(buckets.length);
  });
});

it('ngramLengthsFor suits the script', () => {
  expect(ngramLengthsFor(['the', 'of', '苹果'])).toEqual({ minNgram: 3, maxNgram: 6 });
  expect(ngramLengthsFor(['的', '苹果', 'iphone'])).toEqual({ minNgram: 1, maxNgram: 3 });
});

const fixtures = new URL('../../../shared/data/models/gensim-fixtures/', import.meta.url);

describe.skipIf(!existsSync(fixtures))('models that fastText wrote (needs ../shared/data)', () => {
  // For each the program wrote the matrix of rows (.bin) and the vectors of the words (.vec).
  it.each(['crime-and-punishment', 'toy-model'])('%s: each word is the mean of its rows', (name) => {
    const bytes = readFileSync(new URL(`${name}.bin`, fixtures));
    let at = 0;
    const take = (byteLength: number) => {
      at += byteLength;
      return at - byteLength;
    };
    const int32 = () => bytes.readInt32LE(take(4));
    const int64 = () => Number(bytes.readBigInt64LE(take(8)));
    expect(int32()).toBe(793712314);
    expect(int32()).toBe(12);
    const [dimensions, , , , , , , , buckets, minNgram, maxNgram] = Array.from({ length: 12 }, int32);
    at += 8; // t
    const [size, words] = [int32(), int32(), int32()];
    int64();
    expect(int64()).toBe(-1);
    const vocabulary = Array.from({ length: size }, () => {
      const begin = at;
      at = bytes.indexOf(0, at) + 10; // the 0, a count, a type
      return bytes.toString('utf8', begin, at - 10);
    });
    expect(bytes[at++]).toBe(0); // not quantised
    const rows = int64();
    expect([rows, int64()]).toEqual([words + buckets, dimensions]);
    const matrix = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 4 * rows * dimensions),
    );

    const options = { minNgram, maxNgram, buckets };
    const lines = readFileSync(new URL(`${name}.vec`, fixtures), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    expect(lines.length).toBeGreaterThan(20);
    let withNgrams = 0;
    for (const line of lines) {
      const [word, ...values] = line.trim().split(' ');
      const ids = [vocabulary.indexOf(word)];
      if (word !== '</s>') ids.push(...bucketsOf(word, options).map((bucket) => words + bucket));
      if (ids.length > 1) withNgrams++;
      values.forEach((value, d) => {
        const mean = ids.reduce((sum, row) => sum + matrix[row * dimensions + d], 0) / ids.length;
        expect(mean).toBeCloseTo(Number(value), 4);
      });
    }
    expect(withNgrams).toBeGreaterThan(20);
  });
});
