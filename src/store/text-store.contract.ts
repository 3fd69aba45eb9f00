import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { cosineSimilarity, euclideanDistance } from '../math/vector-operations.ts';
import { B, inverseDocumentFrequency, K1 } from '../search/term-index.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { type Filter, matchesFilter, OPERATORS, parseFilter } from './filter.ts';
import { copyMetadata, type Metadata, textProblem } from './metadata.ts';
import type { EncodedText, ModelIdentity, TextStore } from './text-store.ts';

const DIMENSIONS = 6;
const model: ModelIdentity = { fingerprint: 'abc', description: 'a model', dimensions: DIMENSIONS };

/**
 * What every store does.
 *
 * @param open - an empty store at the first call; later the same store again, or undefined if it lives in memory only
 */
export function testTextStore(name: string, open: () => Promise<TextStore | undefined>): void {
  describe(`${name} as a text store`, () => {
    let store: TextStore;
    const random = new Random(7, 7);
    const vectorOf = () => Float32Array.from({ length: DIMENSIONS }, () => random.normal() * (1 + random.below(3)));
    const words = ['cat', 'dog', 'tree', 'stone', '苹果', "it's", 'back\\slash', 'a&b|!c', ':*'];
    const texts: EncodedText[] = Array.from({ length: 300 }, (_, i) => ({
      id: `t${i}`,
      text: `text ${i}`,
      metadata: { number: i, lang: ['en', 'zh', 'fr'][i % 3], ...(i % 2 === 0 && { tags: ['even', `m${i % 7}`] }) },
      vector: i === 17 ? new Float32Array(DIMENSIONS) : i === 18 ? undefined : vectorOf(),
      tokens: [words[i % words.length], ...(i % 50 === 0 ? ['rare', 'rare'] : []), 'the'],
    }));

    beforeAll(async () => {
      store = (await open())!;
      expect(store.model).toBeUndefined();
      expect(await store.count()).toBe(0);
      expect(await store.get(['t1'])).toEqual([]);
      expect(await store.searchVectors({ vector: vectorOf(), metric: 'cosine', count: 3 })).toEqual([]);
      expect(await store.searchWords({ tokens: ['cat'], count: 3 })).toEqual([]);
      await store.claim(model);
      expect(await store.put(texts.slice(0, 200))).toEqual({ added: 200, updated: 0 });
      expect(await store.put(texts.slice(200))).toEqual({ added: 100, updated: 0 });
    });
    afterAll(() => store?.close());

    it('knows the model and the number of texts', async () => {
      expect(store.model).toEqual(model);
      expect(await store.count()).toBe(300);
      expect(await store.optimize()).toBe('exact');
    });

    it('changes nothing when the same is put again, and replaces by id', async () => {
      expect(await store.put(texts.slice(0, 50))).toEqual({ added: 0, updated: 0 });
      expect(
        await store.put([
          { ...texts[5], text: 'changed' },
          { ...texts[6], metadata: {} },
        ]),
      ).toEqual({ added: 0, updated: 2 });
      expect((await store.get(['t5']))[0].text).toBe('changed');
      expect(await store.put([texts[5], texts[6]])).toEqual({ added: 0, updated: 2 });
      expect(await store.count()).toBe(300);
    });

    it.each(['cosine', 'euclidean'] as const)('finds the nearest by %s', async (metric) => {
      for (let i = 0; i < 10; i++) {
        const vector = vectorOf();
        const hits = await store.searchVectors({ vector, metric, count: 7 });
        const expected = texts
          .filter((text) => text.vector && (metric === 'euclidean' || text.vector.some((value) => value !== 0)))
          .map((text) => ({
            id: text.id,
            value:
              metric === 'cosine' ? cosineSimilarity(vector, text.vector!) : euclideanDistance(vector, text.vector!),
          }))
          .sort((a, b) => (metric === 'cosine' ? b.value - a.value : a.value - b.value))
          .slice(0, 7);
        expect(hits.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        hits.forEach(({ value }, at) => expect(value).toBeCloseTo(expected[at].value, 4));
      }
    });

    it('answers nothing, not NaN, to a vector of zeros by cosine', async () => {
      expect(await store.searchVectors({ vector: new Float32Array(DIMENSIONS), metric: 'cosine', count: 5 })).toEqual(
        [],
      );
    });

    it.each([
      'lang = "zh"',
      'lang != "zh" and number < 100',
      "number >= 290 or tags contains 'm3'",
      'not (lang in ("zh", "en")) and tags exists',
      'lang > "en"',
      'number = "5"',
      'missing != 1',
      'missing < 5',
      `lang = '''; drop table wordkin_texts; --'`.replace("'''", "'\\'"),
    ])('filters: %s', async (text) => {
      const where = parseFilter(text);
      const vector = vectorOf();
      const expected = texts.filter(({ metadata }) => matchesFilter(where, metadata as Metadata)).map(({ id }) => id);
      const listed = await store.list({ where, count: 1000 });
      expect(listed.map(({ id }) => id)).toEqual([...expected].sort(compareUtf8));
      const found = await store.searchVectors({ vector, metric: 'cosine', count: 1000, where });
      expect(new Set(found.map(({ id }) => id))).toEqual(
        new Set(expected.filter((id) => id !== 't17' && id !== 't18')),
      );
      const byWord = await store.searchWords({ tokens: ['the'], count: 1000, where });
      expect(new Set(byWord.map(({ item }) => item))).toEqual(new Set(expected));
    });

    it.each(words)('finds the word %s', async (word) => {
      const expected = texts.filter(({ tokens }) => tokens.includes(word)).map(({ id }) => id);
      const hits = await store.searchWords({ tokens: [word], count: 1000 });
      expect(new Set(hits.map(({ item }) => item))).toEqual(new Set(expected));
    });

    it('ranks a rare word above a frequent one, and finds the word of a text without a vector', async () => {
      const hits = await store.searchWords({ tokens: ['the', 'rare'], count: 6 });
      expect(hits.map(({ item }) => Number(item.slice(1)) % 50)).toEqual([0, 0, 0, 0, 0, 0]);
      const scores = hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(scores[5]).toBeGreaterThan(0);
      const byWord = await store.searchWords({ tokens: texts[18].tokens, count: 1000 });
      expect(byWord.map(({ item }) => item)).toContain('t18');
      expect(await store.searchWords({ tokens: ['nowhere', '', '\0', 'x'.repeat(5000)], count: 5 })).toEqual([]);
    });

    it('scores words by BM25, exactly, equal ones in the order of the ids, and explains it', async () => {
      const all = texts.map(({ tokens }) => tokens);
      const mean = all.reduce((sum, { length }) => sum + length, 0) / all.length;
      const partOf = (word: string, tokens: readonly string[]) => {
        const frequency = tokens.filter((other) => other === word).length;
        const idf = inverseDocumentFrequency(all.length, all.filter((other) => other.includes(word)).length);
        return (idf * frequency * (K1 + 1)) / (frequency + K1 * (1 - B + (B * tokens.length) / mean));
      };
      for (const question of [['the'], ['rare', 'the', 'nowhere'], ['苹果', 'cat', 'the', 'rare']]) {
        const expected = texts
          .map(({ id, tokens }) => ({ id, score: question.reduce((sum, word) => sum + partOf(word, tokens), 0) }))
          .sort((a, b) => b.score - a.score || compareUtf8(a.id, b.id))
          .slice(0, 20);
        const found = await store.searchWords({ tokens: question, count: 20 });
        expect(found.map(({ item }) => item)).toEqual(expected.map(({ id }) => id));
        found.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i].score, 9));
        const explained = await store.explainWords(question, [found[0].item, 'not there']);
        expect([...explained.keys()]).toEqual([found[0].item]);
        const { tokens } = texts.find(({ id }) => id === found[0].item)!;
        for (const { word, score } of explained.get(found[0].item)!) expect(score).toBeCloseTo(partOf(word, tokens), 9);
      }
    });

    it('finds by words and a condition that few of the best fulfil', async () => {
      const where = parseFilter('number = 299 or number = 1');
      const found = await store.searchWords({ tokens: ['the', 'cat'], count: 2, where });
      expect(new Set(found.map(({ item }) => item))).toEqual(new Set(['t1', 't299']));
    });

    it('lists page by page, in the order of bytes', async () => {
      const ids: string[] = [];
      for (let after: string | undefined; ; after = ids.at(-1)) {
        const page = await store.list({ after, count: 70 });
        ids.push(...page.map(({ id }) => id));
        if (page.length < 70) break;
      }
      expect(ids).toEqual(texts.map(({ id }) => id).sort(compareUtf8));
    });

    it('gives texts, ids and metadata back as they were', async () => {
      const strange: EncodedText[] = [
        `'; drop table "wordkin_texts"; --`,
        '"quoted" \\ back\\\\slash \t tab',
        'emoji 👩‍👩‍👧‍👦 🇨🇳',
        'من اليمين إلى اليسار',
        '1,000 bytes '.repeat(150),
        '$1 %s {} [] :: ::text',
        '\ufeffbyte order mark \u202e\x1b[2J\u2028',
      ].map((id, i) => ({
        id,
        text: `${id}\r\nline ${i}\n${i === 4 ? 'long words '.repeat(200_000) : ''}`, // 2 MB
        metadata: { [id.slice(0, 20)]: id, nested: { list: [1, null, true, { deep: '💥' }] } },
        vector: vectorOf(),
        tokens: [id.slice(0, 10), 'long', ...(i === 4 ? Array.from({ length: 70_000 }, (_, k) => `word${k}`) : [])],
      }));
      await store.put(strange);
      for (const { id, text, metadata } of strange) expect(await store.get([id])).toEqual([{ id, text, metadata }]);
      const ids = new Set((await store.list({ count: 1000 })).map(({ id }) => id));
      const near = await store.searchVectors({ vector: vectorOf(), metric: 'euclidean', count: 1000 });
      for (const { id } of strange) {
        expect(ids).toContain(id);
        expect(near.map((hit) => hit.id)).toContain(id);
      }
      expect(await store.delete([...strange.map(({ id }) => id), 'not there'])).toBe(strange.length);
      expect(await store.count()).toBe(300);
    });

    it('hands out all vectors', async () => {
      const vectors = new Map<string, Float32Array | undefined>();
      for await (const { id, vector } of store.vectors()) vectors.set(id, vector);
      expect(vectors.size).toBe(300);
      for (const { id, vector } of texts) expect(vectors.get(id)).toEqual(vector);
    });

    it('takes the later of two texts of one id in a batch, and nothing of a batch with a text that it cannot keep', async () => {
      const twice = { ...texts[0], id: 'twice' };
      expect(await store.put([twice, { ...twice, text: 'later' }])).toEqual({ added: 1, updated: 0 });
      expect((await store.get(['twice', 'twice'])).map(({ text }) => text)).toEqual(['later']);
      const bad: [string, Partial<EncodedText>][] = [
        ['a vector of NaN', { vector: new Float32Array(DIMENSIONS).fill(Number.NaN) }],
        ['a vector of other dimensions', { vector: new Float32Array(DIMENSIONS + 1) }],
        ['metadata of infinity', { metadata: { a: [1, Infinity] } }],
        ['a date', { metadata: { a: new Date(0) as never } }],
        ['NUL', { text: 'a\0' }],
      ];
      for (const [what, part] of bad) {
        const put = store.put([
          { ...twice, id: 'good' },
          { ...twice, id: 'bad one', ...part },
        ]);
        await expect(put, what).rejects.toThrow(/"bad one"/);
        expect(await store.get(['good', 'bad one'])).toEqual([]);
      }
      expect(await store.delete(['twice', 'twice', 'a\0', '\ud800'])).toBe(1);
    });

    it('says what is wrong with arguments of another kind', async () => {
      const given = store as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
      for (const nonsense of [undefined, null, 5, 'a']) {
        await expect(given.put(nonsense)).rejects.toThrow('"texts" must be an array of texts, got');
        await expect(given.claim(nonsense)).rejects.toThrow('"model" must be the identity of a model, got');
        for (const search of ['searchVectors', 'searchWords'])
          await expect(given[search](nonsense)).rejects.toThrow('A question to a store must be an object, got');
        await expect(given.searchWords({ tokens: nonsense, count: 1 })).rejects.toThrow('"tokens" must be an array');
        await expect(given.explainWords(nonsense, ['t1'])).rejects.toThrow('"tokens" must be an array of texts, got');
        await expect(given.explainWords(['cat'], nonsense)).rejects.toThrow('"ids" must be an array of ids, got');
      }
    });

    it('takes any number of ids and values', async () => {
      const ids = Array.from({ length: 70_000 }, (_, i) => `t${i}`);
      expect(await store.get(ids)).toHaveLength(300);
      expect(await store.delete(ids.slice(300))).toBe(0);
      const where = parseFilter(`number in (${ids.map((_, i) => 2 * i).join(',')}) and number < 100`);
      expect(await store.list({ where, count: 1e12 })).toHaveLength(50);
    });

    it('is not changed by changing what came out', async () => {
      const [record] = (await store.get(['t8'])) as { metadata: Record<string, unknown> }[];
      record.metadata.number = -1;
      for await (const { vector, metadata } of store.vectors()) {
        vector?.fill(7);
        (metadata as Record<string, unknown>).number = -1;
        break;
      }
      expect((await store.get(['t8']))[0].metadata.number).toBe(8);
      expect(await store.list({ where: parseFilter('number = -1') })).toEqual([]);
      const [hit] = await store.searchVectors({ vector: texts[0].vector!, metric: 'euclidean', count: 1 });
      expect(hit).toEqual({ id: 't0', value: 0 });
    });

    it('answers every condition as any other store does', async () => {
      const key = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'a b', 'ü', '0', '$x', "it's", '__proto__', 'toString');
      const text = fc.oneof(
        fc.constantFrom('', 'a', 'ab', 'B', '1', 'é', '\u{10000}', '\uffff', '"', "'\\", '\\u0000', '%', 'null'),
        fc.string({ unit: 'grapheme', maxLength: 4 }).filter((value) => textProblem(value) === undefined),
      );
      const number = fc.oneof(
        fc.constantFrom(0, -0, 1, -1, 0.1, 1e21, 5e-324, -1.7976931348623157e308, 2 ** 53, 1e-7),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      );
      const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
      const metadataOf = fc.dictionary(
        key,
        fc.oneof(
          { depthSize: 'small' },
          scalar,
          fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }),
          fc.dictionary(key, fc.oneof(scalar, fc.dictionary(key, scalar, { maxKeys: 3 })), { maxKeys: 3 }),
        ),
        { maxKeys: 4 },
      );
      const path = fc.array(key, { minLength: 1, maxLength: 3 });
      const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
        filter: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.record({
            kind: fc.constant('compare' as const),
            path,
            operator: fc.constantFrom(...OPERATORS),
            value: scalar,
          }),
          fc.record({ kind: fc.constant('exists' as const), path }),
          fc.record({
            kind: fc.constantFrom('and' as const, 'or' as const),
            parts: fc.array(tie('filter'), { maxLength: 3 }),
          }),
          fc.record({ kind: fc.constant('not' as const), part: tie('filter') }),
        ),
      }));
      await fc.assert(
        fc.asyncProperty(
          fc.array(metadataOf, { minLength: 1, maxLength: 12 }),
          fc.array(filter, { minLength: 1, maxLength: 12 }),
          async (all, filters) => {
            const own = all.map((metadata, i) => ({ ...texts[1], id: `f${i}`, metadata: metadata as Metadata }));
            await store.delete(Array.from({ length: 12 }, (_, i) => `f${i}`));
            await store.put(own);
            for (const where of filters) {
              const expected = own.filter(({ metadata }) => matchesFilter(where, metadata)).map(({ id }) => id);
              const found = (await store.list({ where, count: 12, after: 'f' })).map(({ id }) => id);
              expect(found.filter((id) => id.startsWith('f'))).toEqual(expected.sort(compareUtf8));
            }
            const kept = new Map((await store.get(own.map(({ id }) => id))).map(({ id, metadata }) => [id, metadata]));
            for (const { id, metadata } of own) expect(kept.get(id)).toEqual(copyMetadata(metadata));
          },
        ),
        { numRuns: 60 },
      );
      await store.delete(Array.from({ length: 12 }, (_, i) => `f${i}`));
    });

    it.each([
      ['a count of 0', () => store.list({ count: 0 }), /"count"/],
      ['a count of 1.5', () => store.searchWords({ tokens: ['cat'], count: 1.5 }), /"count"/],
      [
        'an operator that is SQL',
        () => store.list({ where: { kind: 'compare', path: ['a'], operator: '= 1 or 1 =' as never, value: 1 } }),
        /operator/,
      ],
      ['a value of infinity', () => store.list({ where: parseFilter('a = 1e400') }), /too large/],
      [
        '10,001 conditions',
        () => store.list({ where: parseFilter(Array(10_001).fill('a < 1').join(' or ')) }),
        /10000/,
      ],
      [
        'another model',
        () => store.claim({ ...model, fingerprint: 'other', description: 'another one' }),
        /filled by another \(a model\), this one is another one/,
      ],
    ])('refuses %s with a sentence', async (_, call, message) => {
      await expect((async () => call())()).rejects.toThrow(message);
    });

    it('answers conditions of the largest size and depth soon', async () => {
      const deep = `${'not ('.repeat(48)}number < 5 or lang = "zh"${')'.repeat(48)}`;
      const wide = Array.from({ length: 1_500 }, (_, i) => `number < ${i % 2} and lang contains "z${i}"`).join(' or ');
      const begin = performance.now();
      for (const text of [deep, wide]) {
        const where = parseFilter(text);
        const expected = texts.filter(({ metadata }) => matchesFilter(where, metadata as Metadata)).length;
        expect(await store.list({ where, count: 1000 })).toHaveLength(expected);
      }
      expect(performance.now() - begin).toBeLessThan(100_000);
    });

    it('answers the same in memory, also after changes', async () => {
      const question = { tokens: ['the', 'cat', 'rare'], count: 30 };
      const vector = vectorOf();
      const where = parseFilter('number < 200');
      const ask = async () => [
        await store.searchWords(question),
        await store.searchWords({ ...question, where }),
        (await store.searchVectors({ vector, metric: 'cosine', count: 300 })).map(({ id }) => id),
        (await store.searchVectors({ vector, metric: 'euclidean', count: 9, where })).map(({ id }) => id),
      ];
      const before = await ask();
      await store.keepInMemory();
      expect(await ask()).toEqual(before);
      await store.put([{ ...texts[1], id: 'more', tokens: ['rare', 'cat'] }]);
      expect((await store.searchWords(question))[0].item).toBe('more');
      expect((await store.searchVectors({ vector: texts[1].vector!, metric: 'euclidean', count: 1 }))[0].id).toBe(
        'more',
      );
      await store.put([{ ...texts[1], id: 'more', text: 'other', tokens: ['stone'], metadata: { number: 7 } }]);
      expect((await store.searchWords(question)).map(({ item }) => item)).not.toContain('more');
      expect(await store.searchWords({ tokens: ['stone'], count: 9, where: parseFilter('number = 7') })).toHaveLength(
        1,
      );
      expect(await store.delete(['more'])).toBe(1);
      expect(await ask()).toEqual(before);
    });

    it('is the same when it is opened again', async () => {
      const again = await open();
      if (!again) return;
      store = again;
      expect(store.model).toEqual(model);
      expect(await store.count()).toBe(300);
      expect((await store.get(['t7']))[0]).toEqual({ id: 't7', text: 'text 7', metadata: texts[7].metadata });
    });

    it('rejects every call when it was closed', async () => {
      const calls: Record<string, () => Promise<unknown>> = {
        claim: () => store.claim(model),
        put: () => store.put([texts[0]]),
        delete: () => store.delete(['t0']),
        get: () => store.get(['t0']),
        list: () => store.list(),
        count: () => store.count(),
        searchVectors: () => store.searchVectors({ vector: vectorOf(), metric: 'cosine', count: 1 }),
        searchWords: () => store.searchWords({ tokens: ['the'], count: 1 }),
        vectors: async () => {
          for await (const _ of store.vectors()) return;
        },
        optimize: () => store.optimize(),
      };
      await store.close();
      await store.close(); // again: nothing
      for (const [name, call] of Object.entries(calls)) await expect(call(), name).rejects.toThrow('it was closed');
    });
  });
}
