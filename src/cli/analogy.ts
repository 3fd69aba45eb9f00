import type { Command } from 'commander';
import { loadModel } from '../node/index.ts';
import { METHODS, neighborTable, oneOf, print, toCount } from './output.ts';

export function addAnalogyCommand(program: Command): void {
  program
    .command('analogy')
    .description('A is to B as C is to …')
    .argument('<model>')
    .argument('<a>')
    .argument('<b>')
    .argument('<c>')
    .option('--method <name>', '3CosAdd: the nearest to B − A + C; 3CosMul: by products', oneOf(METHODS), '3CosAdd')
    .option('--count <n>', 'how many', toCount, 10)
    .action(
      async (
        path: string,
        a: string,
        b: string,
        c: string,
        { method, count, json }: { method: (typeof METHODS)[number]; count: number; json?: boolean },
      ) => {
        const neighbors = (await loadModel(path)).analogy(a, b, c, { method, count });
        print(json, neighbors, neighborTable(neighbors));
      },
    );
}
