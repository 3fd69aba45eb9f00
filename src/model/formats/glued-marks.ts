import type { WordList } from '../word-list.ts';

/** What tables and dumps of other programs put around a word or behind it. */
const MARKS = [
  /^\d+[ \t]/,
  /[ \t]-?\d+(\.\d+)?(e[-+]?\d+)?$/i,
  /\t/,
  /^[ \t]|[ \t]$/,
  /\0/,
  /^".*",?$/s,
  /^'.*',?$/s,
  /^\[.*\]$/s,
  /.[:,]$/s,
  /.[:=,;|]-?\d+(\.\d+)?$/s,
  /^[-+]?\d*\.\d+(e[-+]?\d+)?$/i,
];
const MARKED_WORDS = 1000;

/** Nobody finds a word by its name where all have such a mark. */
export function gluedMarks(list: WordList): string[] {
  const ids = Array.from({ length: Math.min(list.size, MARKED_WORDS) }, (_, id) => id);
  if (ids.length < 3 || !MARKS.some((mark) => ids.every((id) => mark.test(list.word(id))))) return [];
  const first = JSON.stringify(list.word(0).slice(0, 60));
  return [
    `all words have marks or are numbers that may be none of them, the first is ${first}: take them out of the file`,
  ];
}
