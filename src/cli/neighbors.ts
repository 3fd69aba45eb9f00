import { styleText } from 'node:util';
import type { Command } from 'commander';
import { degenerateVectors, loadModel } from '../node/index.ts';
import { METHODS, neighborTable, note, oneOf, print, toCount } from './output.ts';

export function addNeighborsCommand(program: Command): void {
  program
    .command('neighbors')
    .description('the words nearest to one or several words, by cosine similarity')
    .argument('<model>')
    .argument('<word...>')
    .option('--minus <word...>', 'words to go away from')
    .option('--method <name>', 'how several words are joined: 3CosAdd or 3CosMul', oneOf(METHODS), '3CosAdd')
    .option('--count <n>', 'how many', toCount, 10)
    .action(
      async (
        path: string,
        words: string[],
        {
          minus,
          method,
          count,
          json,
        }: { minus?: string[]; method: (typeof METHODS)[number]; count: number; json?: boolean },
      ) => {
        const model = await loadModel(path);
        const neighbors = model.neighbors(words, { minus, method, count });
        print(json, neighbors, neighborTable(neighbors));
        const degenerate = degenerateVectors(model);
        if (degenerate) note(styleText('yellow', `warning: ${degenerate.message}`));
      },
    );
}
