// The API reference as `npm run docs` writes it: a page for each import, every name on it, no warning.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, { types?: string }>;
};
const folder = temporaryFolder();
const described = Object.entries(exports).filter(
  ([, { types }], at, all) => types && all.findIndex(([, other]) => other.types === types) === at,
);
const nameOf = (path: string) => `wordkin${path.slice(1)}`;

beforeAll(() => {
  // It ends before garbage has to be collected.
  const flags = [
    '--single-threaded-gc',
    '--initial-heap-size=1000',
    '--min-semi-space-size=64',
    '--max-semi-space-size=64',
  ];
  execFileSync(process.execPath, [...flags, join(root, 'scripts/docs.mjs'), folder], { stdio: 'pipe' }); // fails with a warning
});

describe.each(described.map(([path]) => nameOf(path)))('%s', (name) => {
  it('has a page that describes all its values', async () => {
    const page = readFileSync(join(folder, `${name}.md`), 'utf8').replaceAll('\\', ''); // it writes \_ for _
    const headings = new Set(Array.from(page.matchAll(/^### ([\w$]+)(?:\(\))?$/gm), ([, heading]) => heading));
    const values = Object.keys(await import(name));
    expect(values.length).toBeGreaterThan(0);
    expect(values.filter((value) => !headings.has(value))).toEqual([]);
  });

  it('leads to places that are there', () => {
    const page = readFileSync(join(folder, `${name}.md`), 'utf8');
    const links = Array.from(page.matchAll(/\]\(([^)#\s]+\.md)/g), ([, link]) => link);
    expect(links.filter((link) => !existsSync(resolve(folder, name, '..', link)))).toEqual([]);
  });
});

it('shows the strings of a choice', () => {
  expect(readFileSync(join(folder, 'wordkin/model.md'), 'utf8')).toMatch(/type ModelFormat =[^;]*"model2vec"/);
});

it('names every page in its table of contents', () => {
  const contents = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const [path] of described) expect(contents).toContain(`(${nameOf(path)}.md)`);
});
