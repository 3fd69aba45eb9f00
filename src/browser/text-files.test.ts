import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { openTextFiles } from './text-files.ts';

async function read(file: File, options = {}): Promise<string> {
  const [source] = await openTextFiles([file], options);
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of source.open()) text += decoder.decode(bytes, { stream: true });
  return text;
}

it('reads files that were picked, packed or not', async () => {
  expect(await read(new File(['a b'], 'a.txt'))).toBe('a b');
  expect(await read(new File([gzipSync('a b')], 'a.txt.GZ'))).toBe('a b');
});

it.each(['a.jsonl', 'a.json', 'A.CSV', 'a.tsv.gz', 'a.ndjson', 'a.parquet'])(
  'trains on no records as if they were text, unless that is asked for: %s',
  async (name) => {
    const file = new File(['{"text": "a"}'], name);
    await expect(openTextFiles([file])).rejects.toThrow(
      `Cannot read "${name}" in a page: by its name it holds records`,
    );
    await expect(openTextFiles([file])).rejects.toThrow('give { texts }; or give the format "text"');
    if (!name.endsWith('.gz')) expect(await read(file, { format: 'text' })).toBe('{"text": "a"}');
  },
);

it('names the file that ends early, or was changed since it was picked', async () => {
  const cut = gzipSync('a b c d'.repeat(100)).subarray(0, 20);
  await expect(read(new File([cut], 'cut.gz'))).rejects.toThrow(
    /^Cannot read "cut.gz": .*\(is it whole, and gzip\?\)$/,
  );
  const gone = Object.assign(new File([], 'gone.txt'), {
    stream: () =>
      new ReadableStream({ start: (controller) => controller.error(new Error('The file could not be read')) }),
  });
  await expect(read(gone)).rejects.toThrow('Cannot read "gone.txt": The file could not be read; pick it anew');
});
