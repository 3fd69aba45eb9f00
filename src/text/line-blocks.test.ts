import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, lineBlocks } from './line-blocks.ts';
import type { TextSource } from './text-source.ts';

const encoder = new TextEncoder();

function source(chunks: (string | number[])[], more: Partial<TextSource> = {}): TextSource {
  return {
    name: 'test',
    open: () => chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : Uint8Array.from(chunk))),
    ...more,
  };
}

async function blocks(input: TextSource): Promise<string[]> {
  const result: string[] = [];
  for await (const block of lineBlocks(input)) result.push(new TextDecoder('utf-8', { fatal: true }).decode(block));
  return result;
}

describe('lineBlocks', () => {
  it('loses nothing and ends with a line feed, wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '苹', '🙂'), maxLength: 50 }), {
          maxLength: 20,
        }),
        async (chunks) => {
          const text = chunks
            .join('')
            .replaceAll('\0', '')
            .replace(/^\ufeff/, '');
          const all = (await blocks(source([text]))).join('');
          expect(all).toBe(text === '' || text.endsWith('\n') ? text : `${text}\n`);
        },
      ),
    );
  });

  it('cuts long text at line ends', async () => {
    const line = `${'word '.repeat(100)}\n`;
    const result = await blocks(source([line.repeat(8000)]));
    expect(result.length).toBeGreaterThan(3);
    for (const block of result) expect(block.endsWith('\n')).toBe(true);
    expect(result.join('') === line.repeat(8000)).toBe(true); // not toBe: a difference would print megabytes
  });

  it('makes the same blocks in memory that is given back, whatever is left in it', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${'word '.repeat(i % 41)}${i % 7 ? '苹果' : ''}\n`);
    for (const jsonField of [undefined, 'text']) {
      const text = source([lines.join(''), `${'x'.repeat(3 * BLOCK_BYTES)}\n`, lines.join('')], { jsonField });
      const expected = await blocks(text);
      const spare = [new ArrayBuffer(10)];
      const memories = new Set<ArrayBuffer>();
      const found: string[] = [];
      for await (const block of lineBlocks(text, undefined, spare)) {
        found.push(new TextDecoder('utf-8', { fatal: true }).decode(block));
        memories.add(block.buffer);
        new Uint8Array(block.buffer).fill(10);
        spare.push(block.buffer);
      }
      expect(found.every((block, i) => block === expected[i])).toBe(true);
      expect(found.length).toBe(expected.length);
      expect(memories.size).toBeLessThan(found.length / 2);
    }
  });

  it('cuts a line longer than a block at a space', async () => {
    const text = 'abc '.repeat(BLOCK_BYTES);
    const result = await blocks(source([text]));
    expect(result.join('') === `${text}\n`).toBe(true);
    for (const block of result.slice(0, -1)) expect(block.slice(0, 3)).toBe('abc');
  });

  it('cuts a line without spaces between two characters', async () => {
    const text = '苹果'.repeat(BLOCK_BYTES / 2);
    const result = await blocks(source([text]));
    expect(result.length).toBeGreaterThan(2);
    expect(result.join('') === `${text}\n`).toBe(true);
  });

  it('never cuts a JSON line', async () => {
    const line = JSON.stringify({ text: 'x '.repeat(BLOCK_BYTES) });
    const result = await blocks(source([line, '\n', '{}\n'], { jsonField: 'text' }));
    expect(result.join('') === `${line}\n{}\n`).toBe(true);
    for (const block of result) for (const text of block.trimEnd().split('\n')) JSON.parse(text);
  });

  it('drops a byte order mark', async () => {
    expect(await blocks(source([[0xef, 0xbb, 0xbf, 0x61]]))).toEqual(['a\n']);
  });

  it('refuses UTF-16 and binary files', async () => {
    await expect(blocks(source([[0xff, 0xfe, 0x61, 0]]))).rejects.toThrow('Cannot read "test": it is UTF-16');
    await expect(blocks(source([[0x61, 0x62, 0, 1]]))).rejects.toThrow('it is not text, byte 2 is 0');
  });
});
