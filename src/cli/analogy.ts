import type { Command } from 'commander';
import { openModel } from './open-model.ts';
import { createOutput, METHODS, neighborTable, oneOf, toCount } from './output.ts';

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
        const neighbors = (await openModel(path, [a, b, c])).analogy(a, b, c, { method, count });
        createOutput(json).print(neighbors, neighborTable(neighbors));
      },
    );
}
