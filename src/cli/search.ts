import type { Command } from 'commander';
import {
  type HitExplanation,
  METRICS,
  type Metric,
  openTextStore,
  parseFilter,
  type TextHit,
  TextIndex,
} from '../node/store.ts';
import { unknownWordsMessage } from '../sentences/compare-texts.ts';
import { COLLECTION_HELP, DATABASE_HELP, firstLine, MOST_ID_CHARACTERS } from './index-texts.ts';
import { noteConditions } from './metadata-fields.ts';
import { openEncoder } from './open-model.ts';
import { createOutput, note, oneOf, printableWord, toCount } from './output.ts';

/** Of each list of an explanation. */
const SHOWN_WORDS = 8;
const MOST_SNIPPET_CHARACTERS = 400;

interface Options {
  model: string;
  db: string;
  collection?: string;
  count?: number;
  metric?: Metric;
  where?: string;
  hybrid?: boolean;
  explain?: boolean;
  snippets?: boolean;
  fold?: boolean;
  json?: boolean;
}

export function addSearchCommand(program: Command): void {
  program
    .command('search')
    .description('the texts of a database that are nearest to a question')
    .argument('<question...>', 'one, of several words')
    .requiredOption('--model <model>', 'the one that filled the database')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--count <n>', 'at most so many hits (10)', toCount)
    .option('--metric <name>', `${METRICS.join(' or ')} (cosine)`, oneOf(METRICS))
    .option('--where <condition>', `on metadata: 'lang = "zh" and (year >= 2020 or tags contains "news")'`)
    .option('--hybrid', 'by words, too, joined with the vectors')
    .option('--explain', 'show of each hit which words made it one')
    .option('--snippets', 'show of each hit the sentence that is nearest to the question')
    .option('--fold', 'show near-duplicates as one hit')
    .option('--collection <name>', COLLECTION_HELP)
    .action(run);
}

async function run(words: string[], options: Options): Promise<void> {
  const { model, db, collection, count, metric, where: condition, hybrid, explain, snippets, fold, json } = options;
  const question = words.join(' ');
  const where = condition === undefined ? undefined : parseFilter(condition);
  const encoder = await openEncoder(model);
  const sentence = encoder.encode(question);
  if (sentence.knownTokens === 0 && !hybrid)
    throw new Error(`Cannot search: ${unknownWordsMessage(encoder, question, sentence)}`);
  if (sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, question, sentence));
  const store = await openTextStore(db, { collection, mustExist: true });
  try {
    const index = await TextIndex.open(encoder, store);
    const hits = await index.search(question, {
      ...{ count, metric, where, hybrid, explain, snippets },
      foldDuplicates: fold,
      onNote: () => {}, // see noteConditions
    });
    if (where) await noteConditions(store, where);
    const text = hits.map(showHit);
    createOutput(json).print(hits, hits.length > 0 ? text.join('\n') : 'nothing found');
  } finally {
    await store.close();
  }
}

/** A line; below it, moved in, what else was asked for. */
function showHit({ id, text, similarity, distance, score, snippet, explanation, duplicates }: TextHit): string {
  const number = score ?? similarity ?? distance;
  const lines = [
    `${number!.toFixed(4)}  ${firstLine(printableWord(id), MOST_ID_CHARACTERS)}  ${snippet ? firstLine(snippet.text, MOST_SNIPPET_CHARACTERS) : firstLine(text)}`,
  ];
  const list = (words: readonly { word: string; value: number }[]) =>
    words
      .slice(0, SHOWN_WORDS)
      .map(({ word, value }) => `${firstLine(printableWord(word), 40)} ${value.toFixed(3)}`)
      .join(', ') || 'none';
  if (explanation) {
    const shares = (words: HitExplanation['question']) =>
      list(words.map(({ word, contribution }) => ({ word, value: contribution })));
    lines.push(`        vectors, words of the question: ${shares(explanation.question)}`);
    lines.push(`        vectors, words of the text: ${shares(explanation.text)}`);
    lines.push(`        words (BM25): ${list(explanation.words.map(({ word, score: value }) => ({ word, value })))}`);
  }
  if (duplicates)
    lines.push(`        nearly the same: ${duplicates.map((other) => firstLine(printableWord(other))).join(', ')}`);
  return lines.join('\n');
}
