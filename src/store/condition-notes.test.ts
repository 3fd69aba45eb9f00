import { expect, it } from 'vitest';
import { conditionNotes, conditionNotesOfSearch, needsAll } from './condition-notes.ts';
import { parseFilter } from './filter.ts';
import { MemoryTextStore } from './memory-text-store.ts';

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
  ['zip > 5 or open = 5', 'the field "zip" of --where holds text, and 5 is none of it: put it in quotes'],
  ['year >= 2010 and zip = "05" and tags contains "a" and open = "x" and year exists and by.name contains "n"', ''],
])('tells of a condition that can hold for no text: %s', async (condition, told) => {
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  const metadata = { year: 2010, zip: '05', tags: ['a'], open: null, by: { name: 'n' }, 'a.b': true };
  const text = { text: 'a', vector: undefined, tokens: [] };
  await store.put([
    { ...text, id: '1', metadata },
    { ...text, id: '2', metadata: { ...metadata, year: null } }, // says nothing of the kind of the others
  ]);
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

it('takes a condition as text, and refuses what is none', async () => {
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  expect(await conditionNotes(store, 'year = 5')).toEqual(['no text has the field "year" of "where"; they have none']);
  await expect(conditionNotes(store, 'year')).rejects.toThrow(/^Cannot read the filter/);
  await expect(conditionNotes(store, {} as never)).rejects.toThrow('Cannot filter: a part must be of the kind');
  await expect(conditionNotes([] as never, 'year = 5')).rejects.toThrow('"store" must be a store of texts');
});

it('looks at no text where a search has found what all parts of its condition ask for', async () => {
  const store = new MemoryTextStore();
  const condition = parseFilter('nothing = 1');
  expect(await conditionNotesOfSearch(store, condition, 0)).toHaveLength(1);
  expect(await conditionNotesOfSearch(store, condition, 1)).toEqual([]);
  expect(await conditionNotesOfSearch(store, parseFilter('not nothing = 1'), 1)).toHaveLength(1);
  expect(await conditionNotesOfSearch(store, undefined, 0)).toEqual([]);
});
