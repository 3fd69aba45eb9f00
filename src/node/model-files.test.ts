import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { EmbeddingModel, floatContents } from '../model/embedding-model.ts';
import { ModelFormatError } from '../model/formats/model-file.ts';
import { convertModel } from './convert-model.ts';
import { loadModel, saveModel } from './model-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);
const model = new EmbeddingModel({
  words: ['苹果', 'b'],
  dimensions: 2,
  inputVectors: Float32Array.of(1, 2, 3, -0.5),
  counts: Float64Array.of(7, 3),
});
/** Of more than one piece that is fetched. */
const large = new EmbeddingModel({
  words: Array.from({ length: 10_000 }, (_, i) => `word${i}`),
  dimensions: 160,
  inputVectors: Float32Array.from({ length: 160 * 10_000 }, (_, i) => i),
});

describe('compressed models', () => {
  it('reads of addresses only those of the web', async () => {
    await expect(loadModel('s3://bucket/m.bin')).rejects.toThrow('only those with http and https are read');
  });

  it('are read by their content: .gz of several members, .zst, of any format', async () => {
    for (const name of ['a.bin', 'a.txt', 'a.safetensors', 'a.fasttext.bin', 'a.npy']) {
      await saveModel(model, path(name));
      const bytes = readFileSync(path(name));
      writeFileSync(
        path(`${name}.packed`),
        Buffer.concat([gzipSync(bytes.subarray(0, 20)), gzipSync(bytes.subarray(20))]),
      );
      const packed = name === 'a.npy' ? path('a.npy.gz') : path(`${name}.packed`);
      if (name === 'a.npy') writeFileSync(packed, gzipSync(bytes));
      const back = await loadModel(packed);
      expect(back.words).toEqual(model.words);
      expect(back.contents.inputVectors).toEqual(model.contents.inputVectors);
    }
    // zstd of "1 1\na 1\n" in one raw block.
    const content = Buffer.from('1 1\na 1\n');
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, (content.length << 3) | 1, 0, 0, ...content];
    writeFileSync(path('a.zst'), Uint8Array.from(frame));
    expect((await loadModel(path('a.zst'))).words).toEqual(['a']);
    expect(readdirSync(tmpdir()).filter((name) => name === 'model')).toEqual([]);
  });

  it('are refused if damaged, or if they unpack to more than is believed, in little time and space', async () => {
    const bytes = gzipSync(readFileSync(path('a.bin')));
    writeFileSync(path('cut.gz'), bytes.subarray(0, -5));
    await expect(loadModel(path('cut.gz'))).rejects.toThrow('its compressed data is damaged or ends early');
    await expect(loadModel(path('cut.gz'))).rejects.toThrow(ModelFormatError);
    writeFileSync(path('damaged.zst'), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, 1, 2, 3, 4));
    await expect(loadModel(path('damaged.zst'))).rejects.toThrow('its compressed data is damaged');
    const bomb = gzipSync(Buffer.concat([Buffer.from('1 1\na '), Buffer.alloc(5_000_000, '0')]));
    writeFileSync(path('bomb.gz'), bomb);
    await expect(loadModel(path('bomb.gz'), { maximumUnpackedBytes: 1e6 })).rejects.toThrow(
      /unpacks to more than 1\.0 MB; if that is right, raise maximumUnpackedBytes/,
    );
    // Packed twice is no model.
    writeFileSync(path('twice.gz'), gzipSync(bytes));
    await expect(loadModel(path('twice.gz'))).rejects.toThrow('it is compressed by gzip; unpack it first');
  });
});

describe('large files', () => {
  it('of 64 MB, which may be read past the cache of the system, are read to the last byte', async () => {
    const [rows, dimensions] = [4200, 4000];
    const header = `\x93NUMPY\x01\0\x76\0${`{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dimensions}), }`.padEnd(117)}\n`;
    // Zeros but for a few values, at the edges of all pieces: a file with holes.
    const values = rows * dimensions;
    const marked = [0, 1, 1023, 1024, 262_143, values - 1025, values - 1024, values - 2, values - 1];
    for (let edge = (1 << 22) - header.length / 4; edge < values; edge += 1 << 22) marked.push(edge - 1, edge);
    const file = openSync(path('holes.npy'), 'w');
    writeSync(file, header, 0, 'latin1');
    for (const [i, at] of marked.entries()) writeSync(file, Float32Array.of(i + 1), 0, 4, header.length + 4 * at);
    closeSync(file);
    writeFileSync(path('holes.words.txt'), Array.from({ length: rows }, (_, row) => `w${row}\n`).join(''));
    const { inputVectors } = floatContents((await loadModel(path('holes.npy'))).contents);
    expect(marked.map((at) => inputVectors[at])).toEqual(marked.map((_, i) => i + 1));
    for (const at of marked) inputVectors[at] = 0;
    expect(inputVectors.every((value) => value === 0)).toBe(true);
  });

  it('are read to the last byte, wherever the vectors begin in a page', async () => {
    const dimensions = 1011;
    const words = Array.from({ length: 1100 }, (_, i) => `word${i ** 3}`);
    const inputVectors = Float32Array.from({ length: dimensions * words.length }, (_, i) => i);
    for (const name of ['l.bin', 'l.safetensors', 'l.fasttext.bin', 'l.npy']) {
      for (const first of name === 'l.bin' ? ['a', 'ab', 'abc'] : ['a', 'ab']) {
        await saveModel(
          new EmbeddingModel({ words: [first, ...words.slice(1)], dimensions, inputVectors }),
          path(name),
        );
        const back = floatContents((await loadModel(path(name))).contents);
        expect(
          Buffer.compare(
            Buffer.from(back.inputVectors.buffer, back.inputVectors.byteOffset, back.inputVectors.byteLength),
            Buffer.from(inputVectors.buffer),
          ),
          name,
        ).toBe(0);
        expect([back.words[0], back.words.at(-1)]).toEqual([first, words.at(-1)]);
      }
      truncateSync(path(name), 4_000_001);
      await expect(loadModel(path(name))).rejects.toThrow(/l\.|left|cut off/);
    }
  });
});

describe('folders', () => {
  it('are made, or get new files of the same model format', async () => {
    const target = path('model/');
    await saveModel(model, target);
    expect(readdirSync(target).sort()).toEqual(['config.json', 'model.safetensors', 'modules.json', 'tokenizer.json']);
    const other = new EmbeddingModel({ ...model.contents, words: ['other', 'words'] });
    await saveModel(other, target);
    expect((await loadModel(target)).words).toEqual(['other', 'words']);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);

    // What is not ours stays, and a model of another format is not mixed with this one.
    writeFileSync(path('model/letters.txt'), 'dear');
    await saveModel(model, target);
    expect(readFileSync(path('model/letters.txt'), 'utf8')).toBe('dear');
    await expect(saveModel(model, target, 'projector')).rejects.toThrow(
      /the folder holds "config\.json", .* and no model of this format \(no "projector_config\.json"\)/,
    );
    expect((await loadModel(target)).words).toEqual(model.words);
    mkdirSync(path('mine'));
    writeFileSync(path('mine/README.md'), 'my notes');
    await expect(saveModel(model, path('mine/'))).rejects.toThrow('the folder holds "README.md" and no model');
    expect(readdirSync(path('mine'))).toEqual(['README.md']);
    writeFileSync(path('file'), '');
    await expect(saveModel(model, path('file/'))).rejects.toThrow('it is a file, the format is a folder');
    const broken = new EmbeddingModel({ ...model.contents, words: ['a', 'b\n'] });
    await expect(saveModel(broken, path('new-projector/'))).rejects.toThrow('Cannot write word');
    expect(existsSync(path('new-projector'))).toBe(false);
  });

  it('are told from other endings', async () => {
    await expect(saveModel(model, path('x.fifu'))).rejects.toThrow('no format that is written ends in ".fifu"');
    await saveModel(model, path('x.npy'));
    expect(readFileSync(path('x.words.txt'), 'utf8')).toBe('苹果\nb\n');
    mkdirSync(path('empty'));
    await expect(loadModel(path('empty'))).rejects.toThrow('a folder must hold');
    await expect(loadModel(path('nowhere'))).rejects.toThrow('there is no such file or folder');
  });
});

describe('models on the web', () => {
  it('are fetched in parts where the server has them, else whole; folders by their address', async () => {
    await saveModel(large, path('large.bin'));
    await saveModel(model, path('web/'));
    const bytes = readFileSync(path('large.bin'));
    let sent = 0;
    let changes = 0;
    const handle = (request: IncomingMessage, response: ServerResponse) => {
      const url = request.url!;
      const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const file = url.startsWith('/web/') ? path(url.slice(1)) : url.includes('large') ? path('large.bin') : undefined;
      if (!file || !existsSync(file)) {
        response.writeHead(404).end('no');
        return;
      }
      const body = readFileSync(file);
      if (url === '/changing-large.bin') response.setHeader('etag', `"${changes++}"`);
      if (begin === undefined || url.startsWith('/whole')) {
        sent += body.length;
        response.end(body);
        return;
      }
      const part = body.subarray(Number(begin), Number(end) + 1);
      sent += part.length;
      response
        .writeHead(206, { 'content-range': `bytes ${begin}-${Number(begin) + part.length - 1}/${body.length}` })
        .end(part);
    };
    const server = createServer(handle);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const place of ['large.bin', 'whole-large.bin']) {
        const back = await loadModel(`${origin}/${place}`);
        expect(back.words.join(' ')).toBe(large.words.join(' '));
        const [got, wanted] = [back, large].map(({ contents }) =>
          Buffer.from(floatContents(contents).inputVectors.slice().buffer),
        );
        expect(got.equals(wanted)).toBe(true);
      }
      sent = 0;
      expect((await loadModel(new URL(`${origin}/large.bin`), { limit: 1000 })).size).toBe(1000);
      expect(sent).toBeLessThan(0.7 * bytes.length); // a piece of 4 MB
      expect((await loadModel(`${origin}/web/`)).words).toEqual(model.words);
      await expect(loadModel(`${origin}/none.bin`)).rejects.toThrow('the server has no such file');
      await expect(loadModel(`${origin}/changing-large.bin`)).rejects.toThrow('it was changed while it was read');
    } finally {
      server.close();
    }
    await expect(loadModel(`${origin}/large.bin`)).rejects.toThrow('the server cannot be reached');
  });
});

describe('convertModel', () => {
  it('reads back what it wrote, compares it, and says what was lost', async () => {
    await saveModel(model, path('in.safetensors'));
    const result = await convertModel(path('in.safetensors'), path('out.bin'));
    expect(result).toMatchObject({
      words: 2,
      dimensions: 2,
      format: 'word2vec-binary',
      comparedRows: 2,
      equalRows: 2,
      largestError: 0,
      lost: ['the counts of 2 words'],
    });
    expect(result.hash).toBe(result.hashRead);
    const subwords = {
      options: { minNgram: 1, maxNgram: 2, buckets: 3 },
      buckets: Uint32Array.of(0, 1, 2),
      vectors: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    };
    await saveModel(new EmbeddingModel({ ...model.contents, subwords }), path('in.safetensors'));
    const solved = await convertModel(path('in.safetensors'), path('out.fasttext.bin'), { limit: 1 });
    expect(solved).toMatchObject({ words: 1, format: 'fasttext-binary', lost: [] });
    expect(solved.largestError).toBeLessThan(1e-6);
    expect((await loadModel(path('out.fasttext.bin'))).contents.subwords).toEqual(subwords);
  });
});
