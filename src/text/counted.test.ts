import { expect, it } from 'vitest';
import { counted, textsWithoutWords } from './counted.ts';

it('counted writes one of a thing, and any other number of things', () => {
  expect([0, 1, 2].map((count) => counted(count, 'text'))).toEqual(['0 texts', '1 text', '2 texts']);
  expect(counted(1, 'query', 'queries')).toBe('1 query');
  expect(textsWithoutWords(1, 1)).toBe('1 of 1 text holds no word of the model');
  expect(textsWithoutWords(2, 3)).toBe('2 of 3 texts hold no word of the model');
  expect(counted(1000, 'record has', 'records have', '1,000')).toBe('1,000 records have');
});
