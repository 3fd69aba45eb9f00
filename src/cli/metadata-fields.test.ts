import { afterEach, expect, it, vi } from 'vitest';
import { parseFilter } from '../store/filter.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { noteConditions, withMetadataFields } from './metadata-fields.ts';

afterEach(() => vi.restoreAllMocks());

it('says nothing of the fields of no records', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  async function* none() {}
  for await (const record of withMetadataFields(none(), ['year'])) expect(record).toBeUndefined();
  expect(write).not.toHaveBeenCalled();
});

it('refuses fields that no record has', async () => {
  async function* one() {
    yield { id: '1', text: 'a', metadata: { yaer: 1 } };
  }
  const reading = (async () => {
    for await (const _ of withMetadataFields(one(), ['year']));
  })();
  await expect(reading).rejects.toThrow('no record has the field "year" of --metadata');
});

it.each([
  ['year = "2010"', 'the field "year" of --where holds numbers, and "2010" is none of it: leave out the quotes\n'],
  ['year != "2010"', 'the field "year" of --where holds numbers, and "2010" is none of it: leave out the quotes\n'],
  ['zip in (5, 6)', 'the field "zip" of --where holds text, and 5 is none of it: put it in quotes\n'],
  ['not tags = "a"', 'the field "tags" of --where holds lists, and "a" is none of it: ask with contains\n'],
  [
    'year contains 2',
    'the field "year" of --where holds numbers: contains asks for a value of a list, or text in text\n',
  ],
  ['by.name > 5', 'the field "by.name" of --where holds text, and 5 is none of it: put it in quotes\n'],
  ['yaer = 5', 'no text has the field "yaer" of --where; did you mean "year"?\n'],
  ['year >= 2010 and zip = "05" and tags contains "a" and open = "x" and year exists and by.name contains "n"', ''],
])('tells of a condition that can hold for no text: %s', async (condition, told) => {
  let written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  const metadata = { year: 2010, zip: '05', tags: ['a'], open: null, by: { name: 'n' } };
  await store.put([{ id: '1', text: 'a', metadata, vector: undefined, tokens: [] }]);
  await noteConditions(store, parseFilter(condition));
  expect(written).toBe(told);
});
