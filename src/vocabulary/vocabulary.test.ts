import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processorMilliseconds } from '../../test/processor-time.ts';
import { createWordCounterReference } from '../kernels/word-counter/word-counter-reference.ts';
import { createVocabulary, formatVocabulary, mergeRuns, parseVocabulary } from './vocabulary.ts';
import { memoryRun, type WordRun } from './word-run.ts';

/** The run of a table of these words, and the number of each of them there. */
function runOf(words: string[]): { run: WordRun; numbers: number[] } {
  const counter = createWordCounterReference(() => []);
  const bytes = new TextEncoder().encode(words.map((word) => `${word}\n`).join(''));
  counter.text(bytes.length).set(bytes);
  const numbers = [...counter.cut(bytes.length, 'lines').tokens];
  const { wordCount } = counter;
  let run: WordRun | undefined;
  counter.takeRun((part) => {
    run = memoryRun(part, wordCount);
  });
  return { run: run!, numbers };
}

function merge(parts: string[][], options: Partial<Parameters<typeof mergeRuns>[1]> = {}) {
  const tables = parts.map(runOf);
  const merged = mergeRuns(
    tables.map(({ run }) => run),
    { minCount: 1, ...options },
  );
  const ids = tables.map(({ numbers }, run) => numbers.map((number) => merged.wordIds[run][number]));
  return { ...merged, ids };
}

const word = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'abc', '苹果', 'é'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).map((text) => text.replaceAll('\n', ' ')),
  fc.string({ unit: fc.constantFrom('a', 'b', '\0'), minLength: 5, maxLength: 9 }),
  fc.constantFrom('\ufeffa', 'long'.repeat(30_000)),
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

  it('gives the same vocabulary however the words are separated', () => {
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
    expect(() => parseVocabulary('the 30\n\nthe 7\n')).toThrow(
      'line 3 has the word "the" again, it is in line 1 already',
    );
    for (const text of ['5\n', ' 5\n', 'a -1\n', 'a 1.5\n', 'a b\n'])
      expect(() => parseVocabulary(text), text).toThrow('line 1 must be');
  });

  it('are read with marks and line ends of any system, and with any word', () => {
    expect(parseVocabulary('\ufeffthe\t30\r\n\r\n# 2\r\n7 1').words).toEqual(['the', '#', '7']);
    const word = fc
      .string({ unit: fc.constantFrom('a', '#', ' ', '5', '苹', '\u00a0', '\u2028'), minLength: 1, maxLength: 6 })
      .filter((text) => text.trim() !== '' && !text.endsWith(' '));
    fc.assert(
      fc.property(fc.uniqueArray(word), (words) => {
        const counts = Float64Array.from(words, (_, i) => i);
        expect(parseVocabulary(formatVocabulary(createVocabulary(words, counts)))).toEqual({ words, counts });
      }),
    );
  });

  it('take time in proportion to their length', () => {
    const begin = processorMilliseconds();
    expect(() => parseVocabulary(`a${' '.repeat(400_000)}b\n`)).toThrow('line 1 must be');
    expect(parseVocabulary(`a${' '.repeat(400_000)}b 5${' '.repeat(400_000)}\n`).words[0]).toHaveLength(400_002);
    expect(processorMilliseconds() - begin).toBeLessThan(2000);
  });
});
