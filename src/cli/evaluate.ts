import type { Command } from 'commander';
import {
  ANALOGY_PROTOCOLS,
  type AnalogyProtocol,
  type AnalogyResult,
  evaluateAnalogies,
  evaluateRetrieval,
  evaluateSentencePairs,
  evaluateWordPairs,
  type RetrievalResult,
  type SentencePairResult,
  type WordPairResult,
} from '../entries/evaluation.ts';
import { loadModel } from '../node/model.ts';
import { readTextFile } from '../node/read-text-file.ts';
import { readRetrievalTask, readSentencePairs } from '../node/sentence-files.ts';
import { createSentenceEncoder } from '../node/sentences.ts';
import { counted } from '../text/counted.ts';
import { withNeeds } from './option-needs.ts';
import { createOutput, METHODS, note, oneOf, toCount } from './output.ts';

interface Options {
  analogies?: string;
  pairs?: string;
  sts?: string;
  retrieval?: string;
  restrict?: number;
  protocol?: AnalogyProtocol;
  method?: (typeof METHODS)[number];
  json?: boolean;
}

const DESCRIPTIONS = {
  analogies: 'lines "a b c d", sections ": name", such as questions-words.txt',
  pairs: 'lines "word word score", such as WordSim-353',
  sts: 'two sentences and a score, CSV or TSV, such as the STS benchmark, GLUE or SICK',
  retrieval: 'folder with corpus.jsonl, queries.jsonl and qrels/test.tsv, as BEIR has it; or another file in qrels',
  restrict: 'only the first n words of the model (30000; pairs and gensim 300000; ca8 all)',
  protocol: `of the analogies: ${ANALOGY_PROTOCOLS.join(', ')} (word2vec.c)`,
};

export function addEvaluateCommands(program: Command): void {
  withOptions(program.command('evaluate'))
    .description(
      'how good a model is: analogies, similarity of words and of sentences, retrieval, as far as files are given',
    )
    .argument('<model>')
    .action(async (path: string, options: Options) => {
      const result = await evaluate(path, options);
      const text = [
        result.analogies && analogyText(result.analogies),
        result.pairs && pairText(result.pairs),
        result.sts && sentenceText(result.sts),
        result.retrieval && retrievalText(result.retrieval),
      ];
      createOutput(options.json).print(result, text.filter(Boolean).join('\n'));
    });
  withOptions(program.command('compare'))
    .description('what evaluate measures, of several models, as a table')
    .argument('<model...>')
    .action(async (paths: string[], options: Options) => {
      const rows = [];
      for (const model of paths) rows.push({ model, ...(await evaluate(model, options)) });
      createOutput(options.json).print(rows, comparison(rows));
    });
}

function withOptions(command: Command): Command {
  withNeeds(command, [
    { option: '--protocol', oneOf: ['--analogies'], reason: 'it tells how analogies are asked' },
    { option: '--method', oneOf: ['--analogies'], reason: 'it tells how analogies are answered' },
    {
      option: '--restrict',
      oneOf: ['--analogies', '--pairs'],
      reason: 'sentences and texts are cut by all words',
    },
  ]);
  return command
    .option('--analogies <file>', DESCRIPTIONS.analogies)
    .option('--pairs <file>', DESCRIPTIONS.pairs)
    .option('--sts <file>', DESCRIPTIONS.sts)
    .option('--retrieval <folder>', DESCRIPTIONS.retrieval)
    .option('--restrict <n>', DESCRIPTIONS.restrict, toCount)
    .option('--protocol <name>', DESCRIPTIONS.protocol, oneOf(ANALOGY_PROTOCOLS))
    .option('--method <name>', `of the analogies: ${METHODS.join(' or ')} (3CosAdd)`, oneOf(METHODS));
}

interface Evaluation {
  readonly analogies?: AnalogyResult;
  readonly pairs?: WordPairResult;
  readonly sts?: SentencePairResult;
  readonly retrieval?: RetrievalResult;
}

async function evaluate(path: string, options: Options): Promise<Evaluation> {
  const { analogies, pairs, sts, retrieval, restrict, protocol, method } = options;
  if ([analogies, pairs, sts, retrieval].every((file) => file === undefined))
    throw new Error('Cannot evaluate: give --analogies FILE, --pairs FILE, --sts FILE or --retrieval FOLDER');
  const questions = analogies === undefined ? undefined : await readTextFile(analogies);
  const scores = pairs === undefined ? undefined : await readTextFile(pairs);
  const sentences = sts === undefined ? undefined : await readSentencePairs(sts);
  const folder = retrieval === undefined ? undefined : await readRetrievalTask(retrieval);
  const model = await loadModel(path);
  const encoder = (sentences || folder) && (await createSentenceEncoder(model));
  const result: Evaluation = {
    ...(questions !== undefined && { analogies: evaluateAnalogies(model, questions, { restrict, protocol, method }) }),
    ...(scores !== undefined && { pairs: evaluateWordPairs(model, scores, { restrict }) }),
    ...(encoder && sentences && { sts: evaluateSentencePairs(encoder, sentences) }),
    ...(encoder && folder && { retrieval: evaluateRetrieval(encoder, folder.task) }),
  };
  if (folder && !/test|^qrels\.tsv$/.test(folder.judgements)) note(`${retrieval}: judged by ${folder.judgements}`);
  for (const text of folder?.notes ?? []) note(`${retrieval}: ${text}`);
  for (const [file, found] of [
    [analogies, result.analogies],
    [pairs, result.pairs],
    [sts, result.sts],
    [retrieval, result.retrieval],
  ] as const)
    if (found !== undefined && questionsOf(found) === 0) {
      note(`warning: ${file} holds no question`);
    } else if (found?.coverage === 0)
      note(
        `warning: ${path} knows the words of nothing in ${file}: is it in another language, or cut into other words?`,
      );
    else if (found && 'spearman' in found && Number.isNaN(found.spearman))
      note(
        `warning: ${file} gives no correlation, which takes two pairs or more that are known and whose scores and similarities differ`,
      );
  return result;
}

function questionsOf(found: AnalogyResult | WordPairResult | SentencePairResult | RetrievalResult): number {
  if ('total' in found) return found.total.questions;
  return 'pairs' in found ? found.pairs : found.queries;
}

/** A correlation, or that there is none: too few pairs are known, or all are alike. */
function correlation(value: number): string {
  return Number.isNaN(value) ? 'none' : value.toFixed(4);
}

function comparison(rows: readonly ({ model: string } & Evaluation)[]): string {
  const width = Math.max(5, ...rows.map(({ model }) => model.length));
  const header = ['model'.padEnd(width)];
  if (rows[0].analogies) header.push('analogies', ' semantic', 'syntactic', '  covered');
  if (rows[0].pairs) header.push(' Spearman', '  Pearson', '  covered');
  if (rows[0].sts) header.push('sentences');
  if (rows[0].retrieval) header.push('  nDCG@10', ' hybrid');
  const lines = rows.map(({ model, analogies, pairs, sts, retrieval }) => {
    const cells = [model.padEnd(width)];
    if (analogies) {
      const { total, semantic, syntactic, coverage } = analogies;
      cells.push(...[total.accuracy, semantic.accuracy, syntactic.accuracy, coverage].map((x) => ` ${percent(x)}`));
    }
    if (pairs)
      cells.push(
        correlation(pairs.spearman).padStart(9),
        correlation(pairs.pearson).padStart(9),
        ` ${percent(pairs.coverage)}`,
      );
    if (sts) cells.push(correlation(sts.spearman).padStart(9));
    if (retrieval)
      cells.push(retrieval.vectors.ndcg10.toFixed(4).padStart(9), retrieval.hybrid.ndcg10.toFixed(4).padStart(7));
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
  return `Spearman ${correlation(spearman)}, Pearson ${correlation(pearson)}, coverage ${percent(coverage).trim()}, ${attempted} of ${counted(pairs, 'pair')}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`.padStart(8);
}

function sentenceText({ spearman, pearson, pairs, coverage }: SentencePairResult): string {
  return `Spearman ${correlation(spearman)}, Pearson ${correlation(pearson)}, coverage ${percent(coverage).trim()}, ${counted(pairs, 'pair')} of sentences`;
}

function retrievalText({ documents, queries, coverage, ...scores }: RetrievalResult): string {
  const lines = ['          nDCG@10  recall@10  MRR@10'];
  for (const name of ['vectors', 'bm25', 'hybrid'] as const) {
    const { ndcg10, recall10, mrr10 } = scores[name];
    lines.push(`${name.padEnd(8)}  ${ndcg10.toFixed(4)}   ${recall10.toFixed(4)}     ${mrr10.toFixed(4)}`);
  }
  lines.push(
    `${counted(documents, 'document')}, ${counted(queries, 'query', 'queries')}, coverage ${percent(coverage).trim()}`,
  );
  return lines.join('\n');
}
