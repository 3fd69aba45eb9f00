import { describe, expect, it } from 'vitest';
import { sampleCharacters, sampleText } from './text-sample.ts';
import { type TextSource, textsSource, tokensSource } from './text-source.ts';

const MEGABYTE = 1 << 20;

/** Gives the text in chunks, all in the same buffer, once only. */
function onceSource(text: string, chunkLength: number, more: Partial<TextSource> = {}): TextSource {
  const bytes = new TextEncoder().encode(text);
  let opened = false;
  return {
    name: 'once',
    byteLength: bytes.length,
    *open(onRead) {
      if (opened) throw new Error('opened twice');
      opened = true;
      const buffer = new Uint8Array(chunkLength);
      for (let at = 0; at < bytes.length; at += chunkLength) {
        const chunk = bytes.subarray(at, at + chunkLength);
        buffer.set(chunk);
        onRead?.(chunk.length);
        yield buffer.subarray(0, chunk.length);
      }
    },
    ...more,
  };
}

async function readAll(sources: readonly TextSource[]) {
  let text = '';
  let told = 0;
  for (const source of sources) {
    const decoder = new TextDecoder();
    for await (const chunk of source.open((byteLength) => {
      told += byteLength;
    }))
      text += decoder.decode(chunk, { stream: true });
  }
  return { text, told };
}

describe('sampleText', () => {
  const line = 'a line of text\n';

  it('takes a megabyte of whole lines and gives back everything', async () => {
    const text = line.repeat(100_000);
    const { sample, sources } = await sampleText([onceSource(text, 65_536)]);
    expect(sample.whole).toBe(false);
    const taken = new TextDecoder().decode(sample.parts[0].bytes);
    expect(taken.length).toBe(Math.floor(MEGABYTE / line.length) * line.length);
    expect(text.startsWith(taken)).toBe(true);
    expect(sample.expansion).toBe(1);
    expect(await readAll(sources)).toEqual({ text, told: text.length });
  });

  it('goes over several sources, and says whether it has all', async () => {
    const small = Array.from({ length: 5 }, (_, i) => onceSource(`${i} ${line}`, 4));
    const { sample, sources } = await sampleText(small);
    expect(sample.whole).toBe(true);
    expect(sample.parts).toHaveLength(5);
    expect((await readAll(sources)).text).toBe(Array.from({ length: 5 }, (_, i) => `${i} ${line}`).join(''));
    const mixed = await sampleText([
      onceSource(line, 100),
      onceSource(line.repeat(80_000), MEGABYTE),
      onceSource(line, 9),
    ]);
    expect(mixed.sample.whole).toBe(false);
    expect(mixed.sample.parts).toHaveLength(2);
    expect((await readAll(mixed.sources)).text).toBe(line.repeat(80_002));
  });

  it('takes no JSON that is cut off', async () => {
    const record = `${JSON.stringify({ text: 'x'.repeat(700_000) })}\n`;
    const { sample, sources } = await sampleText([onceSource(record.repeat(3), 300_000, { jsonField: 'text' })]);
    expect(sample.parts[0].bytes.length).toBe(record.length);
    expect((await sampleCharacters(sample, 20)).trim()).toMatch(/^text\s*:\s*x*$/);
    expect((await readAll(sources)).text.length).toBe(3 * record.length);
  });

  it('lets go of what it has opened', async () => {
    let closed = false;
    const { close } = await sampleText([
      {
        name: 'held',
        *open() {
          try {
            for (;;) yield new TextEncoder().encode(line.repeat(1000));
          } finally {
            closed = true;
          }
        },
      },
    ]);
    expect(closed).toBe(false);
    await close();
    expect(closed).toBe(true);
  });
});

describe('a string where a list was meant', () => {
  it('is refused at once with what to give', () => {
    expect(() => textsSource('some text' as never)).toThrow(
      'Cannot read texts: it must be an array of strings, one a text, got string "some text"; for one text give [text]',
    );
    async function* later() {
      yield 'some text';
    }
    expect(() => textsSource(later() as unknown as string[])).toThrow('of an async iterable gather the items first');
    expect(() => tokensSource('some text' as never)).toThrow(
      'Cannot read sentences: it must be an array of arrays of tokens, got string "some text"; for one text give [text.split(\' \')]',
    );
    expect(() => textsSource(undefined as never)).toThrow('got undefined undefined');
    expect(() => textsSource(new Set(['a']))).not.toThrow();
  });

  it('is refused in a list of sentences', () => {
    expect(() => [...(tokensSource(['a b c'] as never).open() as Iterable<Uint8Array>)]).toThrow(
      'Cannot read sentences: each sentence must be an array of tokens, got string "a b c"; give { texts } for sentences that are not cut into tokens',
    );
  });
});
