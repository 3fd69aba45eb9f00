// The recipes of docs/server.md as a reader runs them, with a server where they expect it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSentenceEncoder, EmbeddingModel, saveModel } from 'wordkin';
import { normalized } from '../dist/math/vector-operations.js';
import { copyFolder, emptyStore, temporaryFolder } from './command.ts';
import { type RunningServer, startServer } from './serving.ts';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/server.md'), 'utf8');
const RECIPES = new Map(
  [...page.matchAll(/<!-- recipe: (\S+) -->\n```(\w+)\n(.*?)```/gs)].map(([, name, language, code]) => [
    name,
    { language, code },
  ]),
);

const folder = temporaryFolder();
let server: RunningServer;
let model: EmbeddingModel;
beforeAll(async () => {
  const words = 'ships ship wait in the harbour sea bread has become dear'.split(' ');
  const dimensions = 12;
  model = new EmbeddingModel({
    words,
    dimensions,
    inputVectors: Float32Array.from({ length: words.length * dimensions }, (_, i) => Math.sin(i * i * 0.37)),
    tokenizer: { name: 'words', version: 2 },
  });
  await saveModel(model, join(folder, 'news.safetensors'));
  // A project with the packages; the one of LlamaIndex, which is not maintained any more, in the part that the recipe uses.
  mkdirSync(join(folder, 'node_modules/@llamaindex/core'), { recursive: true });
  writeFileSync(
    join(folder, 'node_modules/@llamaindex/core/package.json'),
    JSON.stringify({ name: '@llamaindex/core', type: 'module', exports: { './embeddings': './embeddings.js' } }),
  );
  writeFileSync(join(folder, 'node_modules/@llamaindex/core/embeddings.js'), 'export class BaseEmbedding {}\n');
  for (const name of ['openai', 'ai'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  mkdirSync(join(folder, 'node_modules/wordkin'));
  for (const name of ['dist', 'package.json'])
    symlinkSync(join(root, name), join(folder, 'node_modules/wordkin', name));
  server = await startServer(
    join(folder, 'news.safetensors'),
    '--quiet',
    '--db',
    await emptyStore(join(folder, 'texts')),
  );
});
afterAll(() => void server.child.kill('SIGTERM'));

/** Runs a recipe's code with the address of the server in it. */
function run(name: string): Promise<string> {
  const { language, code } = RECIPES.get(name)!;
  const text = code.replaceAll('http://127.0.0.1:8080', server.url);
  const file = join(folder, `${name}.${language === 'js' ? 'mjs' : 'sh'}`);
  writeFileSync(file, text);
  const child = spawn(language === 'js' ? process.execPath : 'sh', [file], { cwd: folder });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolvePromise, reject) => {
    child.on('close', (code) => (code === 0 ? resolvePromise(stdout.trim()) : reject(new Error(stderr))));
  });
}

it.each([
  ['handler', '12'],
  ['openai', '2 12'],
  ['langchain', 'Ships wait in the harbour. true'],
  ['ai-sdk', '1.000'],
  ['llamaindex', '12'],
])('the recipe %s prints %s', async (name, printed) => {
  expect(await run(name)).toBe(printed);
});

it.skipIf(spawnSync('curl', ['--version']).status !== 0)('the recipe of curl gets the vectors', async () => {
  const { data } = JSON.parse(await run('curl'));
  const encoder = await createSentenceEncoder(model);
  expect(data.map(({ embedding }: { embedding: string }) => embedding)).toEqual(
    ['ships', 'harbour'].map((text) => Buffer.from(normalized(encoder.encode(text).vector).buffer).toString('base64')),
  );
});

it('the recipe of SQL finds texts in the database of the server', async () => {
  const texts = [
    { id: '1', text: 'Ships wait in the harbour.', metadata: { year: 2021 } },
    { id: '2', text: 'Bread has become dear.', metadata: { year: 2021 } },
    { id: '3', text: 'Ships', metadata: { year: 2022 } },
    { id: '4', text: 'unheard', metadata: { year: 2021 } },
  ];
  const headers = { 'content-type': 'application/json' };
  const send = (path: string, body: object) =>
    fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }).then((response) =>
      response.json(),
    );
  await send('/v1/texts', { texts });
  const { data } = await send('/v1/embeddings', { model: 'news', input: 'harbour' });
  const found = await send('/v1/search', { question: 'harbour', where: 'year = 2021' });
  server.child.kill('SIGTERM');
  expect(await server.ended).toBe(0);
  copyFolder(join(folder, 'texts'), join(folder, 'copy'));
  const database = await PGlite.create({ dataDir: join(folder, 'copy'), extensions: { vector } });
  const { rows } = await database.query(RECIPES.get('sql')!.code.replace(/;\s*$/, ''), [
    JSON.stringify(data[0].embedding),
  ]);
  await database.close();
  expect(rows).toEqual(
    found.map(({ id, text, similarity }: { id: string; text: string; similarity: number }) => ({
      id,
      text,
      similarity: expect.closeTo(similarity, 5),
    })),
  );
  expect(rows.length).toBe(2);
});
