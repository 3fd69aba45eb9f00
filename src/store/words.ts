import { textProblem } from './metadata.ts';

/** What an index of PostgreSQL takes. */
const LONGEST_WORD_BYTES = 2_000;

const encoder = new TextEncoder();

/** Whether a text is found by this word: every store can keep it. Not: an empty one, one of more than 2,000 bytes, one with a NUL or half a character. */
export function isIndexable(word: string): boolean {
  if (word === '' || word.length > LONGEST_WORD_BYTES || textProblem(word)) return false;
  return word.length <= LONGEST_WORD_BYTES / 3 || encoder.encode(word).length <= LONGEST_WORD_BYTES;
}
