import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/command.ts';
import { openInputFiles } from './input-files.ts';
import { readTextFile } from './read-text-file.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
function write(name: string, content: string | Uint8Array): string {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), content);
  return at(name);
}

describe('openInputFiles', () => {
  it.skipIf(process.platform === 'win32')('reads a named pipe once', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(openInputFiles([at('pipe'), at('pipe')])).rejects.toThrow(
      'twice: what comes through a pipe is there once',
    );
    await expect(openInputFiles(['-', '-'])).rejects.toThrow('Cannot read "-" twice');
    const [file] = await openInputFiles([at('pipe')]);
    const writing = promisify(execFile)('sh', ['-c', `printf 'a b\\n' > "${at('pipe')}"`]);
    const parts: Uint8Array[] = [];
    for await (const part of file.open(1 << 16)) parts.push(part);
    await writing;
    expect(Buffer.concat(parts).toString()).toBe('a b\n');
  });

  it.skipIf(!existsSync('/proc/version'))('reads a file whose length the system tells as 0', async () => {
    const [file] = await openInputFiles(['/proc/version']);
    expect(file).toMatchObject({ byteLength: undefined, readable: false });
    const parts: Uint8Array[] = [];
    for await (const part of file.open(1 << 16)) parts.push(part);
    expect(Buffer.concat(parts).toString()).toMatch(/^Linux version/);
    expect(await openInputFiles([write('empty.txt', '')])).toMatchObject([{ byteLength: 0, readable: false }]);
  });

  it('reads each folder once, however its links lead, and no hidden files', async () => {
    write('loop/a/x.txt', 'x');
    write('loop/b.txt', 'b');
    write('loop/.hidden', 'h');
    write('loop/.git/config', 'c');
    symlinkSync('.', at('loop/self'));
    symlinkSync('..', at('loop/a/up'));
    symlinkSync('a', at('loop/0-alias'));
    symlinkSync('b.txt', at('loop/c.txt'));
    const names = (await openInputFiles([at('loop')])).map(({ name }) => name);
    expect(names).toEqual(['a/x.txt', 'b.txt', 'c.txt'].map((name) => at(`loop/${name}`)));
  });

  it('leaves out a store of texts that lies in a folder, and refuses it as what is read', async () => {
    write('project/notes.txt', 'n');
    for (const name of ['PG_VERSION', 'base/1/112', 'global/1262']) write(`project/texts/${name}`, 'x');
    write('project/base/own.txt', 'o');
    const names = (await openInputFiles([at('project')])).map(({ name }) => name);
    expect(names).toEqual(['base/own.txt', 'notes.txt'].map((name) => at(`project/${name}`)));
    await expect(openInputFiles([at('project/texts')])).rejects.toThrow('the folder is a store of texts');
  });

  it('refuses what is not there, with the reason', async () => {
    mkdirSync(at('bare/deep'), { recursive: true });
    symlinkSync('nowhere', write('dangling/a.txt', 'a').replace('a.txt', 'link'));
    const error = async (path: string) => (await openInputFiles([path]).catch((reason: Error) => reason)) as Error;
    expect((await error(at('bare'))).message).toBe(`Cannot read "${at('bare')}": the folder holds no files`);
    expect((await error(at('none.txt'))).message).toMatch(/none\.txt": there is no such file or folder$/);
    expect((await error(at('*.none'))).message).toMatch(/no file matches$/);
    expect((await error('https://u:secret@host/x.txt?token=y')).message).toMatch(
      /^Cannot read "https:\/\/u:…@host\/x.txt\?token=…": texts are read from files, not from addresses/,
    );
    expect((await error(at('dangling'))).message).toMatch(/dangling.link": there is no such file or folder$/);
    expect((await error(join(write('file.txt', 'x'), 'deeper'))).message).toMatch(/Cannot read .*deeper": /);
  });

  it('unpacks what begins as gzip, whatever its name, and refuses a name that promises it', async () => {
    for (const name of ['plain', 'a.gz', 'b.TXT.GZ']) {
      const [file] = await openInputFiles([write(name, gzipSync('packed'))]);
      expect(file.readable).toBe(false);
      let read = 0;
      const parts: Uint8Array[] = [];
      for await (const part of file.open(1000, (count) => (read += count))) parts.push(part);
      expect(Buffer.concat(parts).toString()).toBe('packed');
      expect(read).toBe(file.byteLength);
    }
    await expect(readTextFile(write('text.gz', 'plain text'))).rejects.toThrow(
      'the name ends in .gz, but it is no gzip file; name it otherwise if it is text',
    );
    await expect(readTextFile(write('page.gz', '<html><body>404'))).rejects.toThrow('it is a web page (HTML)');
  });
});

describe('readTextFile', () => {
  it('gives the text of a file', async () => {
    expect(await readTextFile(write('small.txt', '苹果\r\n'))).toBe('苹果\r\n');
    expect(await readTextFile(write('empty.txt', ''))).toBe('');
    expect(await readTextFile(write('old.txt', 'a 1\rb 2\r'))).toBe('a 1\nb 2\n');
  });

  it('says why a file cannot be read', async () => {
    const refused = (path: string) => expect(readTextFile(path)).rejects;
    await refused(at('missing.txt')).toThrow(`Cannot read "${at('missing.txt')}": there is no such file or folder`);
    write('folder/x.txt', 'x');
    await refused(at('folder')).toThrow('it must be one file');
    await refused(write('latin.txt', Buffer.from('a\nb\ncaf\xe9 9\n', 'latin1'))).toThrow(
      'line 3 is not UTF-8; convert it first',
    );
    await refused(write('latin3.txt', Buffer.from('caf\xe9 \xe9\n\xe9', 'latin1'))).toThrow(
      'line 1 is not UTF-8, and so at 2 other places; convert it first',
    );
    await refused(write('wide.txt', Buffer.from('word pair\n'.repeat(9), 'utf16le'))).toThrow('UTF-16LE');
  });
});
