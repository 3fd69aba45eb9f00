import type { Command } from 'commander';
import { lookAt } from '../node/input-files.ts';
import { shownDatabase } from '../node/postgres-connection.ts';
import { findRecordFiles, pathOf, type RecordFile } from '../node/record-files.ts';
import {
  type AddProgress,
  conditionNotes,
  type Filter,
  type OptimizeProgress,
  openTextStore,
  parseFilter,
  type SearchKind,
  TextIndex,
  type TextStore,
} from '../node/store.ts';
import { openRecords, type RecordProgress, type TextRecord } from '../node/text.ts';
import { counted, textsWithoutWords } from '../text/counted.ts';
import { FormerTexts } from './former-texts.ts';
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
    .description('take texts out of a database by their ids, or by a condition')
    .argument('[id...]')
    .requiredOption('--db <database>', DATABASE_HELP)
    .option('--where <condition>', 'all texts whose metadata fulfil it, in place of ids')
    .option('--collection <name>', COLLECTION_HELP)
    .action(remove);
}

async function run(documents: string[], options: IndexOptions): Promise<void> {
  const { model, db, collection, paragraphs, json } = options;
  const begin = performance.now();
  const files = await findRecordFiles(documents);
  const plain = paragraphs ? files.find(({ isPlainText }) => isPlainText) : undefined;
  if (plain)
    throw new Error(
      `Cannot use --paragraphs with "${plain.name}": plain text is cut into its paragraphs anyway; leave it out, or index this file by itself`,
    );
  const encoder = await openEncoder(model);
  const store = await openTextStore(db, { collection });
  try {
    const index = await TextIndex.open(encoder, store);
    const tellOfFields = await watchFields(store);
    const { progress, read, given, deleted, former } = await addRecords(index, documents, files, options);
    const search = await index.optimize({ onProgress: optimizeLine(json) });
    const total = await index.count();
    progressLine(json)('');
    const seconds = (performance.now() - begin) / 1000;
    const { texts, added, updated, withoutWords, repeated } = progress;
    const { skippedRecords, repairs } = read;
    tellOfTexts(progress, read);
    await tellOfFields();
    if (options.metadata === undefined) tellOfFieldsLeftOut(read);
    if (given.long > 0 && !paragraphs) tellOfLong(given);
    tellOfFormer(former, deleted);
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
async function addRecords(index: TextIndex, documents: string[], files: RecordFile[], options: IndexOptions) {
  const { id, text, metadata = [], paragraphs, json } = options;
  const showProgress = progressLine(json);
  let read: RecordProgress = { bytesRead: 0, byteLength: 0, skippedRecords: 0, fieldsLeftOut: [], repairs: 0 };
  const records = openRecords(documents, { id, text, metadata }, (progress) => {
    read = progress;
  });
  const given: Given = { records: 0, long: 0 };
  let stored = 0;
  const begin = performance.now();
  try {
    const texts = new FormerTexts(files);
    const progress = await index.add(countRecords(texts.watch(withMetadataFields(records, metadata)), given), {
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
    const deleted = await texts.deleteParagraphs(index);
    const former: Former = {
      records: await texts.recordsLeft(index, paragraphs === true),
      files: await texts.filesGone(index, documents.flatMap(folderOf)),
    };
    return { progress, read, given, deleted, former };
  } catch (error) {
    showProgress('');
    const were = counted(stored, 'text was', 'texts were');
    if (stored > 0) note(`${were} stored; when it is mended, index again: those stay as they are`);
    throw error;
  }
}

/** What ids of texts in a folder begin with; none for what is no folder. */
function folderOf(document: string): string[] {
  if (!lookAt(document)?.isDirectory()) return [];
  const path = pathOf(document);
  return [path === '' ? '' : `${path}/`];
}

/** Texts of before that are not deleted. */
interface Former {
  readonly records: readonly string[];
  readonly files: readonly string[];
}

function tellOfFormer({ records, files }: Former, deleted: number): void {
  if (deleted > 0)
    note(`${counted(deleted, 'paragraph was', 'paragraphs were')} deleted that the files no longer have`);
  if (records.length > 0)
    note(
      `${counted(records.length, 'text stays', 'texts stay')} of records that the files no longer have, such as ${JSON.stringify(records[0])}: "wordkin delete" takes texts out by their ids`,
    );
  if (files.length > 0)
    note(
      `the texts of ${counted(files.length, 'file')} that ${files.length === 1 ? 'is' : 'are'} not there any more stay, such as those of ${JSON.stringify(files[0])}: wordkin delete --where 'path = ${JSON.stringify(files[0])}' takes them out`,
    );
}

/** Of a text of so many characters, some 3,000 words, the vector is much like that of all texts. */
const LONG_CHARACTERS = 20_000;

/** Records that were read. */
interface Given {
  records: number;
  long: number;
  /** The id of the first long one. */
  longId?: string;
}

async function* countRecords(records: AsyncIterable<TextRecord>, given: Given): AsyncGenerator<TextRecord> {
  for await (const record of records) {
    given.records++;
    if (record.text.length > LONG_CHARACTERS) {
      given.long++;
      given.longId ??= record.id;
    }
    yield record;
  }
}

function tellOfLong({ long, longId = '' }: Given): void {
  note(
    `${counted(long, 'text is', 'texts are')} longer than ${LONG_CHARACTERS} characters, such as ${JSON.stringify(longId)}: the vector of so much text tells little of it. Cut records by --paragraphs, and lines of plain text by line ends`,
  );
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

function tellOfFieldsLeftOut({ fieldsLeftOut }: RecordProgress): void {
  if (fieldsLeftOut.length === 0) return;
  const names = fieldsLeftOut.map((field) => JSON.stringify(field)).join(', ');
  note(
    `of the records ${names} ${fieldsLeftOut.length === 1 ? 'is' : 'are'} not kept: --metadata FIELD keeps what is to be filtered by`,
  );
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

async function remove(given: string[], { db, collection, where, json }: StoreOptions & { where?: string }) {
  if ((where === undefined) === (given.length === 0))
    throw new Error('Cannot delete: give either the ids of texts, or --where with a condition');
  const filter = where === undefined ? undefined : parseFilter(where);
  const store = await openTextStore(db, { collection, mustExist: true });
  try {
    const ids = filter ? await idsWhere(store, filter) : given;
    const deleted = await store.delete(ids);
    createOutput(json).print({ deleted }, `${deleted} of ${ids.length} deleted`);
  } finally {
    await store.close();
  }
}

/** @throws Error for a condition that may not say what is meant: with "!=" it may hold for all texts */
async function idsWhere(store: TextStore, where: Filter): Promise<string[]> {
  const [problem] = await conditionNotes(store, where, '--where');
  if (problem !== undefined) throw new Error(`Cannot delete: ${problem}; nothing was deleted`);
  const ids: string[] = [];
  for (const count = 1000; ; ) {
    const page = await store.list({ where, after: ids.at(-1), count });
    ids.push(...page.map(({ id }) => id));
    if (page.length < count) return ids;
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
