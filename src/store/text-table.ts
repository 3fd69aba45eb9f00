import { BitSet } from '../search/bit-set.ts';
import { CodedVectors, type VectorCandidate } from '../search/coded-vectors.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import { TermIndex } from '../search/term-index.ts';
import { VectorIndex, type VectorRowQuery } from '../search/vector-index.ts';
import { checkQuestion } from './check-texts.ts';
import type { Filter } from './filter.ts';
import { MetadataColumns } from './metadata-columns.ts';
import { TextIds } from './text-ids.ts';
import type { VectorHit, VectorQuery, WordQuery, WordScore } from './text-store.ts';

/** What is searched of a text. */
export interface TableEntry {
  readonly vector?: Float32Array | undefined;
  /** As `encodeTermVector` makes them. */
  readonly words: Uint8Array;
  /** JSON of an object. */
  readonly metadata?: string | undefined;
}

/** A text that may be among the nearest: its vector, which lies elsewhere, tells whether it is. */
export interface TextCandidate extends Omit<VectorCandidate, 'row'> {
  readonly id: string;
}

/** How a `TextTable` is made. */
export interface TextTableOptions {
  /** Threads that help to scan vectors; if omitted, as many as serve this machine. */
  readonly scanHelpers?: number | undefined;
  /** The metadata of so many texts are held, all if omitted. Of more there are columns: `fillColumns` is called before a condition with fields that `missingFields` tells. */
  readonly mostHeld?: number | undefined;
  /** Vectors are held up to so many bytes, all if omitted. Of more, which lie elsewhere, there are codes only. */
  readonly mostHeldVectorBytes?: number | undefined;
}

interface TableWordQuery extends Omit<WordQuery, 'tokens'> {
  /** Only texts of these ids. */
  readonly only?: ReadonlySet<string> | undefined;
}

/**
 * What is searched of texts, in memory: their words, vectors and metadata. The same answer for the same texts, in whatever order
 * they came: equal values are in the order of the ids.
 */
export class TextTable {
  readonly #ids = new TextIds();
  #rowCount = 0;
  readonly #freeRows: number[] = [];
  readonly #words = new TermIndex();
  readonly #columns: MetadataColumns;
  #vectors: VectorIndex | CodedVectors | undefined;
  readonly #options: TextTableOptions;
  readonly #compare = (a: number, b: number) => this.#ids.compare(a, b);

  constructor(options: TextTableOptions = {}) {
    this.#options = options;
    this.#columns = new MetadataColumns(options.mostHeld);
  }

  /** Ends its threads. */
  close(): void {
    this.#vectors?.close();
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The row of a text: others take it when it is deleted. */
  row(id: string): number | undefined {
    return this.#ids.row(id);
  }

  ids(): Iterable<string> {
    return this.#ids.ids();
  }

  get holdsMetadata(): boolean {
    return this.#columns.isHeld;
  }

  metadata(row: number): string | undefined {
    return this.#columns.json(row);
  }

  /** A view; only to be read. Undefined where only codes are kept. */
  vector(row: number): Float32Array | undefined {
    return this.#vectors instanceof VectorIndex ? this.#vectors.vector(row) : undefined;
  }

  /** Returns the row. */
  set(id: string, { vector, words, metadata = '{}' }: TableEntry): number {
    let row = this.#ids.row(id);
    if (row === undefined) {
      row = this.#freeRows.pop() ?? this.#rowCount++;
      this.#ids.add(id, row);
    }
    this.#words.set(row, words);
    this.#columns.set(row, metadata);
    if (vector) this.#setVector(row, vector);
    else this.#vectors?.delete(row);
    return row;
  }

  /** Returns the row that the text had. */
  delete(id: string): number | undefined {
    const row = this.#ids.row(id);
    if (row === undefined) return undefined;
    this.#ids.delete(row);
    this.#words.delete(row);
    this.#columns.set(row, '{}');
    this.#vectors?.delete(row);
    this.#freeRows.push(row);
    return row;
  }

  /** The nearest texts; undefined where only the codes of the vectors are kept. */
  searchVectors(query: VectorQuery): VectorHit[] | undefined {
    if (this.#vectors instanceof CodedVectors) return undefined;
    const asked = this.#rowQuery(query);
    return (this.#vectors?.search(asked) ?? []).map(({ row, value }) => ({ id: this.#ids.id(row), value }));
  }

  /** Where only the codes are kept: the texts that may be among the nearest, see `CodedVectors`. */
  vectorCandidates(query: VectorQuery): TextCandidate[] {
    if (!(this.#vectors instanceof CodedVectors)) return [];
    const found = this.#vectors.candidates(this.#rowQuery(query));
    return found.map(({ row, bound, print }) => ({ id: this.#ids.id(row), bound, print }));
  }

  /** @param terms - the numbers of the question's words */
  searchWords(terms: readonly number[], { count, where, only }: TableWordQuery): ScoredItem<string>[] {
    checkQuestion({ count, where });
    const rows = only ? this.#rowsOf(only) : where && this.#columns.select(where);
    return this.#words
      .search(terms, { count, rows, compare: this.#compare })
      .map(({ row, score }) => ({ item: this.#ids.id(row), score }));
  }

  explainWords(words: ReadonlyMap<string, number>, ids: readonly string[]): Map<string, WordScore[]> {
    const names = [...words.keys()];
    const explained = new Map<string, WordScore[]>();
    for (const id of ids) {
      const row = this.#ids.row(id);
      if (row === undefined) continue;
      const scores = this.#words
        .explain(row, [...words.values()])
        .map((score, i) => ({ word: names[i], score }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score);
      if (scores.length > 0) explained.set(id, scores);
    }
    return explained;
  }

  /** The fields of a condition that are wanted from elsewhere; undefined if they are too many. */
  missingFields(where: Filter): (readonly string[])[] | undefined {
    return this.#columns.missing(where);
  }

  /** Takes fields from elsewhere: `set` is called with the metadata of each text, as JSON, then `finish`. Ids that are not known are passed over. */
  fillColumns(fields: readonly (readonly string[])[]) {
    const filler = this.#columns.fill(fields);
    return {
      set: (id: string, json: string) => {
        const row = this.#ids.row(id);
        if (row !== undefined) filler.set(row, json);
      },
      finish: filler.finish,
    };
  }

  /** Of the ids that are there the ones that fulfil a condition. */
  select(where: NonNullable<WordQuery['where']>): (id: string) => boolean {
    const rows = this.#columns.select(where);
    return (id) => rows.has(this.#ids.row(id)!);
  }

  #rowsOf(ids: Iterable<string>): BitSet {
    const rows = new BitSet(this.#rowCount);
    for (const id of ids) {
      const row = this.#ids.row(id);
      if (row !== undefined) rows.add(row);
    }
    return rows;
  }

  #rowQuery({ vector, metric, count, where }: VectorQuery): VectorRowQuery {
    checkQuestion({ count, where });
    return { vector, metric, count, rows: where && this.#columns.select(where), compare: this.#compare };
  }

  #setVector(row: number, vector: Float32Array): void {
    const { scanHelpers, mostHeldVectorBytes = Infinity } = this.#options;
    this.#vectors ??= new VectorIndex(vector.length, scanHelpers);
    if ((row + 1) * vector.byteLength > mostHeldVectorBytes && this.#vectors instanceof VectorIndex)
      this.#vectors = new CodedVectors(this.#vectors, this.#rowCount);
    this.#vectors.set(row, vector);
  }
}
