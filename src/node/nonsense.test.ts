import { describe, expect, it } from 'vitest';
import * as library from './index.ts';

/** What a program can hand over by mistake. */
const NONSENSE: readonly unknown[] = [
  ...[undefined, null, 0, -1, Number.NaN, 1n, true, '', [], [null], {}, Object.freeze({}), Object.create(null)],
  ...[() => {}, Symbol('s'), new Map(), new Date(0), /x/, new Float32Array(3), Promise.resolve()],
];
/** Errors are made of anything, and these are for those who know what they hand over. */
const OTHERS = [
  'TextDataError',
  'DatabaseUnreachableError',
  'WordNotFoundError',
  'ModelFormatError',
  'QuantizedVectors',
  'faultOfOption',
];
const UNCHECKED = [
  'floatContents',
  'floatVectors',
  'lossesIn',
  'writeWord2vecBinary',
  'writeWord2vecText',
  'inferTokenizer',
];
/** What V8 says where a value is used that is not what it should be. */
const FROM_INSIDE =
  /Cannot (read properties|destructure|convert|mix|use 'in')|is not (a function|iterable|a constructor)|Invalid (array|typed|value)|Received|\[object/;

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    // What is read later fails when it is read.
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      for await (const _ of result as AsyncIterable<unknown>);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('every function of the library', () => {
  const model = new library.EmbeddingModel({
    words: ['a', 'b', 'c'],
    dimensions: 2,
    inputVectors: Float32Array.of(1, 0, 0, 1, 1, 1),
  });
  const functions = Object.entries(library).filter(
    ([name, value]) => typeof value === 'function' && !OTHERS.includes(name) && !UNCHECKED.includes(name),
  ) as [string, (...values: unknown[]) => unknown][];

  it.each(functions)('%s says what is wrong with an argument', async (_, call) => {
    const isClass = /^class/.test(Function.prototype.toString.call(call));
    for (const value of NONSENSE) {
      const error = await errorOf(() => (isClass ? Reflect.construct(call, [value]) : call(value)));
      if (error === undefined) continue; // it may be right for this one
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).not.toMatch(FROM_INSIDE);
    }
  });

  it('refuses a model whose parts do not fit together', () => {
    const of = (more: object) => () => new library.EmbeddingModel({ ...model.contents, ...more });
    expect(of({ words: 'abc' })).toThrow('"words" must be an array of texts, got "abc"');
    expect(of({ words: new Array(3) })).toThrow('"words" must be a text, got undefined');
    expect(of({ dimensions: 1.5, words: ['a', 'b', 'c', 'd'] })).toThrow('4 words × 1.5 dimensions');
    expect(of({ words: ['a', 'b', 'a'] })).toThrow('word "a" is there twice');
    expect(of({ counts: Float64Array.of(1) })).toThrow('"counts" need 3 values, got 1');
    expect(of({ outputVectors: Float32Array.of(1) })).toThrow('"outputVectors" need 6 values, got 1');
  });

  it('refuses a source that gives no bytes, and a vocabulary that would not be read back', async () => {
    const read = (open: () => never) => library.train({ sources: [{ name: 'mine', open }] }, { minCount: 1 });
    await expect(read(() => 5 as never)).rejects.toThrow('its "open" must give an iterable of Uint8Array, got 5');
    await expect(read(() => ['text'] as never)).rejects.toThrow(
      'must give Uint8Array, such as TextEncoder makes of text',
    );
    const vocabulary = (words: string[]) => () =>
      library.formatVocabulary({ words, counts: Float64Array.of(2, 1), tokenCount: 3 });
    expect(vocabulary(['a'])).toThrow('1 word and 2 counts');
    expect(vocabulary(['a', 'b\nc'])).toThrow('Cannot write word "b\\nc" in a line of a vocabulary');
    expect(library.parseVocabulary(vocabulary(['new york', '#'])()).words).toEqual(['new york', '#']);
  });
});
