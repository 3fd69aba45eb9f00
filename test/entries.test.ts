import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type * as declared from 'wordkin';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Conditions {
  readonly types?: string;
  readonly node?: string;
  readonly default?: string;
}
/** Entries with types, and the file that declares them. */
const ENTRIES = Object.entries(manifest.exports as Record<string, Conditions>).flatMap(([name, conditions]) =>
  conditions.types === undefined ? [] : [{ name, types: conditions.types, conditions }],
);
/** Those that are parts of `wordkin`; others stand for themselves. */
const isSubject = ({ types }: { types: string }) =>
  types === './dist/index.d.ts' || types.startsWith('./dist/entries/');
const files = [...new Set(ENTRIES.map(({ types }) => join(root, types)))];
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
// The libraries of pages and of Node tell nothing of our names.
const program = ts.createProgram(files, { ...options, types: [], lib: ['lib.es2023.d.ts'] });
const checker = program.getTypeChecker();

function exportsOf(types: string): Map<string, ts.Symbol> {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, types))!)!;
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, original(symbol)]));
}

function original(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Names of our types in the signatures of a declaration: what a user sees of it, without bodies and private members. */
function typesNamed(declaration: ts.Node): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  function visit(node: ts.Node): void {
    if (ts.isBlock(node) || isHidden(node)) return;
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol) found.push(original(symbol));
    ts.forEachChild(node, visit);
  }
  visit(declaration);
  return found.filter(
    ({ flags, declarations = [] }) =>
      !(flags & ts.SymbolFlags.TypeParameter) &&
      declarations.some((one) => one.getSourceFile().fileName.startsWith(join(root, 'dist'))),
  );
}

function isHidden(node: ts.Node): boolean {
  const { name, modifiers } = node as { name?: ts.Node; modifiers?: readonly ts.ModifierLike[] };
  return (
    (name !== undefined && ts.isPrivateIdentifier(name)) ||
    (ts.isClassElement(node) && modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true)
  );
}

const everything = exportsOf('./dist/index.d.ts');

it.each(ENTRIES.filter(isSubject))('$name is a part of wordkin', ({ types }) => {
  const names = exportsOf(types);
  expect([...names.keys()].filter((name) => everything.get(name) !== names.get(name))).toEqual([]);
});

describe.each(ENTRIES)('$name', ({ types }) => {
  const names = exportsOf(types);

  it('documents every name', () => {
    const silent = [...names].filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('describes itself by types that can be imported', () => {
    const importable = new Set([...everything.values(), ...names.values()]);
    const leaks = [...names].flatMap(([name, { declarations = [] }]) =>
      declarations.flatMap(typesNamed).flatMap((type) => (importable.has(type) ? [] : [`${type.name} of ${name}`])),
    );
    expect([...new Set(leaks)]).toEqual([]);
  });
});

const values = (names: Map<string, ts.Symbol>) =>
  [...names].flatMap(([name, { flags }]) => (flags & ts.SymbolFlags.Value ? [name] : [])).sort();

it('is written for Node and for pages as it is declared', async () => {
  // The compiler compares the types, the test the names that are really there.
  const inNode: typeof declared = await import('../dist/node/index.js');
  const inPages: typeof declared = await import('../dist/browser/index.js');
  expect(Object.keys(inNode).sort()).toEqual(values(everything));
  expect(Object.keys(inPages).sort()).toEqual(values(everything));
});

const TWICE = ENTRIES.filter((entry) => isSubject(entry) && entry.conditions.node !== undefined);

it.each(TWICE)('$name is written for Node and for pages as declared', async ({ types, conditions }) => {
  const names = values(exportsOf(types));
  for (const file of [conditions.node!, conditions.default!])
    expect(Object.keys(await import(join(root, file))).sort()).toEqual(names);
});
