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
];
/** A number of a vector; those of items, such as 22423, are whole and have no sign. */
const NUMBER = /^[-+]?\d*\.?\d+(e[-+]?\d+)?$/i;
const NO_ITEM = /[-.]/;
const MARKED_WORDS = 1000;

/** Nobody finds a word by its name where all have such a mark. */
export function gluedMarks(list: WordList): string[] {
  const ids = Array.from({ length: Math.min(list.size, MARKED_WORDS) }, (_, id) => id);
  const words = ids.map((id) => list.word(id));
  const areNumbers = words.some((word) => NO_ITEM.test(word)) && words.every((word) => NUMBER.test(word));
  if (words.length < 3 || !(areNumbers || MARKS.some((mark) => words.every((word) => mark.test(word))))) return [];
  const first = JSON.stringify(words[0].slice(0, 60));
  return [
    `all words have marks or are numbers that may be none of them, the first is ${first}: take them out of the file`,
  ];
}
