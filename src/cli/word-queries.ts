import type { Command } from 'commander';
import { openModel } from './open-model.ts';
import { createOutput, neighborTable, printableWord, toCount } from './output.ts';

/** The smaller questions that can be asked about words. */
export function addWordQueryCommands(program: Command): void {
  program
    .command('odd-one-out')
    .description('the word that fits least to the others')
    .argument('<model>')
    .argument('<word...>')
    .action(async (path: string, words: string[], { json }: { json?: boolean }) => {
      const [odd, ...others] = (await openModel(path, words)).oddOneOut(words);
      createOutput(json).print({ word: odd.word, similarities: [odd, ...others] }, neighborTable([odd, ...others]));
    });
  program
    .command('context')
    .description('the words expected around the given ones, with their softmax probabilities')
    .argument('<model>')
    .argument('<word...>')
    .option('--count <n>', 'how many', toCount, 10)
    .action(async (path: string, words: string[], { count, json }: { count: number; json?: boolean }) => {
      const predicted = (await openModel(path, words)).predictContext(words, { count });
      const lines = predicted.map(({ word, probability }) => `${probability.toFixed(4)}  ${printableWord(word)}`);
      createOutput(json).print(predicted, lines.join('\n'));
    });
}
