import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

/** Which folder of src may import from which others. A line missing here is a design question. */
const MAY_IMPORT: Record<string, string[]> = {
  math: [],
  threads: [],
  kernels: ['math'],
  text: [],
  vocabulary: ['kernels', 'text'],
  corpus: ['vocabulary', 'kernels', 'text'],
  search: ['kernels', 'text', 'math'],
  model: ['search', 'text', 'math'],
  sentences: ['model', 'text', 'math'],
  evaluation: ['model', 'sentences', 'search', 'text', 'math'],
  store: ['sentences', 'search', 'text', 'math'],
  training: ['threads', 'corpus', 'vocabulary', 'kernels', 'model', 'text', 'math'],
  preflight: ['training', 'corpus', 'vocabulary', 'kernels', 'text'],
  'train.ts': ['preflight', 'training', 'model', 'corpus', 'vocabulary', 'text', 'math'],
  distributed: ['train.ts', 'preflight', 'training', 'corpus', 'vocabulary', 'kernels', 'model', 'text', 'math'],
  environment: ['training', 'store', 'sentences', 'model', 'text'],
  entries: [
    ...['environment', 'training', 'corpus', 'vocabulary', 'kernels'],
    ...['evaluation', 'store', 'sentences', 'model', 'search', 'text', 'math'],
  ],
  'index.ts': ['entries'],
  'model-entry.ts': ['entries'],
  node: [
    ...['index.ts', 'entries', 'environment', 'train.ts', 'preflight', 'training', 'model', 'sentences', 'store'],
    ...['evaluation', 'search', 'threads', 'corpus', 'vocabulary', 'kernels', 'text', 'math', 'distributed', 'server'],
  ],
  browser: [
    ...['index.ts', 'entries', 'environment', 'train.ts', 'preflight', 'training', 'model', 'sentences', 'store'],
    ...['threads', 'corpus', 'text'],
  ],
  server: ['store', 'sentences', 'model', 'text', 'math'],
  adapters: ['store', 'sentences', 'text', 'math'],
  cli: ['node', 'entries', 'model-entry.ts', 'adapters', 'model', 'sentences', 'text', 'math', 'distributed'],
};
const source = resolve(import.meta.dirname, '../src');
const optional = JSON.parse(readFileSync(resolve(source, '../package.json'), 'utf8')).optionalDependencies;
/** Packages that portable folders may import: none. The edges may import these; Node what is optional, too. */
const PACKAGES: Record<string, RegExp> = {
  node: new RegExp(
    `^(node:.*|worker_threads|tinyglobby|zstddec/stream|hyparquet(-compressors)?|jieba-wasm|koffi|(${Object.keys(optional).join('|')})(/.*)?)$`,
  ),
  browser: /^(jieba-wasm\/web|zstddec\/stream|@huggingface\/tokenizers|@electric-sql\/pglite(-pgvector)?)$/,
  server: /^(hono(\/.*)?|zod)$/, // optional peers: nothing else imports this folder but what serves
  adapters: /^(@langchain\/core\/.*|@modelcontextprotocol\/sdk\/.*|zod)$/, // optional peers, too
  cli: /^(node:.*|commander|@modelcontextprotocol\/sdk\/.*)$/,
};

const files = readdirSync(source, { recursive: true })
  .map(String)
  .filter(
    (file) =>
      file.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(file) && !/kernels.(assembly|generated)/.test(file),
  );
const folderOf = (file: string) => file.split(/[\\/]/)[0];
const importsOf = (file: string) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(
    ([, path]) => path,
  );

it('finds the sources', () => expect(files.length).toBeGreaterThan(40));

it.each(files)('%s imports only what its folder may', (file) => {
  const folder = folderOf(file);
  for (const path of importsOf(file)) {
    if (!path.startsWith('.')) {
      expect(path).toMatch(PACKAGES[folder] ?? /^no package at all$/);
      continue;
    }
    const target = folderOf(relative(source, resolve(source, dirname(file), path)));
    if (target !== folder) expect(MAY_IMPORT[folder], `${file} imports ${path}`).toContain(target);
  }
});

/** What is loaded with a file of src: files and packages, but for types and for what is imported later. */
function loadedWith(entry: string): Set<string> {
  const reached = new Set<string>();
  const follow = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    const code = readFileSync(join(source, file), 'utf8');
    for (const [, typesOnly, path] of code.matchAll(/^(?:import|export) (type )?(?:[^'()]*? from )?'([^'\n]+)';$/gm)) {
      if (typesOnly) continue;
      if (path.startsWith('.')) follow(relative(source, resolve(source, dirname(file), path)));
      else reached.add(path);
    }
  };
  follow(entry);
  return reached;
}

it.each(files.filter((file) => /formats[\\/]read/.test(file)))('%s pulls in no writer of models', (reader) => {
  expect([...loadedWith(reader)].filter((file) => /formats[\\/]writ/.test(file))).toEqual([]);
});

const SUBJECTS = ['model', 'sentences', 'store', 'text'];
const entries = ['node', 'browser'].flatMap((edge) => SUBJECTS.map((name) => `${edge}/${name}.ts`));
const portable = ['search', 'evaluation', 'formats'].map((name) => `entries/${name}.ts`);

it.each([...entries, ...portable, 'model-entry.ts'])('%s pulls in no training code', (entry) => {
  const reached = [...loadedWith(entry)];
  const training = /^(train\.ts|training|preflight|corpus|vocabulary|kernels[\\/]word2vec[\\/])/;
  expect(reached.filter((file) => training.test(file))).toEqual([]);
  expect(reached.length).toBeGreaterThan(3);
});

it.each([...entries, ...portable, 'node/index.ts', 'browser/index.ts'])('%s pulls in no optional package', (entry) => {
  const packages = [...loadedWith(entry)].filter(
    (path) => !path.endsWith('.ts') && !/^(node:|worker_threads$)/.test(path),
  );
  expect(packages.filter((name) => !entry.startsWith('node/') || name in optional)).toEqual([]);
});
