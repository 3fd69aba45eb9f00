import type { Command } from 'commander';
import { degenerateVectors, loadModel } from '../node/index.ts';
import { createOutput } from './output.ts';

export function addInfoCommand(program: Command): void {
  program
    .command('info')
    .description('what a model holds and how it was trained')
    .argument('<model>')
    .option('--verify', 'compare all of the file with the hash of its content, and look at each value')
    .action(async (path: string, { json, verify }: { json?: boolean; verify?: boolean }) => {
      const model = await loadModel(path, { verify });
      const { training, warnings = [] } = model.contents;
      const degenerate = degenerateVectors(model);
      const all = degenerate ? [...warnings, degenerate.message] : warnings;
      const result = { ...model.toJSON(), training, warnings: all.length > 0 ? all : undefined };
      const lines = Object.entries(result)
        .filter(([, value]) => value !== undefined && String(value) !== '')
        .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
      createOutput(json).print(result, lines.join('\n'));
    });
}
