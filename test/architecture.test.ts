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
  search: ['kernels', 'math'],
  model: ['search', 'text', 'math'],
  sentences: ['model', 'text', 'math'],
  evaluation: ['model', 'sentences', 'search', 'text', 'math'],
  store: ['sentences', 'search', 'text', 'math'],
  training: ['threads', 'corpus', 'vocabulary', 'kernels', 'model', 'text', 'math'],
  preflight: ['training', 'corpus', 'vocabulary', 'kernels', 'text'],
  'train.ts': ['preflight', 'training', 'model', 'corpus', 'vocabulary', 'text', 'math'],
  'model-entry.ts': ['model', 'sentences', 'store', 'search', 'evaluation', 'text', 'math'],
  'index.ts': ['model-entry.ts', 'training', 'corpus', 'vocabulary', 'text'],
  node: [
    ...[
      'index.ts',
      'train.ts',
      'model-entry.ts',
      'preflight',
      'training',
      'threads',
      'model',
      'evaluation',
      'store',
      'kernels',
    ],
    ...['corpus', 'vocabulary', 'text', 'math'],
  ],
  browser: ['index.ts', 'train.ts', 'preflight', 'training', 'model', 'sentences', 'store', 'corpus', 'text'],
  cli: ['node', 'model-entry.ts', 'text'],
};
/** Packages that portable folders may import: none. The edges may import these. */
const PACKAGES: Record<string, RegExp> = {
  node: /^(node:.*|csv-parse|csv-parse\/sync|tinyglobby|zstddec\/stream|@node-rs\/jieba.*|jieba-wasm|@electric-sql\/pglite(-pgvector)?|pg|pg-copy-streams|@huggingface\/tokenizers|hyparquet(-compressors)?)$/,
  browser: /^(jieba-wasm\/web|zstddec\/stream|@huggingface\/tokenizers|@electric-sql\/pglite(-pgvector)?)$/,
  cli: /^(node:.*|commander)$/,
};

const source = resolve(import.meta.dirname, '../src');
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

it('using a model pulls in no training code', () => {
  const reached = new Set<string>();
  const follow = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const path of importsOf(file))
      if (path.startsWith('.')) follow(relative(source, resolve(source, dirname(file), path)));
  };
  follow('model-entry.ts');
  const folders = new Set([...reached].map(folderOf));
  expect([...folders].sort()).toEqual([
    'evaluation',
    'kernels',
    'math',
    'model',
    'model-entry.ts',
    'search',
    'sentences',
    'store',
    'text',
  ]);
  expect([...reached].filter((file) => file.includes('kernels/word2vec/'))).toEqual([]);
});
