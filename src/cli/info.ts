import type { Command } from 'commander';
import { degenerateVectors } from '../model/degenerate-vectors.ts';
import { loadModel } from '../node/model-files.ts';
import { createOutput } from './output.ts';

export function addInfoCommand(program: Command): void {
  program
    .command('info')
    .description('what a model holds and how it was trained')
    .argument('<model>')
    .option(
      '--verify',
      'look at each value, and compare all with the hash of the content; files of other tools, .bin, .txt and folders have none, and it says so',
    )
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
