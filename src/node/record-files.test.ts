import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/command.ts';
import type { RecordOptions } from '../environment/text-files.ts';
import { openRecords } from './record-files.ts';

const folder = temporaryFolder();
async function read(name: string, content: string | Uint8Array, options?: RecordOptions) {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  const records = [];
  for await (const record of openRecords([path], options)) records.push(record);
  return records;
}
const options = { id: 'key', text: 'body', metadata: ['year', 'tag.name'] };
const expected = [
  { id: '1', text: 'first', metadata: { year: 2020, 'tag.name': 'a' } },
  { id: 'x', text: 'second\nline', metadata: { year: 2021 } },
];

it('reads records of JSONL, also compressed', async () => {
  const jsonl =
    '{"key":1,"body":"first","year":2020,"tag":{"name":"a"}}\r\n\n{"key":"x","body":"second\\nline","year":2021}';
  expect(await read('a.jsonl', jsonl, options)).toEqual(expected);
  expect(await read('a.jsonl.gz', gzipSync(jsonl), options)).toEqual(expected);
});

it('reads records of CSV and TSV; what is written as a number is one', async () => {
  expect(
    await read('b.csv', 'key,body,year,zip\n1,first,2020,02139\nx,"second\nline",2021,+49\n', {
      ...options,
      metadata: ['year', 'zip'],
    }),
  ).toEqual([
    { id: '1', text: 'first', metadata: { year: 2020, zip: '02139' } },
    { id: 'x', text: 'second\nline', metadata: { year: 2021, zip: '+49' } },
  ]);
  expect(await read('b.tsv', 'id\ttext\n7\t"quoted\n')).toEqual([{ id: '7', text: '"quoted', metadata: {} }]);
});

it('reads records of Parquet', async () => {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'key', data: [1n, 2n], type: 'INT64' },
      { name: 'body', data: ['first', '第二'], type: 'STRING' },
      { name: 'year', data: [2020, 2021.5], type: 'DOUBLE' },
    ],
  });
  expect(await read('c.parquet', new Uint8Array(bytes), { ...options, metadata: ['year', 'key'] })).toEqual([
    { id: '1', text: 'first', metadata: { year: 2020, key: 1 } },
    { id: '2', text: '第二', metadata: { year: 2021.5, key: 2 } },
  ]);
  await expect(read('d.parquet', 'no parquet at all')).rejects.toThrow(/Cannot read ".*d\.parquet": /);
});

it('cuts other files into paragraphs, with ids that do not depend on where the folder lies', async () => {
  const text = 'One line\nand another.\n\n\n  Second paragraph.  \n\n';
  await read('texts/deep/e.txt', text);
  const records = [];
  for await (const record of openRecords([join(folder, 'texts')])) records.push(record);
  expect(records).toEqual([
    { id: 'deep/e.txt#1', text: 'One line\nand another.', metadata: { path: 'deep/e.txt', paragraph: 1 } },
    { id: 'deep/e.txt#2', text: 'Second paragraph.', metadata: { path: 'deep/e.txt', paragraph: 2 } },
  ]);
});

it('says which record is wrong', async () => {
  await expect(read('f.jsonl', '{"id":1,"txt":"a"}')).rejects.toThrow(
    /f\.jsonl": record 1 has no text in the field "text", it has id, txt; did you mean "txt"\?/,
  );
  await expect(read('g.jsonl', '{"id":1,"text":"a"}\n[1]')).rejects.toThrow(/line 2 must be a JSON object, got \[1\]/);
  await expect(read('h.jsonl', '{"id":1,"text":"a"}\n{"id":')).rejects.toThrow(/line 2 is not JSON/);
  await expect(read('i.jsonl', '{"id":1,"text":"a"}', { id: 'nr' })).rejects.toThrow(/no id in the field "nr"/);
});
