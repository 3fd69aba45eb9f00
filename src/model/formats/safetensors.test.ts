import { describe, expect, it } from 'vitest';
import { EmbeddingModel, type ModelContents } from '../embedding-model.ts';
import { ContentHash } from './content-hash.ts';
import { memoryFile } from './model-file.ts';
import { findDoubleKey } from './read-json.ts';
import { readModel } from './read-model.ts';
import { openSafetensors } from './safetensors.ts';
import { verifyContentHash } from './wordkin-hash.ts';
import { writeSafetensors } from './write-wordkin.ts';

const contents: ModelContents = {
  words: ['a', '苹果', 'c'],
  dimensions: 2,
  inputVectors: Float32Array.of(1, 2, 3, 4, 5, 6),
  counts: Float64Array.of(3, 2, 1),
};
const joined = (chunks: Iterable<Uint8Array>) => Uint8Array.from(Buffer.concat([...chunks]));
const open = (bytes: Uint8Array) => openSafetensors(memoryFile(bytes, 'test'));

/** A file of a header as given and so many bytes. */
function file(header: string, byteLength: number): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Uint8Array.from(Buffer.concat([length, Buffer.from(header), Buffer.alloc(byteLength)]));
}
const entry = (begin: number, end: number, dtype = 'U8', shape = [end - begin]) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe('tensors cover the file, each byte once', () => {
  it.each([
    ['overlap', `{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12, 'tensors must neither overlap nor leave a hole'],
    ['the same bytes', `{"a":${entry(0, 8)},"b":${entry(0, 8)}}`, 8, 'must neither overlap'],
    ['a hole', `{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12, 'tensor "b" begins at byte 8, the one before ends at 4'],
    ['a hole in front', `{"a":${entry(4, 8)}}`, 8, 'begins at byte 4'],
    ['bytes behind', `{"a":${entry(0, 8)}}`, 12, '4 bytes are left behind its last tensor'],
    ['too few bytes', `{"a":${entry(0, 8)}}`, 7, 'promises 8 bytes, file has 7 bytes left'],
    ['a wrong size', `{"a":${entry(0, 8, 'F32', [3])}}`, 8, 'needs 12 bytes, its offsets give 8'],
    ['a name twice', `{"a":${entry(0, 4)},"a":${entry(4, 8)}}`, 8, 'its header has the key "a" twice'],
    ['an entry of something else', '{"a":5}', 0, 'malformed entry for tensor "a"'],
    ['metadata that are no texts', '{"__metadata__":{"a":1}}', 0, 'must be an object of texts'],
  ])('refuses %s', async (_, header, byteLength, message) => {
    await expect(open(file(header, byteLength))).rejects.toThrow(message);
  });

  it('reads what does, in any order, with white space and tensors of no bytes', async () => {
    const header = `  {"b": ${entry(4, 8)}, "none": ${entry(4, 4)}, "a": ${entry(0, 4)}}  `;
    expect((await open(file(header, 8))).info('b')?.shape).toEqual([4]);
  });
});

it('findDoubleKey looks into every object, and compares keys as they are read', () => {
  expect(findDoubleKey('{"a":{"b":1,"c":[{"b":2}]},"b":{}}')).toBeUndefined();
  expect(findDoubleKey('{"a":[{"b":1,"\\u0062":2}]}')).toBe('b');
  expect(findDoubleKey('{"a\\\\":1, "x":"\\"a\\":", "a":2}')).toBeUndefined();
});

describe('the hash of the content', () => {
  it('does not depend on how the bytes come, and changes with each', () => {
    const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 7919) >> 3);
    const whole = new ContentHash().update(bytes).digest();
    expect(whole).toMatch(/^[0-9a-f]{16}$/);
    const parts = new ContentHash();
    for (let at = 0; at < bytes.length; at += 777) parts.update(bytes.subarray(at, at + 777));
    expect(parts.digest()).toBe(whole);
    const seen = new Set([whole]);
    for (const at of [0, 1, 5, 65_535, 65_536, 131_072, 200_002]) {
      const changed = bytes.slice();
      changed[at] ^= 1;
      seen.add(new ContentHash().update(changed).digest());
    }
    for (const length of [200_002, 200_000]) seen.add(new ContentHash().update(bytes.subarray(0, length)).digest());
    expect(seen.size).toBe(10);
  });

  it('finds each changed byte of a file', async () => {
    const bytes = joined(writeSafetensors(contents));
    const read = (changed: Uint8Array) => readModel(memoryFile(changed, 'test'), { verify: true });
    expect((await read(bytes)).contents.warnings).toBeUndefined();
    const silent: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] ^= 4;
      const warnings = await read(changed).then(
        (model) => model.contents.warnings,
        () => ['refused'],
      );
      if (!warnings) silent.push(at);
    }
    expect(silent).toEqual([]);
  });

  it('is not asked of a file without one, which is read, with a warning where it was to be verified', async () => {
    const bytes = joined(writeSafetensors(contents));
    const text = Buffer.from(bytes).toString('latin1').replace('"content_hash"', '"some_other_h"');
    const old = memoryFile(Uint8Array.from(Buffer.from(text, 'latin1')), 'old');
    expect(await verifyContentHash(old)).toBe(false);
    expect((await readModel(old)).words).toEqual(contents.words);
    expect((await readModel(old, { verify: true })).contents.warnings).toEqual(['it holds no hash to verify it by']);
  });
});

it('a model with NaN is written, read without these words, and told of', async () => {
  const broken = {
    ...contents,
    inputVectors: Float32Array.of(1, 2, 3, Number.NaN, 5, 6),
    outputVectors: contents.inputVectors,
  };
  const model = await readModel(memoryFile(joined(writeSafetensors(broken)), 'test'));
  expect(model).toBeInstanceOf(EmbeddingModel);
  expect(model.words).toEqual(['a', 'c']);
  expect(model.contents).toMatchObject({
    inputVectors: Float32Array.of(1, 2, 5, 6),
    outputVectors: Float32Array.of(1, 2, 5, 6),
    counts: Float64Array.of(3, 1),
    warnings: ['1 of 3 words were left out, whose vectors hold NaN or infinity: "苹果"'],
  });
});

it('rows of NaN are found wherever a large file is cut while it is read', async () => {
  const [size, dimensions] = [4300, 1000];
  const words = Array.from({ length: size }, (_, id) => `w${id}`);
  const rows = (broken: readonly number[]) => {
    const values = new Float32Array(size * dimensions).fill(1);
    for (const row of broken) values.fill(Number.NaN, row * dimensions, (row + 1) * dimensions);
    return values;
  };
  const read = async (inputs: readonly number[], outputs: readonly number[]) => {
    const model = { words, dimensions, inputVectors: rows(inputs), outputVectors: rows(outputs) };
    return (await readModel(memoryFile(joined(writeSafetensors(model)), 'test'))).contents;
  };
  // Pieces of 16 MiB end within row 4193 or 4194.
  const found = await read([0, 4193, 4194, 4299], []);
  expect(found.words).toEqual(words.filter((_, id) => ![0, 4193, 4194, 4299].includes(id)));
  expect(found.outputVectors).toHaveLength(found.words.length * dimensions);
  const withoutOutputs = await read([], [4194]);
  expect(withoutOutputs.words).toHaveLength(size);
  expect(withoutOutputs.outputVectors).toBeUndefined();
});
