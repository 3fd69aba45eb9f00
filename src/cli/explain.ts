import type { Command } from 'commander';
import { explainSimilarity, type WordContribution } from '../node/index.ts';
import { unknownWordsMessage } from './embed.ts';
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
      for (const text of [first, second]) {
        const sentence = encoder.encode(text);
        if (sentence.knownTokens === 0)
          throw new Error(`Cannot compare: ${unknownWordsMessage(encoder, text, sentence)}`);
        if (sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, text, sentence));
      }
      const result = explainSimilarity(encoder, first, second);
      const list = (words: readonly WordContribution[]) =>
        words.map(({ word, occurrences, contribution }) => {
          const times = occurrences > 1 ? ` (${occurrences} times)` : '';
          return `  ${contribution.toFixed(4).padStart(7)}  ${printableWord(word)}${times}`;
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
