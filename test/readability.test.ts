import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// Limits that keep the code readable. Kernels and single algorithms may be longer: they are read with their mathematics.

const MAXIMUM_FUNCTION_LINES = 60;
const MAXIMUM_FILE_LINES = 400;
/** Functions that are one algorithm, with a comment a step. */
const SINGLE_ALGORITHMS = ['sentences/word-movers-distance.ts transportCost'];

const source = resolve(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(file) && !/assembly|generated/.test(file));
const texts = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]));
const outsideOfKernels = files.filter((file) => !file.startsWith('kernels'));

/** Functions with bodies and how many lines each takes. */
function functionsOf(file: string): { name: string; lines: number }[] {
  const parsed = ts.createSourceFile(file, texts.get(file)!, ts.ScriptTarget.Latest, true);
  const found: { name: string; lines: number }[] = [];
  const lineOf = (position: number) => parsed.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const name = node.name && ts.isIdentifier(node.name) ? node.name.text : `line ${lineOf(node.getStart()) + 1}`;
      found.push({ name: `${file} ${name}`, lines: lineOf(node.end) - lineOf(node.getStart()) + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

it('has functions of at most 60 lines', () => {
  const long = outsideOfKernels
    .flatMap(functionsOf)
    .filter(({ name, lines }) => lines > MAXIMUM_FUNCTION_LINES && !SINGLE_ALGORITHMS.includes(name));
  expect(long).toEqual([]);
});

it('has files of at most 400 lines, and half of them shorter than 100', () => {
  const lines = new Map(files.map((file) => [file, texts.get(file)!.split('\n').length]));
  expect(outsideOfKernels.filter((file) => lines.get(file)! > MAXIMUM_FILE_LINES)).toEqual([]);
  const sorted = [...lines.values()].sort((a, b) => a - b);
  expect(sorted[sorted.length >> 1]).toBeLessThan(100);
});

it('has no circles between files', () => {
  const importsOf = (file: string) =>
    [...texts.get(file)!.matchAll(/(?:from|import)\s*\(?\s*'(\.[^'\n]+)'/g)]
      .map(([, path]) => relative(source, resolve(source, dirname(file), path)))
      .filter((path) => texts.has(path));
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of importsOf(file)) follow(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) follow(file, []);
  expect(circles).toEqual([]);
});
