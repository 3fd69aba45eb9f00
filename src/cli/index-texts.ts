import type { Command } from 'commander';
import { shownDatabase } from '../node/postgres-connection.ts';
import { findPlainText } from '../node/record-files.ts';
import {
  type AddProgress,
  type OptimizeProgress,
  openTextStore,
  parseFilter,
  type SearchKind,
  TextIndex,
} from '../node/store.ts';
import { openRecords, type RecordProgress } from '../node/text.ts';
import { counted, textsWithoutWords } from '../text/counted.ts';
import { FormerParagraphs } from './former-paragraphs.ts';
import { noteConditions, watchFields, withMetadataFields } from './metadata-fields.ts';
import { openEncoder } from './open-model.ts';
import { createOutput, note, printableWord, toCount, warn, warnOfRepairs } from './output.ts';

interface StoreOptions {
  db: string;
  collection?: string;
  json?: boolean;
}

interface IndexOptions extends StoreOptions {
  model: string;
  id?: string;
  text?: string;
  metadata?: string[];
  paragraphs?: boolean;
}

export const DATABASE_HELP = 'a folder for an embedded database, or postgres://user@host/database with pgvector';
export const COLLECTION_HELP = 'which of several collections of texts in the database (texts)';

const KINDS: Record<SearchKind, string> = {
  exact: 'searched one by one, exact',
  hnsw: 'searched by an HNSW graph',
};

export function addIndexCommands(program: Command): void {
  program
    .command('index')
    .description('put texts with their vectors into a database; again with the same texts changes nothing')
    .argument(
      '<documents...>',
      'files, folders, globs: records of .jsonl, .json, .csv, .tsv, .parquet; paragraphs of other files',
    )
    .requiredOption('--model <model>', 'makes the vectors')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--id <field>', 'field or column of the id (id or _id, otherwise path and row)')
    .option('--text <field>', 'field or column of the text (text)')
    .option('--metadata <field...>', 'fields or columns that are kept with the text, to filter by')
    .option('--paragraphs', 'cut each text into its paragraphs, with its id as "parent" in their metadata')
    .option('--collection <name>', COLLECTION_HELP)
    .action(run);
  program
    .command('list')
    .description('texts of a database, in the order of their ids')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--collection <name>', COLLECTION_HELP)
    .option('--where <condition>', 'only texts whose metadata fulfil it')
    .option('--after <id>', 'only ids behind this one')
    .option('--count <n>', 'at most so many texts (100)', toCount)
    .action(list);
  program
    .command('upgrade')
    .description('bring a database that version 0.1 wrote over to the format of this version, all or nothing')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--collection <name>', COLLECTION_HELP)
    .action(upgrade);
  program
    .command('delete')
    .description('take texts out of a database by their ids')
    .argument('<id...>')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--collection <name>', COLLECTION_HELP)
    .action(async (ids: string[], { db, collection, json }: StoreOptions) => {
      const store = await openTextStore(db, { collection, mustExist: true });
      try {
        const deleted = await store.delete(ids);
        createOutput(json).print({ deleted }, `${deleted} of ${ids.length} deleted`);
      } finally {
        await store.close();
      }
    });
}

async function run(documents: string[], options: IndexOptions): Promise<void> {
  const { model, db, collection, paragraphs, json } = options;
  const begin = performance.now();
  const plain = paragraphs ? await findPlainText(documents) : undefined;
  if (plain !== undefined)
    throw new Error(
      `Cannot use --paragraphs with "${plain}": plain text is cut into its paragraphs anyway; leave it out, or index this file by itself`,
    );
  const encoder = await openEncoder(model);
  const store = await openTextStore(db, { collection });
  try {
    const index = await TextIndex.open(encoder, store);
    const tellOfFields = await watchFields(store);
    const { progress, read, deleted } = await addRecords(index, documents, options);
    const search = await index.optimize({ onProgress: optimizeLine(json) });
    const total = await index.count();
    progressLine(json)('');
    const seconds = (performance.now() - begin) / 1000;
    const { texts, added, updated, withoutWords, repeated } = progress;
    const { skippedRecords, repairs } = read;
    tellOfTexts(progress, read);
    await tellOfFields();
    if (deleted > 0)
      note(`${counted(deleted, 'paragraph was', 'paragraphs were')} deleted that the files no longer have`);
    createOutput(json).print(
      {
        db: shownDatabase(db),
        texts,
        added,
        updated,
        unchanged: texts - added - updated,
        withoutWords,
        skippedRecords,
        repairs,
        repeated,
        deleted,
        total,
        search,
        seconds,
      },
      `${shownDatabase(db)}: ${counted(texts, 'text')} in ${seconds.toFixed(1)} s, ${added} added, ${updated} updated; ${total} in all, ${KINDS[search]}`,
    );
  } finally {
    await store.close();
  }
}

/** Adds the texts of the documents; shows how far it is. */
async function addRecords(index: TextIndex, documents: string[], options: IndexOptions) {
  const { id, text, metadata = [], paragraphs, json } = options;
  const showProgress = progressLine(json);
  let read: RecordProgress = { bytesRead: 0, byteLength: 0, skippedRecords: 0, repairs: 0 };
  const records = openRecords(documents, { id, text, metadata }, (progress) => {
    read = progress;
  });
  const given = { records: 0 };
  let stored = 0;
  const begin = performance.now();
  try {
    const former = new FormerParagraphs();
    const progress = await index.add(countRecords(former.watch(withMetadataFields(records, metadata)), given), {
      paragraphs,
      onProgress: ({ texts }) => {
        stored = texts;
        const seconds = (performance.now() - begin) / 1000;
        const share = shareStored(texts, given.records, read);
        if (json) note(JSON.stringify({ type: 'index', texts, share, seconds }));
        const left = share > 0 ? `, ${Math.max(0, Math.round((seconds / share) * (1 - share)))} s left` : '';
        const speed = `${Math.round(texts / seconds)} texts/s`;
        showProgress(`${counted(texts, 'text')}, ${Math.round(100 * share)} %, ${speed}${left}`);
      },
    });
    return { progress, read, deleted: await former.deleteFrom(index) };
  } catch (error) {
    showProgress('');
    const were = counted(stored, 'text was', 'texts were');
    if (stored > 0) note(`${were} stored; when it is mended, index again: those stay as they are`);
    throw error;
  }
}

async function* countRecords<T>(items: AsyncIterable<T>, count: { records: number }): AsyncGenerator<T> {
  for await (const item of items) {
    count.records++;
    yield item;
  }
}

/** Of all bytes those whose texts are stored: the next texts have been read meanwhile. */
function shareStored(texts: number, records: number, { bytesRead, byteLength }: RecordProgress): number {
  return byteLength > 0 ? (bytesRead / byteLength) * Math.min(1, texts / records) : 0;
}

/** What was done to texts that nobody asked for. */
function tellOfTexts(added: AddProgress, { skippedRecords, repairs }: RecordProgress): void {
  const { texts, withoutWords, repeated, repeatedId = '' } = added;
  warnOfRepairs(repairs);
  if (repeated > 0)
    warn(
      `${counted(repeated, 'record has', 'records have')} the id of an earlier one, such as ${JSON.stringify(repeatedId)}, and took its place: of each id the last text was kept`,
    );
  if (skippedRecords > 0)
    note(`${counted(skippedRecords, 'record was', 'records were')} left out: no text is in the field`);
  if (withoutWords > 0) note(`${textsWithoutWords(withoutWords, texts)}: only a hybrid search finds such texts`);
}

async function upgrade({ db, collection, json }: StoreOptions): Promise<void> {
  const store = await openTextStore(db, { collection, mustExist: true, upgrade: true });
  try {
    const total = await store.count();
    const search = await store.optimize({ onProgress: optimizeLine(json) });
    createOutput(json).print(
      { db: shownDatabase(db), total, search },
      `${shownDatabase(db)}: ${counted(total, 'text')}, ${KINDS[search]}`,
    );
  } finally {
    await store.close();
  }
}

async function list(options: StoreOptions & { where?: string; after?: string; count?: number }): Promise<void> {
  const { db, collection, where, after, count, json } = options;
  const filter = where === undefined ? undefined : parseFilter(where);
  const store = await openTextStore(db, { collection, mustExist: true });
  try {
    const texts = await store.list({ where: filter, after, count });
    if (filter) await noteConditions(store, filter);
    const lines = texts.map(
      ({ id, text }) => `${firstLine(printableWord(id), MOST_ID_CHARACTERS)}\t${firstLine(text)}`,
    );
    createOutput(json).print(texts, lines.join('\n'));
  } finally {
    await store.close();
  }
}

/** Ids are shown as long as they may be. */
export const MOST_ID_CHARACTERS = 2_000;

/** The beginning of a text, on one line. */
export function firstLine(text: string, length = 100): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** A line on a terminal that is written over and over. */
function progressLine(json: boolean | undefined): (text: string) => void {
  if (json || !process.stderr.isTTY) return () => {};
  return (text) => process.stderr.write(`\r\x1b[2K${text}`);
}

/** Tells how far a graph of the vectors is. */
function optimizeLine(json: boolean | undefined): (progress: OptimizeProgress) => void {
  const showProgress = progressLine(json);
  return ({ share, seconds }) => {
    if (json) note(JSON.stringify({ type: 'optimize', share, seconds }));
    const done = share === undefined ? '' : `${Math.round(100 * share)} %, `;
    showProgress(`building the graph of the vectors … ${done}${Math.round(seconds)} s`);
  };
}
