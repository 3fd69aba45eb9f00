import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/command.ts';
import type { RecordOptions, RecordProgress } from '../environment/text-files.ts';
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

it('names a record without an id', async () => {
  for (const id of ['""', 'null', '{}'])
    await expect(read('e.jsonl', `{"id":"1","text":"a"}\n{"id":${id},"text":"b"}`)).rejects.toThrow(
      /e\.jsonl": record 2 has no id in the field "id"/,
    );
  await expect(read('e.csv', 'id,text\n,a\n')).rejects.toThrow('record 1 has no id in the field "id"');
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

it('cuts other files into paragraphs, with ids by their paths', async () => {
  const text = 'One line\nand another.\n\n\n  Second paragraph.  \n\n';
  await read('texts/deep/e.txt', text);
  const records = [];
  for await (const record of openRecords([join(folder, 'texts')])) records.push(record);
  const file = join(folder, 'texts/deep/e.txt');
  expect(records).toEqual([
    { id: `${file}#1`, text: 'One line\nand another.', metadata: { path: file, paragraph: 1 } },
    { id: `${file}#2`, text: 'Second paragraph.', metadata: { path: file, paragraph: 2 } },
  ]);
  // What lies in the current folder has the path from there, however it was given.
  const ids = [];
  for (const path of ['src/text', resolve('src/text'), './src/text/../text/utf8.ts'])
    for await (const { id } of openRecords([path])) if (/utf8\.ts#1$/.test(id)) ids.push(id);
  expect(new Set(ids)).toEqual(new Set(['src/text/utf8.ts#1']));
});

it('says which record is wrong', async () => {
  await expect(read('f.jsonl', '{"id":1,"txt":"a"}')).rejects.toThrow(
    /f\.jsonl": record 1 has no text in the field "text", it has id, txt; did you mean "txt"\?/,
  );
  await expect(read('g.jsonl', '{"id":1,"text":"a"}\n[1]')).rejects.toThrow(
    /line 2 must be a JSON object, such as .*, got \[1\]/,
  );
  await expect(read('h.jsonl', '{"id":1,"text":"a"}\n{"id":')).rejects.toThrow(/line 2 is not JSON/);
  await expect(read('i.jsonl', '{"id":1,"text":"a"}', { id: 'nr' })).rejects.toThrow(/no id in the field "nr"/);
});

it('reads JSON in any layout, and one long record as one', async () => {
  const all = [
    { key: 1, body: 'first' },
    { key: 2, body: ['a', 'b'] },
    { key: 3, body: 'x '.repeat(1 << 20) },
  ];
  for (const [name, content] of Object.entries({
    'array.json': JSON.stringify(all, undefined, 2),
    'flat.json': JSON.stringify(all),
    'lines.json': all.map((record) => `${JSON.stringify(record)}\n`).join(''),
    'pretty.json': all.map((record) => JSON.stringify(record, undefined, 2)).join('\n'),
    'array.jsonl': JSON.stringify(all),
    'lines.ndjson': `\ufeff${all.map((record) => `${JSON.stringify(record)}\r\n`).join('')}`,
  })) {
    const records = await read(name, content, { id: 'key', text: 'body' });
    expect(
      records.map(({ id, text }) => [id, text.length]),
      name,
    ).toEqual([
      ['1', 5],
      ['2', 3],
      ['3', 2 << 20],
    ]);
  }
});

it('tells which fields are not kept', async () => {
  const path = join(folder, 'more.jsonl');
  writeFileSync(path, '{"id":1,"text":"a","year":2020,"tag":{"name":"b"}}\n{"id":2,"text":"b","author":"c","year":1}');
  const leftOut = async (metadata?: string[]) => {
    let fields: readonly string[] = [];
    for await (const _ of openRecords([path], { metadata }, (progress) => {
      fields = progress.fieldsLeftOut;
    }));
    return fields;
  };
  expect(await leftOut()).toEqual(['year', 'tag', 'author']);
  expect(await leftOut(['year', 'tag.name'])).toEqual(['author']);
});

it('passes over records without text, and counts them', async () => {
  const lines = ['{"id":1,"text":null}', '{"id":2}', '{"id":3,"text":"x"}', '{"id":4,"constructor":"y"}'];
  writeFileSync(join(folder, 'some.jsonl'), lines.join('\n'));
  writeFileSync(join(folder, 'short.csv'), 'id,text\n5\n6,y\n\n');
  let skipped = 0;
  const ids = [];
  const files = ['some.jsonl', 'short.csv'].map((name) => join(folder, name));
  for await (const { id } of openRecords(files, {}, ({ skippedRecords }) => {
    skipped = skippedRecords;
  }))
    ids.push(id);
  expect({ ids, skipped }).toEqual({ ids: ['3', '6'], skipped: 4 });
  await expect(read('none.jsonl', lines.slice(0, 2).join('\n'), { text: 'toString' })).rejects.toThrow(
    'record 1 has no text in the field "toString", it has id, text; nor has any other record',
  );
  await expect(read('none.csv', 'id,txt\n1,a\n')).rejects.toThrow(
    'column "text" is not there, the first line has id, txt; did you mean "txt"?',
  );
});

it('keeps large ids apart, and refuses numbers that JSON cannot hold', async () => {
  const ids = ['9007199254740993', '9007199254740992', '-1'];
  const records = await read('large.jsonl', ids.map((id) => `{"id":${id},"text":"x","n":${id}}\n`).join(''), {
    metadata: ['n'],
  });
  expect(records.map(({ id }) => id)).toEqual(ids);
  expect(records.map(({ metadata }) => metadata?.n)).toEqual([ids[0], ids[1], -1]);
  await expect(read('infinite.jsonl', '{"text":"x","n":1e400}', { metadata: ['n'] })).rejects.toThrow(
    /record 1 has a number in "n" that is too large/,
  );
});

it('counts malformed UTF-8 in records of every kind', async () => {
  const cafe = Buffer.from('caf\xe9', 'latin1');
  const kinds: [string, Buffer][] = [
    ['bad.jsonl', Buffer.concat([Buffer.from('{"text":"'), cafe, Buffer.from('"}\n{"text":"caf\ufffd"}\n')])],
    ['bad.csv', Buffer.concat([Buffer.from('id,text\n1,'), cafe, Buffer.from('\n2,caf\ufffd\n')])],
    ['bad.txt', Buffer.concat([cafe, Buffer.from(' x\n\ncaf\ufffd\n')])],
  ];
  for (const [name, bytes] of kinds) {
    writeFileSync(join(folder, name), bytes);
    let repairs = 0;
    const texts: string[] = [];
    for await (const { text } of openRecords([join(folder, name)], {}, (progress) => ({ repairs } = progress)))
      texts.push(text);
    expect([name, repairs, texts.length]).toEqual([name, 1, 2]);
  }
});

it('refuses fields of records where all is plain text', async () => {
  const path = join(folder, 'plain.txt');
  writeFileSync(path, 'a b\n');
  for (const name of ['id', 'text'])
    await expect(openRecords([path], { [name]: 'x' }).next()).rejects.toThrow(
      `plain.txt" as records: it is plain text ("${name}" names the field of records)`,
    );
});

it('tells how far the records are that were given out, not what has been read ahead of them', async () => {
  const texts = Array.from({ length: 5000 }, (_, i) => `text ${i} ${String(Math.sin(i)).repeat(5)}`);
  const jsonl = texts.map((text) => JSON.stringify({ text })).join('\n');
  const columnData = [{ name: 'text', data: texts, type: 'STRING' as const }];
  const files: Record<string, string | Uint8Array> = {
    'far.jsonl': jsonl,
    'far.jsonl.gz': gzipSync(jsonl),
    'far.json': `[${texts.map((text) => JSON.stringify({ text })).join(',')}]`,
    'far.csv': `text\n${texts.join('\n')}`,
    'far.txt': texts.join('\n\n'),
    'far.parquet': new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 500 })),
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(path, content);
    let share = 0;
    const shares: number[] = [];
    const onRead = ({ bytesRead, byteLength }: RecordProgress) => {
      share = bytesRead / byteLength;
    };
    for await (const _ of openRecords([path], {}, onRead)) shares.push(share);
    const farthest = Math.max(...shares.map((at, i) => Math.abs(at - i / texts.length)));
    expect({ name, count: shares.length, end: share, isNear: farthest < 0.35 }).toEqual({
      name,
      count: 5000,
      end: 1,
      isNear: true,
    });
  }
});
