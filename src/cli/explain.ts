import type { Command } from 'commander';
import { createSentenceEncoder, explainSimilarity, loadModel, type WordContribution } from '../node/index.ts';
import { unknownWordsMessage } from './embed.ts';
import { note, print } from './output.ts';

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('why two texts are similar: what each word adds to the cosine similarity')
    .argument('<model>')
    .argument('<text>')
    .argument('<text>')
    .action(async (path: string, first: string, second: string, { json }: { json?: boolean }) => {
      const encoder = await createSentenceEncoder(await loadModel(path));
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
          return `  ${contribution.toFixed(4).padStart(7)}  ${word}${times}`;
        });
      const text = [
        `cosine ${result.cosine.toFixed(4)}`,
        'first',
        ...list(result.first),
        'second',
        ...list(result.second),
      ];
      print(json, result, text.join('\n'));
    });
}
