import type { Command } from 'commander';
import { degenerateVectors } from '../model/degenerate-vectors.ts';
import { answerLines } from './answer-lines.ts';
import { openModel } from './open-model.ts';
import { createOutput, METHODS, neighborTable, oneOf, toCount, warn } from './output.ts';

interface Options {
  minus?: string[];
  method: (typeof METHODS)[number];
  count: number;
  json?: boolean;
}

export function addNeighborsCommand(program: Command): void {
  program
    .command('neighbors')
    .description(
      'the words nearest to one or several words, by cosine similarity; without words those of each line of stdin',
    )
    .argument('<model>')
    .argument('[word...]')
    .option('--minus <word...>', 'words to go away from; it takes all words behind it')
    .option('--method <name>', 'how several words are joined: 3CosAdd or 3CosMul', oneOf(METHODS), '3CosAdd')
    .option('--count <n>', 'how many', toCount, 10)
    .action(run);
}

async function run(path: string, words: string[], { minus, method, count, json }: Options): Promise<void> {
  if (words.length === 0 && minus !== undefined) {
    throw new Error(
      'Cannot find neighbors: --minus has taken all words behind it; give the others before it, such as wordkin neighbors MODEL king --minus man',
    );
  }
  const model = await openModel(path, words);
  const degenerate = degenerateVectors(model);
  if (degenerate) warn(`warning: ${degenerate.message}`);
  const options = { minus, method, count };
  if (words.length > 0) {
    const neighbors = model.neighbors(words, options);
    createOutput(json).print(neighbors, neighborTable(neighbors));
    return;
  }
  const answered = await answerLines({ json, prompt: 'words> ' }, (line) => {
    const asked = line.split(/\s+/).filter((word) => word !== '');
    if (asked.length === 0) return undefined;
    const neighbors = model.neighbors(asked, options);
    return { value: { words: asked, neighbors }, text: `${neighborTable(neighbors)}\n` };
  });
  if (answered === 0 && !process.stdin.isTTY)
    throw new Error('Cannot find neighbors: give words, or lines of words on standard input');
}
