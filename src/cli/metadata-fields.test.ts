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

it('tells of a condition under the name of its option', async () => {
  let written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  await store.put([{ id: '1', text: 'a', metadata: { year: 2010 }, vector: undefined, tokens: [] }]);
  await noteConditions(store, parseFilter('yaer = 5'));
  expect(written).toBe('no text has the field "yaer" of --where; did you mean "year"?\n');
});
