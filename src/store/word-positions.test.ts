import { describe, expect, it } from 'vitest';
import { quoteWord, wordPositions } from './word-positions.ts';

describe('quoteWord', () => {
  it.each([
    ['cat', "'cat'"],
    ["it's", "'it''s'"],
    ['a\\b', "'a\\\\b'"],
    ['苹果', "'苹果'"],
    ['a & !b:*', "'a & !b:*'"],
    ['', undefined],
    ['a\0b', undefined],
    ['x'.repeat(2_046), `'${'x'.repeat(2_046)}'`],
    ['x'.repeat(2_047), undefined],
    ['é'.repeat(1_023), `'${'é'.repeat(1_023)}'`],
    ['é'.repeat(1_024), undefined],
    ['a\ud800', undefined],
  ])('%j', (word, expected) => expect(quoteWord(word)).toBe(expected));
});

describe('wordPositions', () => {
  it('counts positions from one, and leaves out what PostgreSQL cannot take', () => {
    expect(wordPositions(['a', 'b', 'a', '', 'c\0', "d'"])).toBe("'a':1,3 'b':2 'd''':6");
    expect(wordPositions([])).toBe('');
  });

  it('keeps 255 positions of a word, and none above 16,383', () => {
    const [word, positions] = wordPositions(Array.from({ length: 300 }, () => 'a')).split(':');
    expect(word).toBe("'a'");
    expect(positions.split(',')).toHaveLength(255);
    const late = wordPositions(Array.from({ length: 20_000 }, (_, i) => `w${i}`));
    expect(late.split(' ').at(-1)).toBe("'w19999':16383");
  });

  it('stays below the megabyte that PostgreSQL takes', () => {
    const text = wordPositions(Array.from({ length: 400_000 }, (_, i) => `word${i}`));
    const kept = text.split(' ').length;
    expect(kept).toBeGreaterThan(20_000);
    expect(kept * 12).toBeLessThan(2 ** 20);
  });
});
