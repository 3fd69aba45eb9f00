import { countEach, encodeTermVector } from '../search/term-vector.ts';
import { CopyReader } from './copy-rows.ts';
import type { Collection } from './sql-collection.ts';
import type { SqlConnection } from './sql-connection.ts';
import { isIndexable } from './words.ts';

/** Words in one statement. */
const WORDS_AT_ONCE = 50_000;
const LISTED = 'select word from jsonb_array_elements_text($1::jsonb) as word';

/** The numbers of the words of a collection, as far as this process has needed them. */
export class SqlWords {
  readonly #collection: Collection;
  readonly #numbers = new Map<string, number>();

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Reads all. */
  async load(sql: SqlConnection): Promise<void> {
    const rows = new CopyReader(await sql.read(`select number, word from ${this.#collection.words}`));
    while (rows.nextRow()) {
      rows.nextField();
      const number = rows.integer;
      rows.nextField();
      this.#numbers.set(rows.text, number);
    }
  }

  /** Of those words that are known. */
  async find(sql: SqlConnection, words: Iterable<string>): Promise<Map<string, number>> {
    const distinct = [...new Set(words)].filter(isIndexable);
    await this.#look(sql, distinct);
    return new Map(distinct.filter((word) => this.#numbers.has(word)).map((word) => [word, this.#numbers.get(word)!]));
  }

  /** Texts as `encodeTermVector` has them. Words that are new get a number, at once and for ever. */
  async encode(sql: SqlConnection, texts: readonly (readonly string[])[]): Promise<Uint8Array[]> {
    const counts = texts.map((tokens) => countEach(tokens));
    const words = new Set<string>();
    for (const count of counts) for (const word of count.keys()) if (isIndexable(word)) words.add(word);
    await this.#look(sql, [...words]);
    const { words: table } = this.#collection;
    // In the order of the words: two processes that add the same wait for each other only once.
    for (const list of listsOf([...words].filter((word) => !this.#numbers.has(word)))) {
      this.#keep(
        await sql.query<WordRow>(
          `insert into ${table} (word) ${LISTED} order by word collate "C" on conflict (word) do nothing returning word, number`,
          [list],
        ),
      );
    }
    await this.#look(sql, [...words]); // those that another process has just added
    return counts.map((count) => {
      const frequencies = new Map<number, number>();
      for (const [word, frequency] of count) {
        const number = this.#numbers.get(word);
        if (number !== undefined) frequencies.set(number, frequency);
        else if (isIndexable(word)) throw new Error(`Cannot store the word ${JSON.stringify(word)}: it got no number`);
      }
      return encodeTermVector(frequencies);
    });
  }

  async #look(sql: SqlConnection, words: readonly string[]): Promise<void> {
    for (const list of listsOf(words.filter((word) => !this.#numbers.has(word))))
      this.#keep(
        await sql.query<WordRow>(`select word, number from ${this.#collection.words} where word in (${LISTED})`, [
          list,
        ]),
      );
  }

  #keep(rows: readonly WordRow[]): void {
    for (const { word, number } of rows) this.#numbers.set(word, number);
  }
}

interface WordRow {
  readonly word: string;
  readonly number: number;
}

function* listsOf(words: readonly string[]): Iterable<string> {
  for (let first = 0; first < words.length; first += WORDS_AT_ONCE)
    yield JSON.stringify(words.slice(first, first + WORDS_AT_ONCE));
}
