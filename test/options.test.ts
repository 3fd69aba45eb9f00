// Every function and method that takes an object of options refuses what it does not know, with the nearest spelling. The compiler
// tells which there are: what is missing below fails the first test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import * as wordkin from 'wordkin';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'wordkin-options-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Functions and methods of `wordkin` with a parameter whose parts may all be left out, and the names of these parts. */
function optionsOf(): Map<string, string[]> {
  const file = join(root, 'dist/index.d.ts');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root);
  // The libraries of pages and of Node tell nothing of our options.
  const program = ts.createProgram([file], { ...options, types: [], lib: ['lib.es2023.d.ts'] });
  const checker = program.getTypeChecker();
  const found = new Map<string, string[]>();
  const visit = (name: string, signatures: readonly ts.Signature[]) => {
    for (const parameter of signatures.flatMap((signature) => signature.parameters)) {
      const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
      const parts = type.getProperties();
      const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
      const isOptions = isObject && parts.length > 0 && parts.every(({ flags }) => flags & ts.SymbolFlags.Optional);
      if (isOptions && type.getCallSignatures().length === 0)
        found.set(
          name,
          parts.map((part) => part.name),
        );
    }
  };
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!(symbol.flags & ts.SymbolFlags.Value)) continue;
    const type = checker.getTypeOfSymbol(symbol);
    visit(exported.name, type.getCallSignatures());
    visit(`new ${exported.name}`, type.getConstructSignatures());
    if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
    const members = [...type.getProperties(), ...checker.getDeclaredTypeOfSymbol(symbol).getProperties()];
    for (const member of members) {
      if (member.name === 'prototype' || member.name.includes('#')) continue;
      visit(`${exported.name}.${member.name}`, checker.getTypeOfSymbol(member).getCallSignatures());
    }
  }
  return found;
}

const model = new wordkin.EmbeddingModel({
  words: ['a', 'b', 'c'],
  dimensions: 2,
  inputVectors: Float32Array.of(1, 0, 0, 1, 1, 1),
  outputVectors: new Float32Array(6),
  counts: Float64Array.of(3, 2, 1),
});
const encoder = new wordkin.SentenceEncoder(model, wordkin.createTokenizer('whitespace'));
const store = new wordkin.MemoryTextStore();
const index = await wordkin.TextIndex.open(encoder, store);
const path = join(folder, 'model.safetensors');
await wordkin.saveModel(model, path);
const text = join(folder, 'text.jsonl');
writeFileSync(text, '{"text": "a b"}\n'.repeat(9));
const corpus = { texts: ['a b c', 'b c a'] };

/** How each is called with options; the options come last. */
const CALLS: Record<string, (options: never) => unknown> = {
  evaluateAnalogies: (options) => wordkin.evaluateAnalogies(model, 'a b c a\n', options),
  neighborOverlap: (options) => wordkin.neighborOverlap(model, model, options),
  evaluateWordPairs: (options) => wordkin.evaluateWordPairs(model, 'a b 1\nb c 2\n', options),
  'EmbeddingModel.neighbors': (options) => model.neighbors('a', options),
  'EmbeddingModel.analogy': (options) => model.analogy('a', 'b', 'c', options),
  'EmbeddingModel.predictContext': (options) => model.predictContext(['a'], options),
  readModel: (options) => wordkin.readModel(wordkin.memoryFile(new TextEncoder().encode('a 1 2\n')), options),
  readModelFolder: (options) => wordkin.readModelFolder({ name: 'x', open: async () => undefined }, options),
  predictLabels: (options) => wordkin.predictLabels(model, 'a', options),
  shrinkModel: (options) => wordkin.shrinkModel(model, options),
  loadModel: (options) => wordkin.loadModel(path, options),
  convertModel: (options) => wordkin.convertModel(path, join(folder, 'model.bin'), options),
  'Bm25Index.search': (options) => new wordkin.Bm25Index([['a']]).search(['a'], options),
  'ExactIndex.search': (options) => model.index.search([1, 0], options),
  fitSentences: (options) => wordkin.fitSentences(model, [], options),
  nearestByWordMovers: (options) => wordkin.nearestByWordMovers(encoder, 'a', ['a', 'b'], options),
  'new MemoryTextStore': (options) => new wordkin.MemoryTextStore(options),
  'MemoryTextStore.list': (options) => store.list(options),
  'TextIndex.open': (options) => wordkin.TextIndex.open(encoder, new wordkin.MemoryTextStore(), options),
  'TextIndex.add': (options) => index.add([], options),
  'TextIndex.search': (options) => index.search('a', options),
  'TextIndex.list': (options) => index.list(options),
  'TextIndex.optimize': (options) => index.optimize(options),
  cutParagraphs: (options) => wordkin.cutParagraphs({ id: 'a', text: 'b' }, options),
  openTextStore: (options) => wordkin.openTextStore(join(folder, 'store'), options),
  createTokenizer: (options) => wordkin.createTokenizer('words', options),
  openTextFiles: (options) => wordkin.openTextFiles([text], options),
  openRecords: (options) => wordkin.openRecords([text], options).next(),
  resolveTrainingOptions: (options) => wordkin.resolveTrainingOptions(options),
  train: (options) => wordkin.train(corpus, options),
  preflight: (options) => wordkin.preflight(corpus, options),
  startTraining: (options) => wordkin.startTraining(corpus, options).result,
};
/** The options of JavaScript's own errors, which take anything. */
const OF_ERRORS = ['new ModelFormatError', 'new TextDataError'];

const found = optionsOf();

it('knows all functions with options', () => {
  expect([...found.keys()].filter((name) => !OF_ERRORS.includes(name)).sort()).toEqual(Object.keys(CALLS).sort());
});

const call = async (name: string, options: unknown) => CALLS[name](options as never);

describe.each(Object.keys(CALLS))('%s', (name) => {
  const parts = found.get(name) ?? [];

  it('refuses a misspelt option and names the right one', async () => {
    for (const part of parts) {
      const misspelt = part.length > 3 ? part.slice(0, -2) + part.at(-1)! + part.at(-2)! : `${part}s`;
      if (parts.includes(misspelt) || misspelt === part) continue;
      await expect(call(name, { [misspelt]: 1 }), part).rejects.toThrow(new RegExp(`"${misspelt}".*"${part}"`));
    }
    await expect(call(name, { zzzzzzzzzzzz: 1 })).rejects.toThrow(/"zzzzzzzzzzzz"/);
  });

  it('refuses what is no object of options', async () => {
    for (const value of [3, 'text', [1], null])
      await expect(call(name, value)).rejects.toThrow(/ptions must be an obj/);
  });

  it('refuses a value of another kind by the name of the option', async () => {
    for (const part of parts) {
      const wrong = Symbol('wrong');
      await expect(call(name, { [part]: wrong }), part).rejects.toThrow(new RegExp(`"${part}"|${part}`));
    }
  });
});
