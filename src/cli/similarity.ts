import type { Command } from 'commander';
import { compareTexts } from '../sentences/compare-texts.ts';
import { TOKENIZER_NAMES, type TokenizerName } from '../text/tokenizer.ts';
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
        const result = compareTexts(encoder, first, second, note);
        createOutput(json).print(
          result,
          `cosine ${result.cosine.toFixed(4)}\neuclidean ${result.euclidean.toFixed(4)}`,
        );
      },
    );
}
