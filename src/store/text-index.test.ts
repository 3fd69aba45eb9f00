import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import type { AddProgress } from './add-texts.ts';
import { MemoryTextStore } from './memory-text-store.ts';
import { TextIndex } from './text-index.ts';
import { type EncodedText, TextDataError, type TextRecord } from './text-store.ts';

const words = ['cat', 'kitten', 'stone', 'rock', 'broken'];
const inputVectors = Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 1, 0, 0.1, 0.9, 0, Number.NaN, 0, 1);
const model = new EmbeddingModel({ words, dimensions: 3, inputVectors });

let encoder: SentenceEncoder;
let store: MemoryTextStore;
let index: TextIndex;
beforeEach(async () => {
  encoder = new SentenceEncoder(model, await createTokenizer('words'));
  store = new MemoryTextStore();
  index = await TextIndex.open(encoder, store);
});

const ids = async () => (await index.list({ count: 10_000 })).map(({ id }) => id);
const record = (id: string, text = 'cat', metadata?: TextRecord['metadata']): TextRecord => ({ id, text, metadata });

describe('TextIndex.add', () => {
  it('counts what is new, changed, and without a known word', async () => {
    expect(await index.add([record('a'), record('b', 'stone'), record('c', 'nothing known')])).toEqual({
      texts: 3,
      added: 3,
      updated: 0,
      withoutWords: 1,
      repeated: 0,
    });
    expect(await index.add([record('a'), record('b', 'rock'), record('b', 'rock', { x: 1 })])).toEqual({
      texts: 3,
      added: 0,
      updated: 1,
      withoutWords: 0,
      repeated: 1,
      repeatedId: 'b',
    });
    expect((await store.get(['b']))[0].metadata).toEqual({ x: 1 });
  });

  it('tells once which fields beside the text of records without metadata are not kept', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const row = { id: 'a', text: 'cat', year: 2020 };
    await index.add([row, { ...row, id: 'b', tag: 1 } as TextRecord]);
    await index.add([{ ...row, metadata: { year: 2020 } }]);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^Of the texts that were added "year", "tag" are not kept: .* "metadata"$/),
        'WordkinWarning',
      ],
    ]);
    warn.mockRestore();
  });

  it.each([
    [{ id: '', text: 'cat' }, /id must be a string that is not empty/],
    [{ id: 5, text: 'cat' }, /id must be a string that is not empty, got 5/],
    [{ id: 5n, text: 'cat' }, /got 5n/],
    [{ id: 'a', text: 'cat', meta: {} }, /no field "metadata" but one named "meta": name it "metadata"/],
    [{ id: 'a', text: 'cat', metdata: {} }, /no field "metadata" but one named "metdata"/],
    [{ id: 'x'.repeat(10_000), text: 'cat' }, /The id "x+… is too long: 10000 characters, at most 2000 bytes/],
    [{ id: '苹'.repeat(700), text: 'cat' }, /is too long: 700 characters/],
    [{ id: 'x', text: 'a\0b' }, /The text of "x" holds a NUL character/],
    [{ id: 'x', text: 'a', metadata: { k: 'a\0' } }, /The metadata of "x" cannot be stored: "k" holds a NUL character/],
    [{ id: 'x', text: 'a', metadata: { k: Infinity } }, /The metadata of "x" cannot be stored: "k" is Infinity/],
    [{ id: 'x', text: 'a\ud800' }, /The text of "x" holds half of a surrogate pair/],
    [{ id: 'x', text: undefined }, /The text of "x" must be a string, got undefined/],
    [{ id: 'x', text: 'cat broken' }, /Cannot use the text "x": .* the vector of "broken" holds NaN or infinity/],
  ])('names %o, and takes the 999 others', async (bad, message) => {
    const all = Array.from({ length: 1000 }, (_, i) => (i === 500 ? (bad as TextRecord) : record(`t${i}`)));
    await expect(index.add(all)).rejects.toThrow(message);
    expect(await index.count()).toBe(999);
  });

  it('finds the text of a batch that the store cannot keep, and takes the others', async () => {
    class Choosy extends MemoryTextStore {
      calls = 0;
      override async put(texts: readonly EncodedText[]) {
        this.calls++;
        const bad = texts.filter(({ id }) => id.startsWith('bad'));
        if (bad.length > 0) throw new TextDataError(texts.length === 1 ? `not "${bad[0].id}"` : 'one of them');
        return super.put(texts);
      }
    }
    const choosy = new Choosy();
    index = await TextIndex.open(encoder, choosy);
    const all = Array.from({ length: 1000 }, (_, i) => record(i === 7 || i === 900 ? `bad ${i}` : `t${i}`));
    await expect(index.add(all)).rejects.toThrow('not "bad 7" (and 1 text more; 998 were stored)');
    expect(await index.count()).toBe(998);
    expect(choosy.calls).toBeLessThan(60);
  });

  it('stops soon where no text can be stored', async () => {
    let read = 0;
    function* endless() {
      for (;;) yield record(`t${read++}`, 'cat', { at: new Date() as never });
    }
    await expect(index.add(endless())).rejects.toThrow(
      /"at" is an object of Date.* \(and 100 texts more; 0 were stored\)/,
    );
    expect(read).toBeLessThan(1000);
  });

  it('stores what came before an error of the source, and before an abort', async () => {
    async function* breaking() {
      yield record('a');
      throw new Error('the file ends early');
    }
    await expect(index.add(breaking())).rejects.toThrow('the file ends early');
    const controller = new AbortController();
    function* aborting() {
      yield record('b');
      controller.abort(new Error('no more'));
      yield record('c');
    }
    await expect(index.add(aborting(), { signal: controller.signal })).rejects.toThrow('no more');
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('tells of each transaction, which long texts and long metadata make smaller', async () => {
    const told: AddProgress[] = [];
    const onProgress = (progress: AddProgress) => told.push(progress);
    await index.add([record('a'), record('b'), record('c')], { batchSize: 2, onProgress });
    expect(told.map(({ texts }) => texts)).toEqual([2, 3]);
    told.length = 0;
    const long = Array.from({ length: 6 }, (_, i) => record(`l${i}`, 'cat', { long: 'x'.repeat(2_000_000) }));
    await index.add(long, { onProgress });
    expect(told.map(({ texts }) => texts)).toEqual([2, 4, 6]);
  });

  it('fails with what an asynchronous listener was rejected with', async () => {
    const index = await TextIndex.open(encoder, new MemoryTextStore());
    const onProgress = async () => {
      throw new RangeError('mine');
    };
    await expect(index.add([record('a')], { onProgress })).rejects.toThrow(new RangeError('mine'));
    expect(await index.count()).toBe(1);
  });

  it('encodes texts while those before are stored; a batch that cannot be stored is the last', async () => {
    const log: string[] = [];
    let fails = 3;
    const put = store.put.bind(store);
    store.put = async (texts) => {
      log.push(`put ${texts[0].id}`);
      await vi.waitFor(() => expect(log).toContain('read 3'), 10_000); // while this batch is stored
      if (--fails === 0) throw new Error('the connection was lost');
      const result = await put(texts);
      log.push(`stored ${texts[0].id}`);
      return result;
    };
    async function* logging() {
      for (let i = 0; i < 9; i++) {
        log.push(`read ${i}`);
        yield record(`${i}`);
      }
    }
    await expect(index.add(logging(), { batchSize: 2 })).rejects.toThrow('the connection was lost');
    expect(log.indexOf('read 3')).toBeLessThan(log.indexOf('stored 0'));
    expect(log.filter((line) => line.startsWith('put'))).toEqual(['put 0', 'put 2', 'put 4']);
    expect(log.indexOf('put 2')).toBeGreaterThan(log.indexOf('stored 0'));
    expect(await ids()).toEqual(['0', '1', '2', '3']);
  });

  it('does not see what is done to a record later', async () => {
    const metadata = { lang: 'en' };
    function* reusing() {
      for (const lang of ['de', 'fr']) {
        metadata.lang = lang;
        yield record(lang, 'cat', metadata);
      }
    }
    await index.add(reusing());
    expect((await index.list()).map((text) => text.metadata)).toEqual([{ lang: 'de' }, { lang: 'fr' }]);
  });
});

describe('TextIndex.search', () => {
  beforeEach(async () => {
    await index.add([record('a', 'kitten'), record('b', 'rock', { year: 2020 }), record('c', 'zzz qqq')]);
  });

  it('finds by vectors, by distance, by words, and by a condition', async () => {
    expect((await index.search('cat')).map(({ id }) => id)).toEqual(['a', 'b']);
    const [nearest] = await index.search('stone', { metric: 'euclidean', count: 1 });
    expect(nearest).toEqual({
      id: 'b',
      text: 'rock',
      metadata: { year: 2020 },
      distance: expect.closeTo(Math.hypot(0.1, 0.1), 6),
    });
    expect((await index.search('qqq', { hybrid: true })).map(({ id }) => id)).toEqual(['c']);
    expect((await index.search('cat', { where: 'year > 2000' })).map(({ id }) => id)).toEqual(['b']);
    expect((await index.list({ where: 'not year exists' })).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(await index.search('unknown')).toEqual([]);
  });

  it('tells of a condition that can hold for no text, where it searches and where it lists', async () => {
    const notes: string[] = [];
    const options = { where: 'year = "2010"', onNote: (note: string) => void notes.push(note) };
    await index.add([record('a', 'cat', { year: 2010 })]);
    expect([await index.search('cat', options), await index.list(options)]).toEqual([[], []]);
    const note = 'the field "year" of "where" holds numbers, and "2010" is none of it: leave out the quotes';
    expect(notes).toEqual([note, note]);
    notes.length = 0;
    expect(await index.search('dog', { onNote: options.onNote })).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('the model does not know the word "dog"')]);
    const told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await index.search('cat', { where: 'year = "2010"' });
    expect(told.mock.calls).toEqual([[note, 'WordkinWarning']]);
    told.mockRestore();
  });

  it('explains a hit by words of the question and of the text, and gives its snippet', async () => {
    await index.add([record('d', 'A long way off. The kitten sat near the old rock, kitten of zzz.')]);
    const options = { hybrid: true, explain: true, snippets: true };
    const hit = (await index.search('kitten zzz', options)).find(({ id }) => id === 'd')!;
    const { question, text, words: byWord } = hit.explanation!;
    expect(question.map(({ word }) => word)).toEqual(['kitten']);
    expect(text).toHaveLength(2);
    for (const list of [question, text])
      expect(list.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(hit.similarity!, 5);
    expect(byWord.map(({ word }) => word).sort()).toEqual(['kitten', 'zzz']);
    const found = await store.searchWords({ tokens: ['kitten', 'zzz'], count: 9 });
    const { score: whole } = found.find(({ item }) => item === 'd')!;
    expect(byWord.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(whole, 9);
    expect(hit.snippet).toEqual({ text: 'The kitten sat near the old rock, kitten of zzz.', begin: 16, end: 64 });
    expect((await index.search('cat'))[0]).not.toHaveProperty('explanation');
  });

  it('folds near-duplicates, and still finds as many as are asked for', async () => {
    await index.add(Array.from({ length: 9 }, (_, i) => record(`k${i}`, 'kitten cat cat')));
    const hits = await index.search('kitten cat', { count: 2, foldDuplicates: true });
    expect(hits.map(({ id }) => id)).toEqual(['k0', 'a']);
    expect(hits[0].duplicates).toEqual(['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']);
    expect(hits[1]).not.toHaveProperty('duplicates');
    await expect(index.search('cat', { foldDuplicates: 2 })).rejects.toThrow(
      '"foldDuplicates" must be true, false or a share',
    );
  });

  it('cuts texts into paragraphs, and deletes those that a text no longer has', async () => {
    const paragraph = (word: string) =>
      `${word} and more words that make it long enough to be a paragraph of its own, is it not so.`;
    const many = record('p', Array.from({ length: 30 }, (_, i) => paragraph(i === 20 ? 'kitten' : 'rock')).join('\n'));
    expect(await index.add([many], { paragraphs: true })).toMatchObject({ texts: 30, added: 30 });
    expect((await index.search('cat', { where: 'parent = "p"' }))[0].metadata).toEqual({ parent: 'p', paragraph: 21 });
    await index.add([record('p', paragraph('stone'))], { paragraphs: { mostCharacters: 500 } });
    expect((await index.list({ where: 'parent = "p"' })).map(({ id }) => id)).toEqual(['p#1']);
    await index.add([record('p', '')], { paragraphs: true });
    expect(await index.list({ where: 'parent = "p"' })).toEqual([]);
    await expect(index.add([record('p', 'a', { parent: 1 })], { paragraphs: true })).rejects.toThrow(
      'a field "parent"',
    );
  });

  it('keeps a text whole or in paragraphs, as it was added last, and leaves others alone', async () => {
    const ids = async () => (await index.list()).map(({ id }) => id).filter((id) => id.startsWith('p'));
    const long = Array.from({ length: 30 }, (_, i) => `${i} ${'rock '.repeat(20)}`).join('\n');
    await index.add([record('p', long), record('p#2', 'cat', { parent: 'p' }), record('p#40', 'cat')]);
    expect(await ids()).toEqual(['p', 'p#2', 'p#40']);
    await index.add([record('p', long)], { paragraphs: true });
    expect(await index.list({ where: 'parent = "p"' })).toHaveLength(30);
    expect(await ids()).toHaveLength(31);
    expect(await ids()).toContain('p#40');
    await index.add([record('p', long), record('p#1#1', 'cat')]);
    expect(await ids()).toEqual(['p', 'p#1#1', 'p#40']);
    await index.add([record('p#1', 'cat')], { paragraphs: true });
    await index.add([record('p', 'rock')], { paragraphs: true });
    expect(await ids()).toEqual(['p#1', 'p#1#1', 'p#40']);
    await index.add([record('p#1', 'stone')], { paragraphs: true });
    expect((await index.list({ where: 'parent = "p"' }))[0]).toMatchObject({ text: 'rock', metadata: { parent: 'p' } });
  });

  it.each([
    ['no question', [5], /"question" must be a text, got 5/],
    ['a count of 0', ['cat', { count: 0 }], /"count" must be an integer of at least 1, got 0/],
    [
      'a metric that is none',
      ['cat', { metric: 'cosin' }],
      /"metric" must be cosine or euclidean.*did you mean "cosine"/,
    ],
    ['a filter that cannot be read', ['cat', { where: 'year =' }], /Cannot read the filter/],
    ['a filter of another shape', ['cat', { where: { year: 5 } }], /Cannot filter: a part must be of the kind/],
    ['a word of NaN', ['broken'], /Cannot use the question: .* the vector of "broken" holds NaN or infinity/],
  ])('refuses %s', async (_, given, message) => {
    await expect(index.search(...(given as Parameters<typeof index.search>))).rejects.toThrow(message);
  });

  it('refuses the store of another model', async () => {
    const other = new EmbeddingModel({ words, dimensions: 3, inputVectors: inputVectors.map((x) => -x) });
    const opening = TextIndex.open(new SentenceEncoder(other, encoder.tokenizer), store);
    await expect(opening).rejects.toThrow(/filled by another \(5 words.*search with that model, or fill a new store/);
    await (await TextIndex.open(encoder, store)).close();
  });
});
