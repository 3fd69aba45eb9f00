import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { RecordFile } from '../node/record-files.ts';
import type { TextIndex, TextStore } from '../node/store.ts';
import type { TextRecord } from '../node/text.ts';

/** Texts of a page, and most pages, that are looked at for files that are gone. */
const [PAGE, MOST_PAGES] = [200, 100];
/** Behind all numbers. */
const LAST_SIGN = '\u{10ffff}';

/** What the store still has of files that have become shorter, or are gone. */
export class FormerTexts {
  /** Of files of plain text the number of the last paragraph, by their paths. */
  readonly #paragraphs = new Map<string, number>();
  /** Of files of records that of the last one that has no id of its own. */
  readonly #records = new Map<string, number>();

  /** @param files - all that are indexed; of one that is empty there is no record to watch */
  constructor(files: readonly RecordFile[]) {
    for (const { path, isPlainText } of files) (isPlainText ? this.#paragraphs : this.#records).set(path, 0);
  }

  /** Records as they are; those that are numbered by their file are counted. */
  async *watch(records: AsyncIterable<TextRecord>): AsyncGenerator<TextRecord> {
    for await (const record of records) {
      const place = placeOf(record);
      const file = place ?? numberedBy(record.id);
      const numbers = place ? this.#paragraphs : this.#records;
      if (file && numbers.has(file.path)) numbers.set(file.path, file.number);
      yield record;
    }
  }

  /**
   * Deletes the paragraphs that a file had when it was indexed before, and has no more: they are numbered without a gap, so they stand
   * behind the last one.
   *
   * @returns how many there were
   */
  async deleteParagraphs(index: TextIndex): Promise<number> {
    return index.delete(await findBehind(index.store, this.#paragraphs, '', (record) => placeOf(record)?.path));
  }

  /**
   * Ids of records that a file had when it was indexed before, and has no more. Nothing in the store tells whether they are its own, so
   * they are not deleted.
   *
   * @param cut - whether records were cut into paragraphs
   */
  recordsLeft({ store }: TextIndex, cut: boolean): Promise<string[]> {
    const suffix = cut ? '#1' : '';
    return findBehind(store, this.#records, suffix, (record) =>
      placeOf(record) ? undefined : numberedBy(record.id.slice(0, record.id.length - suffix.length))?.path,
    );
  }

  /** Paths of files below folders of which the store has paragraphs, but which are not there any more; not all where the store has many texts. */
  async filesGone({ store }: TextIndex, folders: readonly string[]): Promise<string[]> {
    const gone = new Set<string>();
    for (const folder of folders) {
      let after = folder;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const page = await store.list({ after, count: PAGE });
        const below = page.filter(({ id }) => id.startsWith(folder));
        for (const { path } of below.flatMap((record) => placeOf(record) ?? []))
          if (!this.#paragraphs.has(path) && !(folder === '' && isAbsolute(path)) && !existsSync(path)) gone.add(path);
        if (page.length < PAGE || below.length < page.length) break;
        const { id } = page[PAGE - 1];
        const file = numberedBy(id) ?? { path: id };
        const isKnown = [this.#paragraphs, this.#records].some((files) => files.has(file.path)) || gone.has(file.path);
        after = isKnown ? `${file.path}#${LAST_SIGN}` : id; // the rest of a file tells nothing
      }
    }
    return [...gone];
  }
}

/** Ids of texts behind the last one of each file. */
async function findBehind(
  store: TextStore,
  lasts: ReadonlyMap<string, number>,
  suffix: string,
  fileOf: (record: TextRecord) => string | undefined,
): Promise<string[]> {
  const ids: string[] = [];
  let looked = 1; // most files have not become shorter
  for (let files = [...lasts]; files.length > 0; looked *= 8) {
    const wanted = files.flatMap(([path, last]) =>
      Array.from({ length: looked }, (_, i) => `${path}#${last + 1 + i}${suffix}`),
    );
    const found = (await store.get(wanted)).filter((record) => fileOf(record) !== undefined);
    ids.push(...found.map(({ id }) => id));
    const further = new Set(found.map(fileOf));
    files = files.filter(([path]) => further.has(path)).map(([path, last]) => [path, last + looked]);
  }
  return ids;
}

/** Which paragraph of which file a record is, as `openRecords` makes them of plain text; undefined for other records. */
function placeOf({ id, metadata = {} }: TextRecord): { path: string; number: number } | undefined {
  const { path, paragraph } = metadata;
  if (typeof path !== 'string' || typeof paragraph !== 'number' || id !== `${path}#${paragraph}`) return undefined;
  return { path, number: paragraph };
}

/** The file and number that the id of a record without an id of its own is made of. */
function numberedBy(id: string): { path: string; number: number } | undefined {
  const parts = /^(.+?)#(\d+)$/s.exec(id);
  return parts ? { path: parts[1], number: Number(parts[2]) } : undefined;
}
