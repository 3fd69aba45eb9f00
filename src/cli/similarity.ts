import type { Command } from 'commander';
import {
  cosineSimilarity,
  createSentenceEncoder,
  euclideanDistance,
  loadModel,
  TOKENIZER_NAMES,
  type TokenizerName,
} from '../node/index.ts';
import { unknownWordsMessage } from './embed.ts';
import { note, oneOf, print } from './output.ts';

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
        const encoder = await createSentenceEncoder(await loadModel(path), tokenizer);
        const [a, b] = [first, second].map((text) => {
          const sentence = encoder.encode(text);
          if (sentence.knownTokens === 0)
            throw new Error(`Cannot compare: ${unknownWordsMessage(encoder, text, sentence)}`);
          if (sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, text, sentence));
          return sentence.vector;
        });
        const result = { cosine: cosineSimilarity(a, b), euclidean: euclideanDistance(a, b) };
        print(json, result, `cosine ${result.cosine.toFixed(4)}\neuclidean ${result.euclidean.toFixed(4)}`);
      },
    );
}
