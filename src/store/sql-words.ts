import { WordNumbers } from '../search/word-numbers.ts';
import { CopyReader } from './copy-rows.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { isIndexable } from './words.ts';

/**
 * The numbers of the words of a collection. All are read when the first is asked for: some 15 bytes a word, which the texts that hold
 * them have many of.
 *
 * They stand in blocks, one for each set of texts that brought new words: the number of the first, and the words. A block begins
 * where the one before ends. So who adds one knows all before, or finds that another was faster, and reads it.
 */
export class SqlWords {
  readonly #collection: Collection;
  readonly #numbers = new WordNumbers();
  #isLoaded = false;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Reads those that are not known yet. */
  async load(sql: SqlConnection): Promise<void> {
    const { words } = this.#collection;
    const rows = new CopyReader(
      await sql.read(`select first, words from ${words} where first >= ${this.#numbers.size} order by first`),
    );
    while (rows.nextRow()) {
      rows.nextField();
      const first = rows.integer;
      rows.nextField();
      this.#keep(first, JSON.parse(rows.text) as string[]);
    }
    this.#isLoaded = true;
  }

  /** Of those words that are known. */
  async find(sql: SqlConnection, words: readonly string[]): Promise<Map<string, number>> {
    const asked = words.filter(isIndexable);
    // Nobody else adds words to an embedded store.
    const isComplete = this.#isLoaded && (sql.isExclusive || asked.every((word) => this.#numbers.has(word)));
    if (!isComplete) await this.load(sql);
    return this.#numbers.find(asked);
  }

  /** Texts as `encodeTermVector` has them. Words that are new get a number, at once and for ever. */
  async encode(sql: SqlConnection, texts: readonly (readonly string[])[]): Promise<Uint8Array[]> {
    if (!this.#isLoaded) await this.load(sql);
    for (;;) {
      const fresh = new Map<string, number>();
      const encoded = texts.map((tokens) => this.#numbers.encode(tokens, fresh, isIndexable));
      if (fresh.size === 0) return encoded;
      const first = this.#numbers.size;
      const words = [...fresh.keys()];
      const stored = await sql.query(
        `insert into ${this.#collection.words} (first, words) values ($1, $2) on conflict do nothing returning first`,
        [first, JSON.stringify(words)],
      );
      if (stored.length > 0) {
        this.#keep(first, words);
        return encoded;
      }
      await this.load(sql); // those that another has just added
    }
  }

  #keep(first: number, words: readonly string[]): void {
    const { size } = this.#numbers;
    if (first < size) return; // read meanwhile by another call
    if (first > size)
      throw new Error(
        `Cannot use the words of collection "${this.#collection.name}": words ${size} to ${first - 1} are missing in the database; restore it from a backup, or fill a new collection`,
      );
    this.#numbers.add(words);
  }
}
