import type { Command } from 'commander';
import { loadModel } from '../node/index.ts';
import { neighborTable, print, toCount } from './output.ts';

export function addAnalogyCommand(program: Command): void {
  program
    .command('analogy')
    .description('A is to B as C is to …')
    .argument('<model>')
    .argument('<a>')
    .argument('<b>')
    .argument('<c>')
    .option('--count <n>', 'how many', toCount, 10)
    .action(
      async (path: string, a: string, b: string, c: string, { count, json }: { count: number; json?: boolean }) => {
        const neighbors = (await loadModel(path)).analogy(a, b, c, { count });
        print(json, neighbors, neighborTable(neighbors));
      },
    );
}
