import type { Command } from 'commander';
import { alignModel, saveModel } from '../node/model.ts';
import { checkModelOutput } from '../node/output-target.ts';
import { counted } from '../text/counted.ts';
import { noteFormat } from './note-format.ts';
import { openModel } from './open-model.ts';
import { createOutput, note, printableWord, toCount } from './output.ts';

export function addAlignCommand(program: Command): void {
  program
    .command('align')
    .description('turns a model so that its vectors can be compared with those of an older one, and tells the drift')
    .argument('<new>')
    .argument('<old>')
    .requiredOption('--output <model>', 'where to write the new model, turned')
    .option('--count <n>', 'how many of the words that have drifted farthest to name', toCount, 10)
    .action(
      async (
        path: string,
        oldPath: string,
        { output, count, json }: { output: string; count: number; json?: boolean },
      ) => {
        await checkModelOutput(output, { inputs: [path, oldPath] });
        const model = await openModel(path);
        const { model: aligned, drift, ...means } = alignModel(model, await openModel(oldPath));
        noteFormat(output);
        await saveModel(aligned, output);
        if (model.contents.sentences?.projection)
          note(
            'sentence vectors are of principal axes of the new model: they cannot be compared with those of the old',
          );
        const farthest = drift.slice(0, count);
        const lines = [
          `${output}: ${counted(drift.length, 'word')} in common, mean similarity ${means.meanSimilarity.toFixed(4)} (${means.meanSimilarityBefore.toFixed(4)} before)`,
          ...farthest.map(({ word, similarity }) => `${similarity.toFixed(4)}  ${printableWord(word)}`),
        ];
        createOutput(json).print({ output, words: drift.length, ...means, farthest }, lines.join('\n'));
      },
    );
}
