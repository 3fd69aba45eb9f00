import { afterEach, expect, it, vi } from 'vitest';
import { parseFilter } from '../store/filter.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import type { Metadata } from '../store/metadata.ts';
import { noteConditions, watchFields, withMetadataFields } from './metadata-fields.ts';

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

it('tells of fields that texts have no more', async () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const store = new MemoryTextStore();
  await store.claim({ fingerprint: 'a', description: 'a', dimensions: 2 });
  const text = { text: 'a', vector: undefined, tokens: [] };
  const put = (id: string, metadata: Metadata) => store.put([{ ...text, id, metadata }]);
  await put('1', { year: 1, lang: 'en' });
  await put('2', { year: 2 });
  await put('3', { year: 3 });
  const tell = await watchFields(store);
  await put('1', { year: 5, lang: 'zh', tag: 'a' }); // other values, and more
  await put('4', {});
  await store.delete(['3']);
  await tell();
  expect(told).not.toHaveBeenCalled();
  await put('1', { tag: 'a' });
  await put('2', {});
  await tell();
  expect(told).toHaveBeenCalledExactlyOnceWith(
    'texts such as "1" had "year", "lang" in their metadata, and have it no more: if it was to stay, index again with it in --metadata\n',
  );
});
