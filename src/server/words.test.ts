import { expect, it } from 'vitest';
import { explainSimilarity } from '../sentences/explain-similarity.ts';
import { testEncoder } from './model.contract.ts';
import { createServer } from './server.ts';

const encoder = testEncoder();
const { model } = encoder;
const server = createServer({ models: { news: encoder } });

async function ask(path: string, body: object) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await server.fetch(new Request(`http://localhost/v1/${path}`, init));
  return { status: response.status, note: response.headers.get('x-wordkin-note'), json: await response.json() };
}

it('gives what the library gives', async () => {
  const neighbors = await ask('neighbors', { words: ['king', 'woman'], minus: ['man'], count: 3 });
  expect(neighbors).toEqual({
    status: 200,
    note: null,
    json: model.neighbors(['king', 'woman'], { minus: ['man'], count: 3 }),
  });
  expect((await ask('neighbors', { words: 'sea' })).json).toEqual(model.neighbors('sea'));
  expect((await ask('analogy', { a: 'man', b: 'king', c: 'woman', method: '3CosMul', count: 2 })).json).toEqual(
    model.analogy('man', 'king', 'woman', { method: '3CosMul', count: 2 }),
  );
  expect((await ask('context', { words: ['sea'], count: 2 })).json).toEqual(
    model.predictContext(['sea'], { count: 2 }),
  );
  expect((await ask('similarity', { first: 'the king', second: 'sea' })).json).toEqual({
    cosine: expect.closeTo(explainSimilarity(encoder, 'the king', 'sea').cosine, 12),
    euclidean: expect.any(Number),
  });
  expect((await ask('explain', { first: 'the king', second: 'sea' })).json).toEqual(
    explainSimilarity(encoder, 'the king', 'sea'),
  );
});

it('says what the model does not know', async () => {
  expect(await ask('neighbors', { words: 'kign' })).toMatchObject({
    status: 404,
    json: { error: { code: 'word_not_found', message: expect.stringContaining('nearest spelling is "king"') } },
  });
  expect(await ask('similarity', { first: 'unheard', second: 'sea' })).toMatchObject({
    status: 400,
    json: { error: { message: 'Cannot compare: the model does not know the word "unheard"' } },
  });
  const { note } = await ask('explain', { first: 'unheard sea', second: 'sea' });
  expect(decodeURIComponent(note!)).toBe('the model knows 1 of 2 words of "unheard sea", not "unheard"');
});

it.each([
  ['neighbors', { words: [] }],
  ['neighbors', { words: ['king'], minus: ['king'] }],
  ['neighbors', { words: 'king', count: -1 }],
  ['analogy', { a: 'man', b: 'king' }],
  ['similarity', { first: 'x'.repeat(10), second: '' }],
  ['context', { words: 'king', count: 1.5 }],
])('refuses %s of what is wrong: %#', async (path, body) => {
  expect(await ask(path, body)).toMatchObject({ status: 400, json: { error: { message: expect.any(String) } } });
});

it('says what a model cannot do', async () => {
  const contents = { ...model.contents, outputVectors: undefined };
  const plain = testEncoder();
  Object.defineProperty(plain.model, 'contents', { value: contents });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"words":"sea"}' };
  const response = await createServer({ models: { plain } }).fetch(new Request('http://localhost/v1/context', init));
  expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'unsupported' } }]);
});
