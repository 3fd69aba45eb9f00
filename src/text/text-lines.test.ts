import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, textLines } from './text-lines.ts';
import { textsSource } from './text-source.ts';

describe('linesOf', () => {
  it('gives the lines that hold something, with their numbers', () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '#', '\t', '苹', '\u00a0'), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(line),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        (lines, mark, end, comments) => {
          const expected = lines
            .map((text, i) => ({ text, number: i + 1 }))
            .filter(({ text }) => text.trim() !== '' && !(comments && text[0] === '#'));
          expect([...linesOf((mark ? '\ufeff' : '') + lines.join(end), { comments })]).toEqual(expected);
        },
      ),
    );
  });

  it('takes "#" for a comment at the beginning of a line only, and only where it is asked to', () => {
    const text = '# c\nc# d\n #e\n';
    expect([...linesOf(text, { comments: true })].map((line) => line.text)).toEqual(['c# d', ' #e']);
    expect([...linesOf(text)].map((line) => line.number)).toEqual([1, 2, 3]);
  });
});

describe('textLines', () => {
  const encoder = new TextEncoder();
  async function lines(chunks: Uint8Array[], jsonField?: string) {
    const found: string[] = [];
    for await (const line of textLines({ name: 'test', jsonField, open: () => chunks })) found.push(line);
    return found;
  }

  it('gives a line of several megabytes as one', async () => {
    const long = '苹果 '.repeat(500_000);
    const found = await lines([encoder.encode(`first\r\n${long}\r\nlast`)]);
    expect(found.map(({ length }) => length)).toEqual([5, long.length, 4]);
    expect(found[1] === long).toBe(true);
  });

  it('cuts at CR alone where no line ends otherwise', async () => {
    expect(await lines([encoder.encode('a b\rc'), encoder.encode('\r\rd\r')])).toEqual(['a b', 'c', '', 'd']);
    expect(await lines([encoder.encode('a\rb\nc\rd\r\ne')])).toEqual(['a\rb', 'c\rd', 'e']);
  });

  it('gives back texts, also where a chunk ends in a character', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '苹', '🙂', '"', '\\'), maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.integer({ min: 1, max: 7 }), async (texts, size) => {
        const bytes = encoder.encode(texts.map((value) => `${value}\n`).join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(await lines(chunks)).toEqual(texts);
        const json = encoder.encode(texts.map((value) => `${JSON.stringify({ text: value })}\n`).join(''));
        expect(await lines([json], 'text')).toEqual(texts);
      }),
    );
  });

  it('names the line that is not JSON', async () => {
    await expect(lines([encoder.encode('{"a":"x"}\n\n{"a":\n')], 'a')).rejects.toThrow(
      'Cannot read "test": line 3 is not JSON: {"a":',
    );
  });

  it('reads sources in memory', async () => {
    const found: string[] = [];
    for await (const line of textLines(textsSource(['one', 'two\nthree']))) found.push(line);
    expect(found).toEqual(['one', 'two', 'three']);
  });
});
