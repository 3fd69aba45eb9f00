import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// Limits that keep the code readable. Kernels and single algorithms may be longer: they are read with their mathematics. So may what is read
// from top to bottom: tests, the components of the page with their markup, and its texts.

const MAXIMUM_FUNCTION_LINES = 60;
const MAXIMUM_FILE_LINES = 400;
/** Functions that are one algorithm, with a comment a step. */
const SINGLE_ALGORITHMS = [
  'src/sentences/word-movers-distance.ts transportCost',
  'web/src/views/point-painter.ts webglPainter', // WebGL's calls in their order
];
/** Files that hold one thing whose parts know each other. */
const LONG_FILES = ['web/src/views/word-map.ts', 'web/src/engine/engine.ts', 'bench/text-search.mjs'];

const root = resolve(import.meta.dirname, '..');
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)).replaceAll('\\', '/'))
    .filter(
      (file) => /(?<!\.d)\.(m?ts|m?js|tsx)$/.test(file) && !/\.(test|contract)\.ts$|assembly|generated/.test(file),
    );
const source = filesIn('src');
const beside = ['bench', 'examples', 'scripts', 'test', 'web'].flatMap(filesIn);
const files = [...source, ...beside];
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
/** Those with limits. */
const limited = files.filter((file) => !/^src\/kernels\/|\.tsx$|^web\/src\/language\//.test(file));

const linesOf = (file: string) => texts.get(file)!.trimEnd().split('\n').length;

/** Functions with bodies and how many lines each takes. */
function functionsOf(file: string): { name: string; lines: number }[] {
  const settings = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const parsed = ts.createSourceFile(file, texts.get(file)!, settings, true);
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
  const long = limited
    .filter((file) => linesOf(file) > MAXIMUM_FUNCTION_LINES)
    .flatMap(functionsOf)
    .filter(({ name, lines }) => lines > MAXIMUM_FUNCTION_LINES && !SINGLE_ALGORITHMS.includes(name));
  expect(long).toEqual([]);
});

it('has files of at most 400 lines, and half of them shorter than 100', () => {
  const long = limited.filter((file) => linesOf(file) > MAXIMUM_FILE_LINES);
  expect(long.filter((file) => !LONG_FILES.includes(file))).toEqual([]);
  const sorted = source.map(linesOf).sort((a, b) => a - b);
  expect(sorted[sorted.length >> 1]).toBeLessThan(100);
});

it('has no circles between files', () => {
  const importsOf = (file: string) =>
    [...texts.get(file)!.matchAll(/(?:from|import)\s*\(?\s*'(\.[^'\n]+)'/g)]
      .map(([, path]) => join(dirname(file), path).replaceAll('\\', '/'))
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
