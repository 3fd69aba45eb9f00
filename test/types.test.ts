// The types as a user's compiler sees them: strict, every declaration file looked at, wherever TypeScript looks for packages.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkedProject, linkPackages, pack } from './bundlers/projects.mjs';

const { ModuleKind, ModuleResolutionKind } = ts;
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

const ENVIRONMENTS: Record<string, ts.CompilerOptions> = {
  'a module of Node, with its types': {
    module: ModuleKind.NodeNext,
    moduleResolution: ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
  },
  'a module of Node, with the types of pages alone': {
    module: ModuleKind.NodeNext,
    moduleResolution: ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  },
  'what a bundler builds for pages': {
    module: ModuleKind.ESNext,
    moduleResolution: ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  },
  'what a bundler builds, by conditions of pages': {
    module: ModuleKind.ESNext,
    moduleResolution: ModuleResolutionKind.Bundler,
    customConditions: ['browser'],
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  },
};

const { exports, peerDependencies } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'),
) as { exports: Record<string, { types?: string }>; peerDependencies: Record<string, string> };
const imports = Object.entries(exports).flatMap(([path, { types }]) => (types ? [`wordkin${path.slice(1)}`] : []));

beforeAll(() => {
  linkedProject(folder, pack(folder));
  linkPackages(folder, ['@types/node', 'undici-types', ...Object.keys(peerDependencies)]);
  const everything = imports.map((name, i) => `export * as all${i} from '${name}';\n`).join('');
  writeFileSync(join(folder, 'user.ts'), `${CODE}\n${everything}`);
});

it.each(Object.entries(ENVIRONMENTS))('compile in %s', (_, environment) => {
  const program = ts.createProgram([join(folder, 'user.ts')], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    typeRoots: [join(folder, 'node_modules/@types')],
    ...environment,
  });
  const read = program.getSourceFiles().filter(({ fileName }) => fileName.includes('node_modules/wordkin/'));
  expect(read.length).toBeGreaterThan(20);
  // What LangChain's own declarations lack is not told here.
  const ours = ts.getPreEmitDiagnostics(program).filter(({ file }) => !file || file.fileName.startsWith(folder));
  const messages = ours.map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    return `${diagnostic.file?.fileName.replace(folder, '')}: ${text}`;
  });
  expect(messages).toEqual([]);
});
