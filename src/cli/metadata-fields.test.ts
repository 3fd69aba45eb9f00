import { afterEach, expect, it, vi } from 'vitest';
import { withMetadataFields } from './metadata-fields.ts';

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
