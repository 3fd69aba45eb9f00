import { expect, it } from 'vitest';
import * as library from './index.ts';

const model = new library.EmbeddingModel({
  words: ['a', 'b'],
  dimensions: 2,
  inputVectors: Float32Array.of(1, 0, 0, 1),
});
const index = new library.ExactIndex(Float32Array.of(1, 0, 0, 1), 2);
const encoder = new library.SentenceEncoder(model, library.createTokenizer('whitespace'));
const odd = (value: unknown) => value as never;
const encoderWith = (settings: unknown) => new library.SentenceEncoder(model, encoder.tokenizer, odd(settings));

/** A call with a value of another kind, and what its message must say of it. */
const CALLS: readonly (readonly [string, () => unknown, string])[] = [
  ['row of a bigint', () => model.row(odd(1n)), '"id" must be below 2, got 1'],
  ['word of a symbol', () => model.word(odd(Symbol('s'))), '"id" must be below 2, got a symbol'],
  ['options that are a Map', () => model.neighbors('a', odd(new Map())), 'Options must be an object'],
  ['options that are a Promise', () => index.search([1, 2], odd(Promise.resolve())), 'got a Promise (await it)'],
  ['a query of bigints', () => index.search(odd([1n, 2n])), 'the query must hold numbers alone'],
  ['a query of texts', () => index.search(odd(['1', '2'])), 'the query must hold numbers alone'],
  ['a query with a hole', () => index.search(Array(2)), 'the query must hold numbers alone'],
  ['a typed array of bigints', () => index.similarities(odd(new BigInt64Array(2))), 'must hold numbers alone'],
  ['no queries', () => index.searchMany(odd(undefined), []), '"queries" must be an array'],
  ['no options', () => index.searchMany([], odd({})), '"options" must be an array'],
  ['a limit below nothing', () => index.similarities([1, 2], -1), '"limit" must be an integer of at least 1, got -1'],
  ['a limit that is a text', () => index.similarities([1, 2], odd('1')), '"limit" must be'],
  ['rows that are left out', () => index.search([1, 2], { exclude: odd({}) }), '"exclude" must be a Set'],
  ['dimensions', () => new library.ExactIndex(Float32Array.of(1), odd(1n)), '"vectors" must be whole rows'],
  ['negative dimensions', () => new library.ExactIndex(odd({ size: 1, dimensions: -1 })), 'must be whole rows'],
  ['rows without rows', () => new library.ExactIndex(odd({ size: 1, dimensions: 1 })), 'must be whole rows'],
  ['a null among numbers', () => library.cosineSimilarity(odd([null, 1]), [1, 2]), 'give arrays of numbers'],
  ['a row that is a symbol', () => new library.Bm25Index().delete(odd(Symbol('s'))), 'Cannot delete row a symbol'],
  ['a tokenizer that is empty', () => library.createSentenceEncoder(model, odd('')), 'tokenizer'],
  ['settings', () => new library.SentenceEncoder(model, encoder.tokenizer, odd(5)), 'Options must be an object'],
  ['a weighting alone', () => encoderWith({ weighting: 'sif' }), 'The settings of sentences lack "unknownWeight"'],
  ['no weights', () => encoderWith({ ...library.PLAIN_MEAN, weighting: 'icf' }), 'lack "weights"'],
  ['no such setting', () => encoderWith({ ...library.PLAIN_MEAN, weightin: 'sif' }), 'did you mean "weighting"'],
  ['no such weighting', () => encoderWith({ weighting: 'tfidf' }), 'must be mean or icf or idf or sif'],
  ['two texts', () => library.train(odd({ texts: ['a'], files: 'b' })), 'must be { files }, { texts }, { tokens } or'],
  ['what two texts', () => library.train(odd({ texts: ['a'], files: 'b' })), 'got { texts, files }'],
  ['a path', () => library.train(odd('corpus.txt')), 'got "corpus.txt"'],
  ['a mean of texts', () => encoder.transform(odd(['1', '2'])), '"mean" must be 2 numbers'],
  ['counts that are a text', () => new library.EmbeddingModel({ ...model.contents, counts: odd('ab') }), '"counts"'],
  ['dimensions of a model', () => new library.EmbeddingModel({ ...model.contents, dimensions: odd({}) }), 'an object'],
  ['words with a hole', () => library.loadModel('x.npy', { words: Array(2) }), '"words" must be an array of strings'],
  ['the length of a file', () => library.readModel(odd({ read() {}, byteLength: -1 })), '"file" must be a file'],
  ['a NUL in a path', () => library.loadModel('a\0b'), 'its name holds a NUL character'],
  ['cells', () => library.sentencePairsOf(odd([[1, 2]])), '"rows" must be an array of arrays of texts'],
  ['a file', () => library.openTextFiles(odd([{}])), 'Cannot read an object: in Node, files are paths'],
  ['a sample', () => library.sampleSentences([], odd(undefined), odd('x')), '"count" must be'],
];

it.each(CALLS)('%s: the message names it and what it must be', async (_, call, message) => {
  const answer = new Promise((resolve) => resolve(call()));
  await expect(answer).rejects.toThrow(message);
});

it('a store takes vectors of its kind and models that are described, or none', async () => {
  const store = new library.MemoryTextStore();
  await expect(store.claim(odd({ fingerprint: 'f', description: 'd', dimensions: '2' }))).rejects.toThrow(
    '"dimensions"',
  );
  await expect(store.claim(odd({ description: 'd', dimensions: 2 }))).rejects.toThrow('"fingerprint" must be a text');
  await store.claim({ fingerprint: 'f', description: 'd', dimensions: 2 });
  const text = { id: '1', text: 'a', tokens: ['a'] };
  for (const vector of [Number.NaN, 0, '', [1, 2]])
    await expect(store.put([{ ...text, vector: odd(vector) }])).rejects.toThrow('vector of "1" must be a Float32Array');
  expect(await store.put([text])).toEqual({ added: 1, updated: 0 });
});

it('texts that are no array are compared as well', () => {
  expect(library.nearestByWordMovers(encoder, 'a', odd(new Set(['b', 'a'])))).toMatchObject([
    { index: 1 },
    { index: 0 },
  ]);
});
