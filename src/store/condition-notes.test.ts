import { afterEach, expect, it, vi } from 'vitest';
import { ConditionTeller, conditionNotes, needsAll } from './condition-notes.ts';
import { parseFilter } from './filter.ts';
import { MemoryTextStore } from './memory-text-store.ts';
import type { Metadata } from './metadata.ts';

/** A store of texts with such metadata. */
async function storeOf(...metadata: Metadata[]): Promise<MemoryTextStore> {
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  await store.put(metadata.map((fields, i) => ({ id: `${1000 + i}`, text: 'a', tokens: [], metadata: fields })));
  return store;
}

afterEach(() => vi.restoreAllMocks());

it.each([
  ['year = "2010"', 'the field "year" of --where holds numbers, and "2010" is none of it: leave out the quotes'],
  ['year != "2010"', 'the field "year" of --where holds numbers, and "2010" is none of it: leave out the quotes'],
  ['zip in (5, 6)', 'the field "zip" of --where holds text, and 5 is none of it: put it in quotes'],
  ['not tags = "a"', 'the field "tags" of --where holds lists, and "a" is none of it: ask with contains'],
  [
    'year contains 2',
    'the field "year" of --where holds numbers: contains asks for a value of a list, or text in text',
  ],
  ['by.name > 5', 'the field "by.name" of --where holds text, and 5 is none of it: put it in quotes'],
  ['"a.b" = 1', 'the field "a.b" of --where holds true or false, and 1 is none of it'],
  ['"a.b" = "true"', 'the field "a.b" of --where holds true or false, and "true" is none of it: leave out the quotes'],
  ['yaer = 5', 'no text has the field "yaer" of --where; did you mean "year"?'],
  ['by.nmae = "n"', 'no text has the field "by.nmae" of --where; did you mean "by.name"?'],
  ['zip > 5 or open = 5', 'the field "zip" of --where holds text, and 5 is none of it: put it in quotes'],
  ['year >= 2010 and zip = "05" and tags contains "a" and open = "x" and year exists and by.name contains "n"', ''],
])('tells of a condition that can hold for no text: %s', async (condition, told) => {
  const metadata = { year: 2010, zip: '05', tags: ['a'], open: null, by: { name: 'n' }, 'a.b': true };
  const store = await storeOf(metadata, { ...metadata, year: null }); // null says nothing of the kind of the others
  expect(await conditionNotes(store, parseFilter(condition), '--where')).toEqual(told === '' ? [] : [told]);
});

it.each([
  ['year = 1 and (lang = "en" and tags contains "a")', true],
  ['year exists', true],
  ['year = 1 or lang = "en"', false],
  ['year in (1, 2)', false],
  ['year != 1 and lang = "en"', false],
  ['lang = "en" and not year = 1', false],
])('knows whether a condition needs all of its parts: %s', (condition, expected) => {
  expect(needsAll(parseFilter(condition))).toBe(expected);
});

it('takes a condition as text, refuses what is none, and says nothing of a store without texts', async () => {
  const store = await storeOf({});
  expect(await conditionNotes(store, 'year = 5')).toEqual(['no text has the field "year" of "where"; they have none']);
  expect(await conditionNotes(new MemoryTextStore(), 'year = 5')).toEqual([]);
  await expect(conditionNotes(store, 'year')).rejects.toThrow(/^Cannot read the filter/);
  await expect(conditionNotes(store, {} as never)).rejects.toThrow('Cannot filter: a part must be of the kind');
  await expect(conditionNotes([] as never, 'year = 5')).rejects.toThrow('"store" must be a store of texts');
});

it.each([
  ['year = "x"', 'x'],
  ['year >= 2000', 2010],
  ['year = false', true],
  ['year contains 5', [1, 5]],
])('does not take a field for one of another kind by its first texts: %s', async (condition, value) => {
  const others = Array.from({ length: 120 }, (_, i) => ({ year: typeof value === 'string' ? i : 'text' }));
  expect(await conditionNotes(await storeOf(...others, { year: value }), condition)).toEqual([]);
  expect(await conditionNotes(await storeOf(...others), condition)).toHaveLength(1);
});

it('looks at no text where a search has found what all parts of its condition ask for', async () => {
  const notes: string[] = [];
  const teller = new ConditionTeller(await storeOf({}), 'the filter');
  const tell = (condition: string, found: number) => teller.tell(parseFilter(condition), found, (n) => notes.push(n));
  await tell('nothing = 1', 1);
  await teller.tell(undefined, 0, (note) => notes.push(note));
  expect(notes).toEqual([]);
  await tell('nothing = 1', 0);
  await tell('not nothing = 1', 1);
  expect(notes).toEqual(Array(2).fill('no text has the field "nothing" of the filter; they have none'));
});

it('warns once of conditions that differ in their values only, as soon as there are texts', async () => {
  const told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const store = await storeOf();
  const teller = new ConditionTeller(store);
  await teller.tell(parseFilter('year = "2010"'), 0);
  expect(told).not.toHaveBeenCalled();
  await store.put([{ id: '1', text: 'a', tokens: [], metadata: { year: 2010 } }]);
  const list = vi.spyOn(store, 'list');
  for (const condition of ['year = "2010"', 'year = "2011"', 'not year = 5', 'not year = 6'])
    await teller.tell(parseFilter(condition), 0);
  expect(told.mock.calls).toEqual([
    ['the field "year" of "where" holds numbers, and "2010" is none of it: leave out the quotes', 'WordkinWarning'],
  ]);
  expect(list).toHaveBeenCalledTimes(2);
});
