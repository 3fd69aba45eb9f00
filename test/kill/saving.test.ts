import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EmbeddingModel, loadModel, saveModel } from 'wordkin';
import { KILLS, KILLS_TIMEOUT_MS, temporaryFolder } from '../command.ts';

const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);

const NAMES = ['k.safetensors', 'k.bin', 'k.npy', 'k/', 'k-projector/'];

/** A program that saves models of two sizes by turns, in all formats beside each other. */
const saver = path('saver.mjs');
writeFileSync(
  saver,
  `import { EmbeddingModel, saveModel } from ${JSON.stringify(resolve(import.meta.dirname, '../../dist/node/model.js'))};
   const models = [[1, 3000], [2, 9000]].map(([kind, size]) => new EmbeddingModel({
     words: Array.from({ length: size }, (_, i) => \`of\${kind}x\${i}\`),
     dimensions: 20,
     inputVectors: new Float32Array(20 * size).fill(kind),
   }));
   let saved = 0;
   await Promise.all(process.argv.slice(2).map(async (path) => {
     for (let i = 0; ; i++) {
       await saveModel(models[i % 2], path);
       if (i === 0 && ++saved === process.argv.length - 2) console.log('saved');
     }
   }));`,
);

function expectWhole(model: EmbeddingModel): void {
  const kind = model.row(0)[0];
  expect(model.size).toBe({ 1: 3000, 2: 9000 }[kind]);
  for (let id = 0; id < model.size; id++) {
    if (model.word(id) !== `of${kind}x${id}` || model.row(id)[19] !== kind)
      expect.fail(`row ${id} is of another model`);
  }
}

describe('a process that is killed while it saves', () => {
  it('leaves the old model or the new one, whole, and nothing else after the next save', {
    timeout: KILLS_TIMEOUT_MS,
  }, async () => {
    const paths = NAMES.map((name) => path(name));
    for (let round = 0; round < KILLS; round++) {
      const child = spawn(process.execPath, [saver, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((done) => child.on('close', done));
      await new Promise((done) => child.stdout.once('data', done));
      await wait(Math.random() * 100);
      child.kill('SIGKILL');
      await ended;
      for (const name of paths) expectWhole(await loadModel(name));
    }
    const small = new EmbeddingModel({ words: ['a'], dimensions: 1, inputVectors: Float32Array.of(1) });
    for (const name of paths) await saveModel(small, name);
    const inside = paths.filter((name) => name.endsWith('/')).flatMap((name) => readdirSync(name));
    expect([...readdirSync(folder), ...inside].filter((file) => file.startsWith('.wordkin'))).toEqual([]);
  });
});
