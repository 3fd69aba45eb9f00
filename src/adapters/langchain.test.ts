import { Document } from '@langchain/core/documents';
import { beforeEach, describe, expect, it } from 'vitest';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { testEncoder } from '../server/model.contract.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { TextIndex } from '../store/text-index.ts';
import { WordkinEmbeddings, WordkinVectorStore } from './langchain.ts';

const encoder = testEncoder();
const documents = [
  new Document({ id: 'a', pageContent: 'the king and the queen', metadata: { year: 1900, loc: undefined } }),
  new Document({ id: 'b', pageContent: 'a ship on the sea', metadata: { year: 2000 } }),
  new Document({ id: 'c', pageContent: 'war and peace', metadata: { year: 2010 } }),
];

it('embeds documents and questions by the vectors of the encoder, normalised', async () => {
  const embeddings = new WordkinEmbeddings({ encoder });
  const texts = ['the king', 'sea', 'unheard'];
  const vectors = await embeddings.embedDocuments(texts);
  expect(vectors).toEqual(texts.map((text) => [...normalized(encoder.encode(text).vector)]));
  expect(vectors.map((vector) => Math.round(1e6 * vectorNorm(vector)) / 1e6)).toEqual([1, 1, 0]);
  const short = new WordkinEmbeddings({ encoder, dimensions: 3 });
  expect(await short.embedQuery('sea')).toEqual([...normalized(encoder.encode('sea').vector.subarray(0, 3))]);
  expect(() => new WordkinEmbeddings({ encoder, dimensions: 11 })).toThrow(
    '"dimensions" must be an integer from 1 to 10',
  );
});

describe('the vector store', () => {
  let store: WordkinVectorStore;
  beforeEach(async () => {
    const index = await TextIndex.open(encoder, new MemoryTextStore());
    store = await WordkinVectorStore.fromDocuments(documents, new WordkinEmbeddings({ encoder }), { index });
  });

  it('finds documents with scores, and by a condition', async () => {
    const [[first, score]] = await store.similaritySearchWithScore('a ship on the sea', 1);
    expect(first).toMatchObject({ id: 'b', pageContent: 'a ship on the sea', metadata: { year: 2000 } });
    expect(score).toBeCloseTo(1, 6);
    const found = await store.similaritySearch('a ship on the sea', 5, 'year >= 2005');
    expect(found.map(({ id }) => id)).toEqual(['c']);
    await expect(store.similaritySearch('sea', 5, 'year >=')).rejects.toThrow(SyntaxError);
    expect(await store.similaritySearch('no known word')).toEqual([]);
  });

  it('tells of a filter that can hold for no document', async () => {
    const notes: string[] = [];
    const telling = new WordkinVectorStore({ index: store.index, onNote: (note) => notes.push(note) });
    expect(await telling.similaritySearch('sea', 1, 'year = "2000"')).toEqual([]);
    expect(notes).toEqual([
      'the field "year" of the filter holds numbers, and "2000" is none of it: leave out the quotes',
    ]);
  });

  it('is a retriever', async () => {
    const retrieved = await store.asRetriever({ k: 2, filter: 'year < 2005' }).invoke('the queen');
    expect(retrieved.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('adds, replaces and deletes', async () => {
    expect(await store.addDocuments([new Document({ pageContent: 'green apple' })], { ids: ['d'] })).toEqual(['d']);
    const vector = [...encoder.encode('bread').vector];
    await store.addVectors([vector], [new Document({ id: 'a', pageContent: 'bread' })]);
    expect(await store.index.count()).toBe(4);
    expect((await store.similaritySearch('bread', 1))[0].id).toBe('a');
    await store.delete({ ids: ['a', 'b', 'none'] });
    expect((await store.index.list()).map(({ id }) => id)).toEqual(['c', 'd']);
    await expect(store.addDocuments(documents, { ids: ['x'] })).rejects.toThrow('3 documents under 1 id');
    await expect(store.addVectors([], documents)).rejects.toThrow('3 documents with 0 vectors');
  });

  it('takes texts with metadata', async () => {
    const index = await TextIndex.open(encoder, new MemoryTextStore());
    const embeddings = new WordkinEmbeddings({ encoder });
    const own = await WordkinVectorStore.fromTexts(['king', 'apple'], [{ n: 1 }, { n: 2 }], embeddings, { index });
    expect((await own.similaritySearch('apple', 1))[0].metadata).toEqual({ n: 2 });
  });
});

describe('what is no question and no document is refused, and nothing is stored of it', () => {
  const numbers = (value: number) => Array(encoder.dimensions).fill(value);
  const document = documents[0];
  // biome-ignore lint/suspicious/noExplicitAny: what JavaScript lets through
  type Anything = any;
  it.each<[string, (store: Anything) => unknown, RegExp]>([
    ['no documents', (store) => store.addDocuments(null), /"documents" must be an array, got null/],
    [
      'a document that is none',
      (store) => store.addDocuments([document, null]),
      /Document 1 must have its text.*got null/,
    ],
    ['a number as text', (store) => store.addDocuments([{ pageContent: 3 }]), /Document 0 must have its text/],
    [
      'metadata in an array',
      (store) => store.addDocuments([{ pageContent: 'sea', metadata: [1] }]),
      /metadata of document 0 must be/,
    ],
    ['ids that are none', (store) => store.addDocuments([document], { ids: 'a' }), /"ids" must be an array, got "a"/],
    ['no vectors', (store) => store.addVectors(null, [document]), /"vectors" must be an array/],
    [
      'ids under another name',
      (store) => store.addDocuments([document], { id: ['a'] }),
      /no option "id"; did you mean "ids"/,
    ],
    ['vectors of NaN', (store) => store.addVectors([numbers(Number.NaN)], [document]), /must have 10 finite numbers/],
    ['vectors too large', (store) => store.addVectors([numbers(1e300)], [document]), /must have 10 finite numbers/],
    ['vectors of texts', (store) => store.addVectors([Array(10).fill('1')], [document]), /must have 10 finite numbers/],
    ['a vector too short', (store) => store.similaritySearchVectorWithScore([], 1), /10 finite numbers.* array of 0/],
    ['a vector of NaN', (store) => store.similaritySearchVectorWithScore(numbers(Number.NaN), 1), /10 finite numbers/],
    ['a count of none', (store) => store.similaritySearch('sea', 0), /"count" must be an integer of at least 1, got 0/],
    ['a negative count', (store) => store.similaritySearch('sea', -1), /at least 1, got -1/],
    ['half a filter', (store) => store.similaritySearch('sea', 1, 'year >'), /filter/],
    ['a filter that is none', (store) => store.similaritySearch('sea', 1, { year: 1 }), /as parseFilter gives it/],
    ['nothing to delete', (store) => store.delete(), /give \{ ids: \[…\] \}/],
    ['a text that is none', (store) => store.embeddings.embedDocuments('sea'), /"documents" must be an array of texts/],
  ])('%s', async (_, ask, message) => {
    const store = new WordkinVectorStore({ index: await TextIndex.open(encoder, new MemoryTextStore()) });
    await expect((async () => ask(store))()).rejects.toThrow(message);
    expect(await store.index.count()).toBe(0);
  });

  it('also where a store is made', async () => {
    const index = await TextIndex.open(encoder, new MemoryTextStore());
    const make = (options: Anything) => () => new WordkinVectorStore(options);
    expect(make({ index: index.store })).toThrow(/"index" must be a TextIndex, .* got a MemoryTextStore/);
    expect(make({ index, onnote: () => {} })).toThrow('There is no option "onnote"');
    expect(make(undefined)).toThrow(/"index" must be a TextIndex, .* got undefined/);
    expect(make({ index: null })).toThrow(/"index" must be a TextIndex/);
    expect(() => new WordkinEmbeddings({ encoder: null as Anything })).toThrow(/"encoder" must be/);
    expect(() => new WordkinEmbeddings({ encoder, dimension: 3 } as Anything)).toThrow(/did you mean "dimensions"/);
    expect(new WordkinEmbeddings({ encoder, maxConcurrency: 2 }).dimensions).toBeUndefined();
    const short = WordkinVectorStore.fromTexts(['king', 'sea'], [{}], new WordkinEmbeddings({ encoder }), { index });
    await expect(short).rejects.toThrow('Cannot add 2 texts with 1 metadata: give one a text');
    expect(await index.count()).toBe(0);
  });
});
