import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, it } from 'vitest';
import { testEncoder } from '../server/model.contract.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { TextIndex } from '../store/text-index.ts';
import { createMcpServer, type McpOptions } from './mcp.ts';

const encoder = testEncoder();

async function connect(options: Partial<McpOptions> = {}) {
  const [own, other] = InMemoryTransport.createLinkedPair();
  await createMcpServer({ encoder, version: '1.0.0', ...options }).connect(own);
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(other);
  const call = async (name: string, args: Record<string, unknown>) => {
    const { content, structuredContent, isError } = await client.callTool({ name, arguments: args });
    const [{ text }] = content as { text: string }[];
    if (isError) return { error: text };
    expect(JSON.parse(text)).toEqual(structuredContent);
    return structuredContent as Record<string, unknown>;
  };
  return { call, tools: async () => (await client.listTools()).tools.map(({ name }) => name).sort() };
}

it('lists the tools that may be called', async () => {
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  const words = ['compare_texts', 'similar_words'];
  expect(await (await connect()).tools()).toEqual(words);
  expect(await (await connect({ allowWrite: true })).tools()).toEqual(words);
  expect(await (await connect({ index })).tools()).toEqual([words[0], 'search_texts', words[1]]);
  expect(await (await connect({ index, allowWrite: true })).tools()).toEqual([
    'add_texts',
    words[0],
    'search_texts',
    words[1],
  ]);
});

it('answers each tool', async () => {
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  const { call } = await connect({ index, allowWrite: true });
  expect(await call('similar_words', { words: ['king'], count: 2 })).toEqual({
    words: encoder.model.neighbors(['king'], { count: 2 }),
  });
  expect(await call('compare_texts', { first: 'king', second: 'the king' })).toMatchObject({
    cosine: expect.any(Number),
  });
  expect(await call('compare_texts', { first: 'king unheard', second: 'king' })).toMatchObject({
    cosine: 1,
    notes: [expect.stringContaining('not "unheard"')],
  });
  const texts = [
    { id: '1', text: 'a ship on the sea', metadata: { year: 2000 } },
    { id: '2', text: 'war and peace' },
  ];
  expect(await call('add_texts', { texts })).toMatchObject({ texts: 2, added: 2 });
  const found = await call('search_texts', { question: 'sea', where: 'year >= 2000' });
  expect(found).toMatchObject({ texts: [{ id: '1' }] });
  expect(found).not.toHaveProperty('notes');
  expect(await call('search_texts', { question: 'unheard', hybrid: true })).toEqual({
    texts: [],
    notes: ['the model does not know the word "unheard"'],
  });
  expect(await call('search_texts', { question: 'sea', where: 'year >= "2000"' })).toEqual({
    texts: [],
    notes: ['the field "year" of "where" holds numbers, and "2000" is none of it: leave out the quotes'],
  });
});

it('gives of a long text the part around what is nearest to the question', async () => {
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  const { call } = await connect({ index });
  const filling = 'Bread and peace and war. \u{1f600} '.repeat(500);
  await index.add([
    { id: 'long', text: `${filling}A ship on the sea. ${filling}` },
    { id: 'first', text: `A ship on the sea. ${filling}` },
    { id: 'short', text: 'A ship on the sea.' },
  ]);
  const { texts, notes } = await call('search_texts', { question: 'ship sea' });
  const hits = texts as { id: string; text: string }[];
  const byId = new Map(hits.map((hit) => [hit.id, hit]));
  expect(byId.get('long')).toMatchObject({ text: expect.stringMatching(/^….*A ship on the sea\..*…$/s) });
  expect(byId.get('first')).toMatchObject({ text: expect.stringMatching(/^A ship on the sea\..*[^\ud800-\udfff]…$/s) });
  expect(byId.get('short')).toEqual({
    id: 'short',
    text: 'A ship on the sea.',
    metadata: {},
    similarity: expect.any(Number),
  });
  expect(hits.every(({ text }) => text.length <= 4002)).toBe(true);
  expect(notes).toEqual([expect.stringMatching(/^2 texts are longer than 4000 characters/)]);
});

it('says what was wrong', async () => {
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  const { call } = await connect({ index });
  expect((await call('similar_words', { words: ['kign'] })).error).toContain('nearest spelling is "king"');
  expect((await call('search_texts', { question: 'sea', where: 'year >' })).error).toContain('filter');
  expect((await call('search_texts', { question: 'unheard' })).error).toContain('does not know the word "unheard"');
  expect((await call('compare_texts', { first: '' })).error).toContain('second');
  expect((await call('add_texts', { texts: [] })).error).toContain('add_texts');
  // A field that is misspelt would be lost.
  expect((await call('similar_words', { words: ['king'], cuont: 3 })).error).toContain('cuont');
  const { call: write } = await connect({ index, allowWrite: true });
  expect((await write('add_texts', { texts: [{ id: '1', text: 'sea', metadat: {} }] })).error).toContain('metadat');
  const large = [{ id: '1', text: 'sea', metadata: { user: { id: 2 ** 53 } } }];
  expect((await write('add_texts', { texts: large })).error).toContain('"id" is beyond the whole numbers');
  expect(await index.count()).toBe(0);
});
