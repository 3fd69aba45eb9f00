import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type * as declared from '../src/index.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Entries with types, and where these are written. */
const ENTRIES = Object.entries(manifest.exports as Record<string, { types?: string }>).flatMap(([name, { types }]) =>
  types === undefined ? [] : [{ name, source: types.replace('./dist/', 'src/').replace('.d.ts', '.ts') }],
);
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

describe.each(ENTRIES)('$name', ({ source }) => {
  const names = exportsOf(source);

  it('is a part of wordkin', () => {
    expect([...names.keys()].filter((name) => everything.get(name) !== names.get(name))).toEqual([]);
  });

  it('documents every name', () => {
    const silent = [...names].filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('describes itself by types that can be imported', () => {
    const importable = new Set(everything.values());
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

it.each(['model', 'sentences', 'store', 'text'])(
  'wordkin/%s is written for Node and for pages as declared',
  async (name) => {
    const names = values(exportsOf(`src/entries/${name}.ts`));
    expect(Object.keys(await import(`../src/node/${name}.ts`)).sort()).toEqual(names);
    expect(Object.keys(await import(`../src/browser/${name}.ts`)).sort()).toEqual(names);
  },
);
