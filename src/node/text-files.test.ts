import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { TextFileOptions } from '../text/text-file-options.ts';
import { openTextFiles } from './text-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-text-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(name: string, bytes: Uint8Array, options?: TextFileOptions): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const parts: Uint8Array[] = [];
  for (const source of await openTextFiles([path], options)) for await (const part of source.open()) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** What the work tells by warnings of Node. */
async function warningsOf(work: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const hear = ({ name, message }: Error) => name === 'WordkinWarning' && told.push(message);
  process.on('warning', hear);
  try {
    await work();
    await new Promise((done) => setImmediate(done));
  } finally {
    process.off('warning', hear);
  }
  return told;
}

describe('.zst', () => {
  // Written by the program zstd 1.5.4, one frame each.
  const first = Buffer.from('KLUv/QRY0QAA6Iu55p6cIGFwcGxlCnp3ZWl0ZSBaZWlsZQqVjfG8', 'base64');
  const second = Buffer.from('KLUv/QRYMQAAdGhpcmQKzDcgGA==', 'base64');

  it('is decompressed', async () => {
    expect(await read('one.zst', first)).toBe('苹果 apple\nzweite Zeile\n');
  });

  it('may have several frames, as `cat` makes them', async () => {
    expect(await read('two.zst', Buffer.concat([first, second]))).toBe('苹果 apple\nzweite Zeile\nthird\n');
  });

  it('is refused where it ends early or is something else', async () => {
    for (const length of [3, 10, first.length - 1]) {
      await expect(read('cut.zst', first.subarray(0, length))).rejects.toThrow(/Cannot read ".*cut\.zst"/);
    }
    await expect(read('cut.zst', Buffer.concat([first, second.subarray(0, 9)]))).rejects.toThrow(/Cannot read/);
    await expect(read('plain.zst', Buffer.from('no compressed text at all, but plain words'))).rejects.toThrow(
      /Cannot read ".*plain\.zst"/,
    );
  });
});

describe('.gz', () => {
  it('may have several members', async () => {
    expect(await read('two.gz', Buffer.concat([gzipSync('a b\n'), gzipSync('c\n')]))).toBe('a b\nc\n');
  });

  it('may be padded with zeros, as tapes are, and with nothing else', async () => {
    const packed = Buffer.concat([gzipSync('a b\n'), gzipSync('c\n')]);
    for (const length of [1, 512, 3 << 20]) {
      expect(await read('padded.gz', Buffer.concat([packed, Buffer.alloc(length)]))).toBe('a b\nc\n');
      await expect(read('more.gz', Buffer.concat([packed, Buffer.alloc(length), gzipSync('d\n')]))).rejects.toThrow(
        'more.gz": behind the compressed data are bytes that are none',
      );
    }
    await expect(read('more.gz', Buffer.concat([packed, Buffer.from('more')]))).rejects.toThrow('that are none');
  });

  it('is refused where it ends early', async () => {
    await expect(read('cut.gz', gzipSync('a b c d e f\n').subarray(0, 20))).rejects.toThrow(/Cannot read ".*cut\.gz"/);
  });
});

describe('.csv', () => {
  it('is read with the delimiter by which the column is there', async () => {
    const excel = '\ufeffid;text\r\n1;"a; ""b"""\r\n2;c,d\r\n';
    expect(await read('excel.csv', Buffer.from(excel))).toBe('a; "b"\nc,d\n');
    expect(await read('told.csv', Buffer.from('sep=;\r\nid;text\r\n1;a\r\n'))).toBe('a\n');
    expect(await read('tabs.csv', Buffer.from('id\ttext\n1\ta\n'))).toBe('a\n');
    expect(await read('number.csv', Buffer.from('1;a, b;x\n2;c;y\n'), { field: '2' })).toBe('a, b\nc\n');
    expect(await read('comma.csv', Buffer.from('1,a; b\n2,c\n'), { field: '2' })).toBe('a; b\nc\n');
    await expect(read('none.csv', Buffer.from('id;body\n1;a\n'))).rejects.toThrow(
      '("field" names the column, or gives its number)',
    );
  });

  it('is refused where two columns have the name that is asked for', async () => {
    await expect(read('two.csv', Buffer.from('id,text,text\n1,a,b\n'))).rejects.toThrow('two columns are named "text"');
    expect(await read('other.csv', Buffer.from('x,x,text\n1,2,b\n'))).toBe('b\n');
  });

  it('passes over the header of a table that was put behind another one, and says so', async () => {
    const told = await warningsOf(async () => {
      expect(await read('joined.csv', Buffer.from('id,text\n1,a\nid,text\n1,b\nid,text\n'))).toBe('a\nb\n');
    });
    expect(told).toEqual([expect.stringMatching(/joined\.csv": record 2 is the header again/)]);
    // A text may be the name of its column.
    expect(await read('one.csv', Buffer.from('text\na\ntext\n'))).toBe('a\ntext\n');
  });

  it('tells once of rows that hold more than the header names', async () => {
    const told = await warningsOf(async () => {
      expect(await read('long.csv', Buffer.from('id,text\n1,a,b\n2,c,,\n3,d,e\n'))).toBe('a\nc\nd\n');
    });
    expect(told).toEqual([expect.stringMatching(/long\.csv": record 1 has 3 cells, more than the 2 /)]);
  });

  it('tells of a quote that was not closed, by which two records became one', async () => {
    const told = await warningsOf(async () => {
      await read('loose.csv', Buffer.from('id,text\n1,"a"\n2,"b\n3,"c"\n4,"d\ne" \n5,"f"\n'));
      await read('right.csv', Buffer.from('id,text\n0,"a\nb" \n1,"a\n""b"""\n2,"c"d\n3,"e"\r\n'));
    });
    expect(told).toEqual([
      expect.stringMatching(/loose\.csv": the quote that begins a cell in line 3 ends in a later/),
    ]);
  });
});

it('files that are given twice are told, by whatever name', async () => {
  writeFileSync(join(folder, 'once.txt'), 'a b\n');
  writeFileSync(join(folder, 'other.txt'), 'a b\n');
  symlinkSync(join(folder, 'once.txt'), join(folder, 'link.txt'));
  const paths = ['once.txt', 'other.txt', 'link.txt', 'once.txt'].map((name) => join(folder, name));
  const told = await warningsOf(async () => {
    expect(await openTextFiles(paths.slice(0, 2))).toHaveLength(2);
    expect(await openTextFiles(paths)).toHaveLength(4);
  });
  expect(told).toEqual([
    expect.stringMatching(/link\.txt" is the same file as ".*once\.txt", and 1 more of the files/),
  ]);
});

it('a field is for records', async () => {
  await expect(read('plain.txt', Buffer.from('a b\n'), { field: 'body' })).rejects.toThrow('"field" is for records');
  expect(await read('plain2.txt', Buffer.from('body\na b\n'), { field: 'body', format: 'csv' })).toBe('a b\n');
});
