import type { Command } from 'commander';
import { METRICS, type Metric, openTextStore, parseFilter, TextIndex } from '../node/index.ts';
import { unknownWordsMessage } from '../sentences/compare-texts.ts';
import { COLLECTION_HELP, DATABASE_HELP, firstLine, MOST_ID_CHARACTERS } from './index-texts.ts';
import { noteUnknownFields } from './metadata-fields.ts';
import { openEncoder } from './open-model.ts';
import { createOutput, note, oneOf, printableWord, toCount } from './output.ts';

interface Options {
  model: string;
  db: string;
  collection?: string;
  count?: number;
  metric?: Metric;
  where?: string;
  hybrid?: boolean;
  json?: boolean;
}

export function addSearchCommand(program: Command): void {
  program
    .command('search')
    .description('the texts of a database that are nearest to a question')
    .argument('<question...>', 'one, of several words')
    .requiredOption('--model <model>', 'the one that filled the database')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--count <n>', 'most hits wanted (10)', toCount)
    .option('--metric <name>', `${METRICS.join(' or ')} (cosine)`, oneOf(METRICS))
    .option('--where <condition>', `on metadata: 'lang = "zh" and (year >= 2020 or tags contains "news")'`)
    .option('--hybrid', 'by words, too, joined with the vectors')
    .option('--collection <name>', COLLECTION_HELP)
    .action(run);
}

async function run(words: string[], options: Options): Promise<void> {
  const { model, db, collection, count, metric, where: condition, hybrid, json } = options;
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
    const hits = await index.search(question, { count, metric, where, hybrid });
    if (where) await noteUnknownFields(store, where);
    const text = hits.map(({ id, text, similarity, distance, score }) => {
      const number = score ?? similarity ?? distance;
      return `${number!.toFixed(4)}  ${firstLine(printableWord(id), MOST_ID_CHARACTERS)}  ${firstLine(text)}`;
    });
    createOutput(json).print(hits, hits.length > 0 ? text.join('\n') : 'nothing found');
  } finally {
    await store.close();
  }
}
