import type { Command } from 'commander';
import { lettersOf, optionOfOtherTool } from '../text/names-of-other-tools.ts';

/** Flags of other tools that are no training options, by their letters, and the attribute of ours. */
const FLAGS: Readonly<Record<string, string>> = {
  o: 'output',
  out: 'output',
  outputfile: 'output',
  readvocab: 'readVocabulary',
  savevocab: 'saveVocabulary',
  topn: 'count',
  k: 'count',
  n: 'count',
};
/** Flags of the text, which here stands behind the command. */
const TEXT = new Set(['train', 'input', 'corpus', 'corpusfile', 'sentences', 'i', 'f', 'file']);

/** Commands of fastText, word2vec.c and gensim, by their letters, and what does the same. */
const COMMANDS: Readonly<Record<string, string>> = {
  skipgram: 'train TEXT --preset fasttext --output MODEL',
  cbow: 'train TEXT --preset fasttext --algorithm cbow --output MODEL',
  wordvec: 'train TEXT --preset word2vec.c --output MODEL',
  fit: 'train TEXT --output MODEL',
  wordphrase: 'train TEXT --phrases 1 --output MODEL',
  nn: 'neighbors MODEL WORD',
  mostsimilar: 'neighbors MODEL WORD',
  nearest: 'neighbors MODEL WORD',
  distance: 'neighbors MODEL WORD',
  analogies: 'analogy MODEL A B C',
  wordanalogy: 'analogy MODEL A B C',
  doesntmatch: 'odd-one-out MODEL WORD …',
  printwordvectors: 'embed MODEL --input FILE',
  printsentencevectors: 'embed MODEL --input FILE',
  quantize: 'shrink MODEL OUTPUT --as int8',
  predictprob: 'predict MODEL TEXT',
  dump: 'info MODEL',
  test: 'evaluate MODEL',
  eval: 'evaluate MODEL',
  query: 'search QUESTION --model MODEL --db DATABASE',
};

/** What to give in place of an option or command of another tool that commander does not know; undefined where nothing is known. */
export function helpForOtherTool(message: string, command?: Command): string | undefined {
  const [, asked] = /unknown command '([^']+)'/.exec(message) ?? [];
  if (asked !== undefined) {
    const letters = lettersOf(asked);
    if (letters === 'supervised') return 'supervised models of fastText are read (wordkin predict), not trained';
    return Object.hasOwn(COMMANDS, letters) ? `it is wordkin ${COMMANDS[letters]} here` : undefined;
  }
  const [, flag] = /unknown option '([^']+)'/.exec(message) ?? [];
  if (flag === undefined || command === undefined) return undefined;
  const letters = lettersOf(flag);
  if (letters === '') return undefined;
  if (TEXT.has(letters) && command.registeredArguments.length > 0)
    return `the ${command.registeredArguments[0].name()} stands behind the command, without an option`;
  const known = [optionOfOtherTool(flag), Object.hasOwn(FLAGS, letters) ? FLAGS[letters] : undefined];
  const ours = command.options.find(
    (option) => lettersOf(option.long ?? '') === letters || known.includes(option.attributeName()),
  );
  return ours && `it is ${ours.flags} here`;
}
