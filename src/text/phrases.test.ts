import { describe, expect, it } from 'vitest';
import { createPhraseJoiner, isPhrases, type Phrases } from './phrases.ts';
import { createTokenizer } from './tokenizer.ts';

const phrases: Phrases = [
  [
    ['new', 'york'],
    ['york', 'city'],
    ['a', 'a'],
  ],
  [['new_york', 'city']],
];

describe('createPhraseJoiner', () => {
  const join = createPhraseJoiner(phrases.slice(0, 1));
  it.each([
    ['new york', 'new_york'],
    ['in new york city hall', 'in new_york city hall'], // the second word of a pair begins no other
    ['old york city', 'old york_city'],
    ['a a a', 'a_a a'],
    ['a a a a', 'a_a a_a'],
    ['york new', 'york new'],
    ['', ''],
  ])('joins %j from left to right', (text, expected) => {
    const words = (line: string) => line.split(' ').filter(Boolean);
    expect(join(words(text))).toEqual(words(expected));
  });

  it('joins in the second pass what the first one made', () => {
    expect(createPhraseJoiner(phrases)(['new', 'york', 'city', 'new', 'york'])).toEqual(['new_york_city', 'new_york']);
  });
});

describe('a tokenizer with phrases', () => {
  it('joins after cutting, not across lines, and says so in its descriptor', () => {
    const { tokenize, descriptor } = createTokenizer('words', { phrases });
    expect(tokenize('New York City! Old York;\nCity of a new\nYork')).toEqual([
      'new_york_city',
      'old',
      'york',
      'city',
      'of',
      'a',
      'new',
      'york',
    ]);
    expect(descriptor).toEqual({ name: 'words', version: 2, phrases });
    expect(createTokenizer('words').descriptor).not.toHaveProperty('phrases');
  });

  it('joins ids that hold spaces', () => {
    const { tokenize } = createTokenizer('ids', { separator: ',', phrases: [[['New York', 'Rome']]] });
    expect(tokenize('Paris, New York, Rome')).toEqual(['Paris', 'New York_Rome']);
  });
});

it('isPhrases tells phrases from what else a file may hold', () => {
  for (const value of [[], [[]], phrases]) expect(isPhrases(value)).toBe(true);
  for (const value of [null, 3, 'new york', {}, [['new', 'york']], [[['new']]], [[['a', 'b', 'c']]], [[['a', 1]]]])
    expect(isPhrases(value), JSON.stringify(value)).toBe(false);
});
