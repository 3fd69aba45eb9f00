import { Document } from '@langchain/core/documents';
import { beforeEach, describe, expect, it } from 'vitest';
import { normalized } from '../math/vector-operations.ts';
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

it('embeds documents and questions by the vectors of the encoder', async () => {
  const embeddings = new WordkinEmbeddings({ encoder });
  expect(await embeddings.embedDocuments(['the king', 'sea'])).toEqual([
    [...encoder.encode('the king').vector],
    [...encoder.encode('sea').vector],
  ]);
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
    await expect(store.addDocuments(documents, { ids: ['x'] })).rejects.toThrow('3 documents under 1 ids');
    await expect(store.addVectors([], documents)).rejects.toThrow('3 documents with 0 vectors');
  });

  it('takes texts with metadata', async () => {
    const index = await TextIndex.open(encoder, new MemoryTextStore());
    const embeddings = new WordkinEmbeddings({ encoder });
    const own = await WordkinVectorStore.fromTexts(['king', 'apple'], [{ n: 1 }, { n: 2 }], embeddings, { index });
    expect((await own.similaritySearch('apple', 1))[0].metadata).toEqual({ n: 2 });
  });
});
