import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVocabulary, mergeRuns, parseVocabulary } from './vocabulary.ts';
import { memoryRun, writeRun } from './word-run.ts';
import { hashBytes, WordTable } from './word-table.ts';

function tableOf(words: string[]): { table: WordTable; numbers: number[] } {
  const table = new WordTable();
  const numbers = words.map((word) => {
    const bytes = new TextEncoder().encode(word);
    return table.add(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  });
  return { table, numbers };
}

function merge(parts: string[][], options: Partial<Parameters<typeof mergeRuns>[1]> = {}) {
  const tables = parts.map(tableOf);
  const merged = mergeRuns(
    tables.map(({ table }) => memoryRun(writeRun(table), table.size)),
    { minCount: 1, ...options },
  );
  const ids = tables.map(({ numbers }, run) => numbers.map((number) => merged.wordIds[run][number]));
  return { ...merged, ids };
}

const word = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'abc', '苹果', 'é'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
);
const parts = fc.array(fc.array(word, { maxLength: 60 }), { minLength: 1, maxLength: 5 });

describe('mergeRuns', () => {
  it('counts exactly, orders by count then bytes, and maps every number to its word', () => {
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 1, max: 3 }),
        fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        (lists, minCount, maxVocabulary) => {
          const counts = new Map<string, number>();
          for (const item of lists.flat()) counts.set(item, (counts.get(item) ?? 0) + 1);
          const expected = [...counts]
            .filter(([, count]) => count >= minCount)
            .sort(([a, countA], [b, countB]) => countB - countA || Buffer.compare(Buffer.from(a), Buffer.from(b)))
            .slice(0, maxVocabulary);
          const { vocabulary, distinctWords, corpusTokens, ids } = merge(lists, { minCount, maxVocabulary });
          expect(vocabulary.words).toEqual(expected.map(([item]) => item));
          expect([...vocabulary.counts]).toEqual(expected.map(([, count]) => count));
          expect(distinctWords).toBe(counts.size);
          expect(corpusTokens).toBe(lists.flat().length);
          lists.forEach((list, run) => {
            list.forEach((item, i) => expect(ids[run][i]).toBe(vocabulary.words.indexOf(item)));
          });
        },
      ),
    );
  });

  it('gives the same vocabulary however the words are parted', () => {
    const words = 'to be or not to be that is the question be'.split(' ');
    const whole = merge([words]).vocabulary;
    expect(merge([words.slice(0, 3), words.slice(3, 4), [], words.slice(4)]).vocabulary).toEqual(whole);
    expect(whole.words.slice(0, 2)).toEqual(['be', 'to']);
    expect(whole.tokenCount).toBe(11);
  });

  it('takes a given vocabulary as it is', () => {
    const { vocabulary, ids } = merge([['x', 'b', 'a']], {
      given: { words: ['a', 'b', 'c'], counts: Float64Array.of(9, 8, 7) },
    });
    expect(vocabulary.words).toEqual(['a', 'b', 'c']);
    expect(ids).toEqual([[-1, 1, 0]]);
  });
});

describe('WordTable', () => {
  it('keeps many words apart', () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `w${i}`);
    const { table, numbers } = tableOf([...words, ...words]);
    expect(table.size).toBe(20_000);
    expect(numbers.slice(0, 20_000)).toEqual(numbers.slice(20_000));
    expect(new TextDecoder().decode(table.word(12_345))).toBe('w12345');
    expect(table.count(12_345)).toBe(2);
    expect(table.byteLength).toBeLessThan(100 * 20_000);
  });
});

describe('vocabulary files', () => {
  it('come back as they were written', () => {
    const vocabulary = { words: ['the', '苹果', 'New York'], counts: Float64Array.of(30, 2, 1), tokenCount: 33 };
    expect(formatVocabulary(vocabulary)).toBe('the 30\n苹果 2\nNew York 1\n');
    expect(parseVocabulary(formatVocabulary(vocabulary))).toEqual({
      words: vocabulary.words,
      counts: vocabulary.counts,
    });
  });

  it('are refused with the line that is wrong', () => {
    expect(() => parseVocabulary('the 30\nfox\n')).toThrow('line 2 must be "word count", got "fox"');
  });
});
