import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  ANALOGY_PROTOCOLS,
  type AnalogyProtocol,
  type AnalogyResult,
  evaluateAnalogies,
  evaluateWordPairs,
  loadModel,
  type WordPairResult,
} from '../node/index.ts';
import { METHODS, oneOf, print, toCount } from './output.ts';

interface Options {
  analogies?: string;
  pairs?: string;
  restrict?: number;
  protocol?: AnalogyProtocol;
  method?: (typeof METHODS)[number];
  json?: boolean;
}

const DESCRIPTIONS = {
  analogies: 'lines "a b c d", sections ": name", such as questions-words.txt',
  pairs: 'lines "word word score", such as WordSim-353',
  restrict: 'only the first n words of the model (30000; pairs and gensim 300000; ca8 all)',
  protocol: `of the analogies: ${ANALOGY_PROTOCOLS.join(', ')} (word2vec.c)`,
};

export function addEvaluateCommands(program: Command): void {
  withOptions(program.command('evaluate'))
    .description('analogy accuracy by section, correlation with human similarity scores')
    .argument('<model>')
    .action(async (path: string, options: Options) => {
      const result = await evaluate(path, options);
      const text = [result.analogies && analogyText(result.analogies), result.pairs && pairText(result.pairs)];
      print(options.json, result, text.filter(Boolean).join('\n'));
    });
  withOptions(program.command('compare'))
    .description('the same of several models, as a table')
    .argument('<model...>')
    .action(async (paths: string[], options: Options) => {
      const rows = [];
      for (const model of paths) rows.push({ model, ...(await evaluate(model, options)) });
      print(options.json, rows, comparison(rows));
    });
}

function withOptions(command: Command): Command {
  return command
    .option('--analogies <file>', DESCRIPTIONS.analogies)
    .option('--pairs <file>', DESCRIPTIONS.pairs)
    .option('--restrict <n>', DESCRIPTIONS.restrict, toCount)
    .option('--protocol <name>', DESCRIPTIONS.protocol, oneOf(ANALOGY_PROTOCOLS))
    .option('--method <name>', `of the analogies: ${METHODS.join(' or ')} (3CosAdd)`, oneOf(METHODS));
}

interface Evaluation {
  readonly analogies?: AnalogyResult;
  readonly pairs?: WordPairResult;
}

async function evaluate(path: string, { analogies, pairs, restrict, protocol, method }: Options): Promise<Evaluation> {
  if (analogies === undefined && pairs === undefined)
    throw new Error('Cannot evaluate: give --analogies FILE or --pairs FILE');
  const questions = analogies && readFileSync(analogies, 'utf8');
  const scores = pairs && readFileSync(pairs, 'utf8');
  const model = await loadModel(path);
  return {
    ...(questions !== undefined && { analogies: evaluateAnalogies(model, questions, { restrict, protocol, method }) }),
    ...(scores !== undefined && { pairs: evaluateWordPairs(model, scores, { restrict }) }),
  };
}

function comparison(rows: readonly ({ model: string } & Evaluation)[]): string {
  const width = Math.max(5, ...rows.map(({ model }) => model.length));
  const header = ['model'.padEnd(width)];
  if (rows[0].analogies) header.push('analogies', ' semantic', 'syntactic', '  covered');
  if (rows[0].pairs) header.push(' Spearman', '  Pearson', '  covered');
  const lines = rows.map(({ model, analogies, pairs }) => {
    const cells = [model.padEnd(width)];
    if (analogies) {
      const { total, semantic, syntactic, coverage } = analogies;
      cells.push(...[total.accuracy, semantic.accuracy, syntactic.accuracy, coverage].map((x) => ` ${percent(x)}`));
    }
    if (pairs)
      cells.push(
        pairs.spearman.toFixed(4).padStart(9),
        pairs.pearson.toFixed(4).padStart(9),
        ` ${percent(pairs.coverage)}`,
      );
    return cells.join('  ');
  });
  return [header.join('  '), ...lines].join('\n');
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
