import type { Command } from 'commander';
import { loadModel } from '../node/index.ts';
import { neighborTable, print, toCount } from './output.ts';

export function addNeighborsCommand(program: Command): void {
  program
    .command('neighbors')
    .description('the words nearest to one or several words, by cosine similarity')
    .argument('<model>')
    .argument('<word...>')
    .option('--minus <word...>', 'words to go away from')
    .option('--count <n>', 'how many', toCount, 10)
    .action(
      async (
        path: string,
        words: string[],
        { minus, count, json }: { minus?: string[]; count: number; json?: boolean },
      ) => {
        const neighbors = (await loadModel(path)).neighbors(words, { minus, count });
        print(json, neighbors, neighborTable(neighbors));
      },
    );
}
