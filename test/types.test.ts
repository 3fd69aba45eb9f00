// The types as a user's compiler sees them: strict, every declaration file looked at, wherever TypeScript looks for packages.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compilerPath } from '../scripts/compiler.mjs';
import { linkedProject, linkPackages, packed, run } from './bundlers/projects.mjs';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wordkin-types-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CODE = `
import { createSentenceEncoder, loadModel, openTextStore, saveModel, TextIndex, train } from 'wordkin';
import type { Algorithm, Loss, TrainInput, TrainOptions, VectorQuery } from 'wordkin';
import { loadModel as load, modelBlob } from 'wordkin/model';
import { createSentenceEncoder as encoderOf } from 'wordkin/sentences';
import { MemoryTextStore } from 'wordkin/store';
import { ExactIndex } from 'wordkin/search';
import { evaluateAnalogies } from 'wordkin/evaluation';
import { memoryFile, readModel } from 'wordkin/formats';
import { openTextFiles } from 'wordkin/text';
import * as inNode from 'wordkin/node';
import * as inPages from 'wordkin/browser';

const input: TrainInput = { files: 'corpus.txt' };
const options: TrainOptions = { dimensions: 100, checkpointFolder: 'kept', field: 'body' };
const { model } = await train(input, options);
await train({ files: ['a.txt', 'b.txt'] });
declare const picked: File[];
await train({ files: picked });
await saveModel(model, 'model.safetensors');
const again = [await loadModel('model.safetensors'), await load(picked[0]), await load(picked)];
const encoder = await createSentenceEncoder(model);
const index = await TextIndex.open(await encoderOf(again[0]), await openTextStore('texts'));
await TextIndex.open(encoder, new MemoryTextStore());
const size: number = modelBlob(model).size + (await readModel(memoryFile(new Uint8Array(9)))).size;
const same: typeof inNode = inPages;
const query: VectorQuery['count'] = 3;
const named: [Algorithm, Loss] = ['cbow', 'softmax'];
export { ExactIndex, evaluateAnalogies, index, named, openTextFiles, query, same, size };

// @ts-expect-error: a mistake is one wherever TypeScript looks
await train({ files: 3 });
// @ts-expect-error: no such option
await train(input, { dimension: 100 });
`;

const PAGES = ['es2023', 'dom', 'dom.iterable'];
const ENVIRONMENTS: Record<string, object> = {
  'a module of Node, with its types': { module: 'nodenext', lib: ['es2023'], types: ['node'] },
  'a module of Node, with the types of pages alone': { module: 'nodenext', lib: PAGES, types: [] },
  'what a bundler builds for pages': { module: 'esnext', moduleResolution: 'bundler', lib: PAGES, types: [] },
  'what a bundler builds, by conditions of pages': {
    module: 'esnext',
    moduleResolution: 'bundler',
    customConditions: ['browser'],
    lib: PAGES,
    types: [],
  },
};

const { exports, peerDependencies } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'),
) as { exports: Record<string, { types?: string }>; peerDependencies: Record<string, string> };
const imports = Object.entries(exports).flatMap(([path, { types }]) => (types ? [`wordkin${path.slice(1)}`] : []));

beforeAll(() => {
  linkedProject(folder, packed().archive);
  linkPackages(folder, ['@types/node', 'undici-types', ...Object.keys(peerDependencies)]);
  const everything = imports.map((name, i) => `export * as all${i} from '${name}';\n`).join('');
  writeFileSync(join(folder, 'user.ts'), `${CODE}\n${everything}`);
});

it.each(Object.entries(ENVIRONMENTS))('compile in %s', async (_, environment) => {
  const general = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', listFiles: true };
  const typeRoots = [join(folder, 'node_modules/@types')];
  const compilerOptions = { ...general, typeRoots, ...environment };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
  const { said } = await run(compilerPath, ['-p', '.', '--pretty', 'false', '--checkers', '1'], folder);
  const lines = said.split('\n');
  expect(lines.filter((line) => line.startsWith(join(folder, 'node_modules/wordkin/'))).length).toBeGreaterThan(20);
  // What LangChain's own declarations lack is not told here: it is told by a path out of the project.
  expect(lines.filter((line) => /error TS/.test(line) && !line.startsWith('../'))).toEqual([]);
});
