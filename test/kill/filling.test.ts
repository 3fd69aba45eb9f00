import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { EmbeddingModel, openTextStore, saveModel } from 'wordkin';
import { KILLS, KILLS_TIMEOUT_MS, temporaryFolder, wordkinHere } from '../command.ts';

const folder = temporaryFolder();

it(
  'a process that is killed while it fills a store loses nothing acknowledged, and the last run completes it',
  async () => {
    const model = join(folder, 'model.safetensors');
    const words = ['cat', 'kitten', 'stone', 'rock', 'tree'];
    await saveModel(new EmbeddingModel({ words, dimensions: 3, inputVectors: new Float32Array(15).fill(1) }), model);
    const many = join(folder, 'many.jsonl');
    const path = join(folder, 'killed.db/'); // as a shell completes it
    // From 20,000 on the store builds an index over them.
    const texts = process.env.WORDKIN_TEST_EVERYTHING ? 20_000 : 5_000;
    writeFileSync(
      many,
      Array.from({ length: texts }, (_, i) =>
        JSON.stringify({ id: `text ${i}`, text: `${words[i % 5]} number ${i}` }),
      ).join('\n'),
    );
    const args = [resolve('dist/cli/main.js'), 'index', many, '--model', model, '--db', path, '--json'];
    let acknowledged = 0;
    for (let round = 0; round < KILLS; round++) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      let told = 0;
      let stop: NodeJS.Timeout | undefined;
      // In the midst of opening the store, around one of the next transactions, or while the index is built.
      const awaited = texts === 20_000 && round >= KILLS - 2 ? '"optimize"' : '"index"';
      let missing = awaited === '"index"' ? 1 + (round % 3) : 1;
      child.stderr.on('data', (data: Buffer) => {
        for (const [, count] of data.toString().matchAll(/"texts":(\d+)/g)) told = Number(count);
        missing -= data.toString().split(awaited).length - 1;
        if (missing <= 0) stop ??= setTimeout(() => child.kill('SIGKILL'), Math.random() * 100);
      });
      if (round % 4 === 0 && awaited === '"index"')
        stop = setTimeout(() => child.kill('SIGKILL'), Math.random() * 2000);
      await new Promise((done) => child.on('close', done));
      clearTimeout(stop);
      acknowledged = Math.max(acknowledged, told);
      const check = await openTextStore(path);
      const there = new Set<string>();
      for await (const { id } of check.vectors()) {
        if (there.has(id)) expect.fail(`round ${round}: text ${id} is there twice`);
        there.add(id);
      }
      await check.close();
      for (let i = 0; i < acknowledged; i++)
        if (!there.has(`text ${i}`)) expect.fail(`round ${round}: text ${i} is lost`);
    }
    expect(acknowledged).toBeGreaterThan(0);
    const { stdout } = await wordkinHere(['index', many, '--model', model, '--db', path, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ texts, total: texts, search: texts === 20_000 ? 'hnsw' : 'exact' });
  },
  KILLS_TIMEOUT_MS,
);
