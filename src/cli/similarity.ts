import type { Command } from 'commander';
import { cosineSimilarity, euclideanDistance, TOKENIZER_NAMES, type TokenizerName } from '../node/index.ts';
import { unknownWordsMessage } from './embed.ts';
import { openEncoder } from './open-model.ts';
import { createOutput, note, oneOf } from './output.ts';

export function addSimilarityCommand(program: Command): void {
  program
    .command('similarity')
    .description('cosine similarity and Euclidean distance of two texts or words')
    .argument('<model>')
    .argument('<text>')
    .argument('<text>')
    .option('--tokenizer <name>', `${TOKENIZER_NAMES.join(', ')} (the one of the model)`, oneOf(TOKENIZER_NAMES))
    .action(
      async (
        path: string,
        first: string,
        second: string,
        { tokenizer, json }: { tokenizer?: TokenizerName; json?: boolean },
      ) => {
        const encoder = await openEncoder(path, { tokenizer, others: [first, second] });
        const [a, b] = [first, second].map((text) => {
          const sentence = encoder.encode(text);
          if (sentence.knownTokens === 0)
            throw new Error(`Cannot compare: ${unknownWordsMessage(encoder, text, sentence)}`);
          if (sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, text, sentence));
          return sentence.vector;
        });
        const result = { cosine: cosineSimilarity(a, b), euclidean: euclideanDistance(a, b) };
        createOutput(json).print(
          result,
          `cosine ${result.cosine.toFixed(4)}\neuclidean ${result.euclidean.toFixed(4)}`,
        );
      },
    );
}
