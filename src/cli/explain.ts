import type { Command } from 'commander';
import type { WordContribution } from '../node/sentences.ts';
import { explainTexts } from '../sentences/compare-texts.ts';
import { openEncoder } from './open-model.ts';
import { createOutput, note, printableWord } from './output.ts';

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('why two texts are similar: what each word adds to the cosine similarity')
    .argument('<model>')
    .argument('<text>')
    .argument('<text>')
    .action(async (path: string, first: string, second: string, { json }: { json?: boolean }) => {
      const encoder = await openEncoder(path, { others: [first, second] });
      const result = explainTexts(encoder, first, second, note);
      const list = (words: readonly WordContribution[]) =>
        words.map(({ word, occurrences, contribution, standIns }) => {
          const times = occurrences > 1 ? ` (${occurrences} times)` : '';
          const taken = standIns ? ` (taken as ${standIns.map(printableWord).join(' ')})` : '';
          return `  ${contribution.toFixed(4).padStart(7)}  ${printableWord(word)}${taken}${times}`;
        });
      const text = [
        `cosine ${result.cosine.toFixed(4)}`,
        'first',
        ...list(result.first),
        'second',
        ...list(result.second),
      ];
      createOutput(json).print(result, text.join('\n'));
    });
}
