import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type AnalogyResult,
  evaluateAnalogies,
  evaluateWordPairs,
  loadModel,
  type WordPairResult,
} from '../node/index.ts';
import { print, toCount } from './output.ts';

interface Options {
  analogies?: string;
  pairs?: string;
  restrict?: number;
  json?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('analogy accuracy by section (protocol of word2vec.c), correlation with human similarity scores')
    .argument('<model>')
    .option('--analogies <file>', 'lines "a b c d", sections ": name", such as questions-words.txt')
    .option('--pairs <file>', 'lines "word word score", such as WordSim-353')
    .option('--restrict <n>', 'only the first n words of the model (30000 for analogies, 300000 for pairs)', toCount)
    .action(async (path: string, { analogies: analogyFile, pairs: pairFile, restrict, json }: Options) => {
      if (analogyFile === undefined && pairFile === undefined)
        throw new Error('Cannot evaluate: give --analogies FILE or --pairs FILE');
      const model = await loadModel(path);
      const result = {
        ...(analogyFile !== undefined && {
          analogies: evaluateAnalogies(model, readFileSync(analogyFile, 'utf8'), { restrict }),
        }),
        ...(pairFile !== undefined && {
          pairs: evaluateWordPairs(model, readFileSync(pairFile, 'utf8'), { restrict }),
        }),
      };
      const text = [result.analogies && analogyText(result.analogies), result.pairs && pairText(result.pairs)];
      print(json, result, text.filter(Boolean).join('\n'));
    });
}

function analogyText({ sections, semantic, syntactic, total, coverage }: AnalogyResult): string {
  const lines = [...sections, semantic, syntactic, total].map(
    ({ name, correct, attempted, accuracy }) => `${name.padEnd(30)} ${percent(accuracy)}  ${correct} of ${attempted}`,
  );
  return [...lines, `${'coverage'.padEnd(30)} ${percent(coverage)}  ${total.attempted} of ${total.questions}`].join(
    '\n',
  );
}

function pairText({ spearman, pearson, attempted, pairs, coverage }: WordPairResult): string {
  return `Spearman ${spearman.toFixed(4)}, Pearson ${pearson.toFixed(4)}, coverage ${percent(coverage).trim()}, ${attempted} of ${pairs} pairs`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`.padStart(8);
}
