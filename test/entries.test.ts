import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type * as declared from '../src/index.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

interface Conditions {
  readonly types?: string;
  readonly node?: string;
  readonly default?: string;
}
const asSource = (file: string) => file.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');

/** Entries with types, and where these are written. */
const ENTRIES = Object.entries(manifest.exports as Record<string, Conditions>).flatMap(([name, conditions]) =>
  conditions.types === undefined ? [] : [{ name, source: asSource(conditions.types), conditions }],
);
/** Those that are parts of `wordkin`; others stand for themselves. */
const isSubject = ({ source }: { source: string }) => source === 'src/index.ts' || source.startsWith('src/entries/');
const files = [...new Set(ENTRIES.map(({ source }) => join(root, source)))];
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();

function exportsOf(source: string): Map<string, ts.Symbol> {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, source))!)!;
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
      declarations.some((one) => one.getSourceFile().fileName.startsWith(join(root, 'src'))),
  );
}

function isHidden(node: ts.Node): boolean {
  const { name, modifiers } = node as { name?: ts.Node; modifiers?: readonly ts.ModifierLike[] };
  return (
    (name !== undefined && ts.isPrivateIdentifier(name)) ||
    (ts.isClassElement(node) && modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true)
  );
}

const everything = exportsOf('src/index.ts');

it.each(ENTRIES.filter(isSubject))('$name is a part of wordkin', ({ source }) => {
  const names = exportsOf(source);
  expect([...names.keys()].filter((name) => everything.get(name) !== names.get(name))).toEqual([]);
});

describe.each(ENTRIES)('$name', ({ source }) => {
  const names = exportsOf(source);

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
  const inNode: typeof declared = await import('../src/node/index.ts');
  const inPages: typeof declared = await import('../src/browser/index.ts');
  expect(Object.keys(inNode).sort()).toEqual(values(everything));
  expect(Object.keys(inPages).sort()).toEqual(values(everything));
});

const TWICE = ENTRIES.filter((entry) => isSubject(entry) && entry.conditions.node !== undefined);

it.each(TWICE)('$name is written for Node and for pages as declared', async ({ source, conditions }) => {
  const names = values(exportsOf(source));
  for (const file of [conditions.node!, conditions.default!])
    expect(Object.keys(await import(join(root, asSource(file)))).sort()).toEqual(names);
});
