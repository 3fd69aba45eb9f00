import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { convertModel } from './convert-model.ts';
import { loadModel, saveModel } from './model-files.ts';
import { checkFileOutput, checkModelOutput, writeTextFile } from './output-target.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (...names: string[]) => join(folder, ...names);
const model = new EmbeddingModel({ words: ['a', 'b'], dimensions: 2, inputVectors: Float32Array.of(1, 2, 3, 4) });
const other = new EmbeddingModel({ words: ['c', 'd'], dimensions: 2, inputVectors: Float32Array.of(5, 6, 7, 8) });
const windows = process.platform === 'win32';
const root = process.getuid?.() === 0;

describe.skipIf(windows)('what is no file', () => {
  it('is refused and stays: a named pipe, a socket, a device', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    const server = createServer();
    await new Promise<void>((done) => server.listen(path('socket'), done));
    const places = [path('pipe'), path('socket')];
    try {
      execFileSync('mknod', [path('null'), 'c', '1', '3'], { stdio: 'ignore' });
      places.push(path('null'));
    } catch {} // only root may
    for (const place of places) {
      const { ino } = lstatSync(place);
      for (const format of ['safetensors', 'word2vec-text'] as const) {
        await expect(saveModel(model, place, format)).rejects.toThrow(/it is no file but a device, a pipe or a socket/);
        await expect(checkModelOutput(place, { format })).rejects.toThrow(/it is no file/);
      }
      await expect(saveModel(model, `${place}/`)).rejects.toThrow(/Cannot write model/);
      await expect(writeTextFile(place, 'vocabulary', 'a 1\n')).rejects.toThrow(
        /Cannot write vocabulary .* it is no file/,
      );
      expect(lstatSync(place).ino).toBe(ino);
    }
    server.close();
  });
});

describe.skipIf(process.platform !== 'linux')('what is open', () => {
  it('is refused where it has no name of its own, such as /dev/stdout in a pipe', async () => {
    const open = readdirSync('/proc/self/fd').map((name) => `/proc/self/fd/${name}`);
    const isNameless = (link: string) =>
      lstatSync(link, { throwIfNoEntry: false }) && /^(pipe|socket|anon_inode):/.test(readlinkSync(link));
    const nameless = open.filter(isNameless);
    expect(nameless.length).toBeGreaterThan(0); // the event loop has one
    symlinkSync(nameless[0], path('stdout'));
    for (const place of [nameless[0], path('stdout')]) {
      await expect(checkModelOutput(place)).rejects.toThrow(/it is no file but .* give the name of a file/);
      await expect(saveModel(model, place, 'word2vec-text')).rejects.toThrow(/it is no file but/);
    }
  });
});

describe.skipIf(windows)('symbolic links', () => {
  it('stay, and what they lead to is replaced or made', async () => {
    await saveModel(model, path('target.bin'));
    symlinkSync('target.bin', path('one.bin'));
    symlinkSync(path('one.bin'), path('two.bin'));
    await saveModel(other, path('two.bin'));
    expect(lstatSync(path('two.bin')).isSymbolicLink() && lstatSync(path('one.bin')).isSymbolicLink()).toBe(true);
    expect((await loadModel(path('target.bin'))).words).toEqual(['c', 'd']);
    symlinkSync('made-later.bin', path('dangling.bin'));
    await saveModel(model, path('dangling.bin'));
    expect((await loadModel(path('made-later.bin'))).words).toEqual(['a', 'b']);
    mkdirSync(path('elsewhere'));
    symlinkSync('elsewhere', path('link-to-folder'));
    await saveModel(model, path('link-to-folder/'));
    expect(lstatSync(path('link-to-folder')).isSymbolicLink()).toBe(true);
    expect(readdirSync(path('elsewhere'))).toContain('model.safetensors');
  });

  it('in a circle, or where two files are to be written, are refused', async () => {
    symlinkSync('round-b', path('round-a'));
    symlinkSync('round-a', path('round-b'));
    await expect(saveModel(model, path('round-a'))).rejects.toThrow('its symbolic links lead in a circle');
    await saveModel(model, path('array.npy'));
    symlinkSync('array.npy', path('link.npy'));
    await expect(saveModel(other, path('link.npy'))).rejects.toThrow('is a symbolic link, and two files');
    mkdirSync(path('blobs'));
    await saveModel(model, path('cached/'));
    writeFileSync(path('blobs/1'), readFileSync(path('cached/model.safetensors')));
    rmSync(path('cached/model.safetensors'));
    symlinkSync('../blobs/1', path('cached/model.safetensors'));
    await expect(saveModel(other, path('cached/'))).rejects.toThrow(
      '"model.safetensors" in the folder is no file of its own',
    );
    expect((await loadModel(path('cached/'))).words).toEqual(['a', 'b']);
  });
});

describe('inputs', () => {
  it('are no outputs: by the same name, another path, a link, a hard link, as words of an array, in a folder', async () => {
    mkdirSync(path('in'));
    writeFileSync(path('in/corpus.txt'), 'a b\n');
    linkSync(path('in/corpus.txt'), path('hard.txt'));
    const inputs = [path('in/corpus.txt')];
    const same = ['in/corpus.txt', join('in', '..', 'in', 'corpus.txt'), 'hard.txt'].map((name) => path(name));
    if (!windows) {
      symlinkSync('corpus.txt', path('in/soft.txt'));
      same.push(path('in/soft.txt'));
    }
    for (const output of same) {
      await expect(checkModelOutput(output, { inputs, format: 'word2vec-text' })).rejects.toThrow(
        /it is an input of the same command/,
      );
      await expect(checkFileOutput(output, 'vocabulary', { inputs })).rejects.toThrow(
        /Cannot write vocabulary .* input/,
      );
    }
    await checkModelOutput(path('in/new.bin'), { inputs: [path('in')] });
    await saveModel(model, path('words-beside.npy'));
    const beside = convertModel(path('words-beside.npy'), path('words-beside.words.txt'));
    await expect(beside).rejects.toThrow('the words of the array');
    await saveModel(model, path('static/'));
    await expect(convertModel(path('static/'), path('static/'))).rejects.toThrow(/is an input/);
    await expect(convertModel(path('static'), path('static/model.safetensors'))).rejects.toThrow(/is an input/);
    expect((await loadModel(path('static'))).words).toEqual(['a', 'b']);
  });
});

it('refuses a name that promises another format', async () => {
  await expect(saveModel(model, path('m.safetensors'), 'numpy')).rejects.toThrow(
    'its name promises safetensors, the format is numpy; name it otherwise',
  );
  await expect(saveModel(model, path('m.npy'), 'safetensors')).rejects.toThrow('promises numpy');
  await expect(saveModel(model, path('m.bin'), 'word2vec-text')).rejects.toThrow('or fasttext-binary, the format is');
  await expect(saveModel(model, `${path('slip.safetensors')}/`)).rejects.toThrow('the format is model2vec');
  await saveModel(model, path('m.vec'), 'glove-text');
  await saveModel(model, path('m.model'), 'word2vec-binary');
});

describe('places', () => {
  it('without a name, with an address, of another kind, without a folder or space are refused', async () => {
    await expect(saveModel(model, '')).rejects.toThrow('the name is empty');
    for (const address of ['https://example.org/m.bin', 's3://bucket/m.bin', 'file:///m.bin'])
      await expect(saveModel(model, address)).rejects.toThrow('nothing can be written to an address');
    await expect(saveModel(model, folder)).rejects.toThrow('it is a folder');
    await expect(saveModel(model, path('no/m.bin'))).rejects.toThrow('there is no such file or folder');
    await expect(saveModel(model, path('no/m/'))).rejects.toThrow('there is no such file or folder');
    await expect(checkModelOutput(path('no/m.bin'))).rejects.toThrow(/there is no folder ".*no"; make it first/);
    await expect(checkModelOutput('-')).rejects.toThrow('nothing to standard output');
    await expect(checkFileOutput('-', 'vocabulary')).rejects.toThrow('nothing to standard output');
    for (const name of ['m.txt.gz', 'm.ZIP'])
      await expect(saveModel(model, path(name), 'word2vec-text')).rejects.toThrow(
        /models are written unpacked; leave out/,
      );
    await expect(checkModelOutput(path('m.bin'), { byteLength: 1e18 })).rejects.toThrow(/it needs .* TB, the disk has/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.wordkin'))).toEqual([]);
  });

  it('words of another text beside a new array are not replaced', async () => {
    writeFileSync(path('notes.words.txt'), 'mine');
    await expect(saveModel(model, path('notes.npy'))).rejects.toThrow('is there without an array');
    expect(readFileSync(path('notes.words.txt'), 'utf8')).toBe('mine');
    expect(existsSync(path('notes.npy'))).toBe(false);
  });

  it('leaves the words of an array to it', async () => {
    await saveModel(model, path('array.npy'));
    const words = readFileSync(path('array.words.txt'));
    const message = 'array.words.txt": the words of the array';
    await expect(saveModel(model, path('array.words.txt'), 'glove-text')).rejects.toThrow(message);
    await expect(checkFileOutput(path('array.words.txt'), 'list')).rejects.toThrow(message);
    await expect(writeTextFile(path('array.words.txt'), 'list', 'a\n')).rejects.toThrow(message);
    expect(readFileSync(path('array.words.txt'))).toEqual(words);
    await saveModel(model, path('array.npy')); // and its own are replaced
  });

  it.skipIf(windows)('a file keeps its mode; one that may not be changed is refused', async () => {
    await saveModel(model, path('private.bin'));
    chmodSync(path('private.bin'), 0o600);
    await saveModel(other, path('private.bin'));
    expect(statSync(path('private.bin')).mode & 0o777).toBe(0o600);
    if (root) return; // may change everything
    chmodSync(path('private.bin'), 0o400);
    await expect(saveModel(model, path('private.bin'))).rejects.toThrow('permission denied');
  });
});

describe('a file beside a model', () => {
  it.skipIf(windows)('is none of the files of the model, whatever it is called', async () => {
    mkdirSync(path('beside'));
    symlinkSync('model.bin', path('beside', 'link'));
    const check = (file: string, to: string, format: 'word2vec-binary' | 'numpy' | 'model2vec') =>
      checkFileOutput(path('beside', file), 'vocabulary', { model: [path('beside', to), format] });
    const refused = /Cannot write vocabulary ".*": the model ".*" goes there; give another name/;
    await expect(check('link', 'model.bin', 'word2vec-binary')).rejects.toThrow(refused);
    await expect(check('../beside/model.bin', 'model.bin', 'word2vec-binary')).rejects.toThrow(refused);
    await expect(check('x.words.txt', 'x.npy', 'numpy')).rejects.toThrow(refused);
    mkdirSync(path('beside', 'm2v'));
    await expect(check('m2v/tokenizer.json', 'm2v/', 'model2vec')).rejects.toThrow(refused);
    await expect(check('words.txt', 'model.bin', 'word2vec-binary')).resolves.toBeUndefined();
  });

  it('has a name that is not too long, which is known before the work', async () => {
    await expect(checkModelOutput(path(`${'x'.repeat(300)}.bin`))).rejects.toThrow('the name is too long');
  });
});
