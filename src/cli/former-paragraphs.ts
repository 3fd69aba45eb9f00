import type { TextIndex } from '../node/store.ts';
import type { TextRecord } from '../node/text.ts';

/** Paragraphs of plain text files, by the paths of the files. */
export class FormerParagraphs {
  /** The number of the last one. */
  readonly #last = new Map<string, number>();

  /** Records as they are; those that are paragraphs of a file are counted. */
  async *watch(records: AsyncIterable<TextRecord>): AsyncGenerator<TextRecord> {
    for await (const record of records) {
      const place = placeOf(record);
      if (place) this.#last.set(place.path, place.paragraph);
      yield record;
    }
  }

  /**
   * Deletes the paragraphs that a file had when it was indexed before, and has no more: they are numbered without a gap, so they stand
   * behind the last one.
   *
   * @returns how many there were
   */
  async deleteFrom(index: TextIndex): Promise<number> {
    let deleted = 0;
    let looked = 1; // most files have not become shorter
    for (let files = [...this.#last]; files.length > 0; looked *= 8) {
      const ids = files.flatMap(([path, last]) => Array.from({ length: looked }, (_, i) => `${path}#${last + 1 + i}`));
      const found = (await index.store.get(ids)).flatMap((record) => placeOf(record) ?? []);
      deleted += await index.delete(found.map(({ path, paragraph }) => `${path}#${paragraph}`));
      const further = new Set(found.map(({ path }) => path));
      files = files.filter(([path]) => further.has(path)).map(([path, last]) => [path, last + looked]);
    }
    return deleted;
  }
}

/** Which paragraph of which file a record is, as `openRecords` makes them of plain text; undefined for other records. */
function placeOf({ id, metadata = {} }: TextRecord): { path: string; paragraph: number } | undefined {
  const { path, paragraph } = metadata;
  if (typeof path !== 'string' || typeof paragraph !== 'number' || id !== `${path}#${paragraph}`) return undefined;
  return { path, paragraph };
}
