import { type WholeNumbers, withRoomFor } from '../math/whole-numbers.ts';
import { BitSet } from '../search/bit-set.ts';
import { checkFilter, comparison, type Filter, groupEqual, valueAt } from './filter.ts';
import type { JsonValue, Metadata } from './metadata.ts';

/** So many fields have a column at once; beyond it the oldest is given up. */
const MOST_COLUMNS = 64;

/** The name of a field, in other fields or by itself. */
type Path = readonly string[];

/** Takes the metadata of rows. */
export interface ColumnFiller {
  /** @param json - of an object */
  set(row: number, json: string): void;
  /** From now on there are columns of the fields. */
  finish(): void;
}

/**
 * Of each field of metadata that was asked for a column with a number for each row that tells which value it has, so that a condition
 * looks at each different value once, not at each text. The metadata of all rows are kept as JSON, of which columns are made when they are
 * wanted; unless the rows are many, and metadata lie elsewhere, too: then who asks sees to it that there are columns.
 */
export class MetadataColumns {
  #json: (string | undefined)[] | undefined = [];
  readonly #mostHeld: number;
  readonly #columns = new Map<string, Column>();
  #rowCount = 0;

  /** @param mostHeld - of more rows the JSON is not kept */
  constructor(mostHeld = Infinity) {
    this.#mostHeld = mostHeld;
  }

  /** Whether the JSON is kept. */
  get isHeld(): boolean {
    return this.#json !== undefined;
  }

  /** @param json - of an object */
  set(row: number, json: string): void {
    if (row >= this.#mostHeld) this.#json = undefined;
    if (this.#json) this.#json[row] = json;
    this.#rowCount = Math.max(this.#rowCount, row + 1);
    if (this.#columns.size === 0) return;
    const metadata = JSON.parse(json) as Metadata;
    for (const column of this.#columns.values()) {
      column.set(row, metadata);
      column.dropUnused(this.#rowCount);
    }
  }

  /** As JSON; undefined where it is not kept. */
  json(row: number): string | undefined {
    return this.#json?.[row];
  }

  /** The fields of a condition that have no column, where the JSON is not kept; undefined if there are more than can have one. */
  missing(filter: Filter): Path[] | undefined {
    if (this.#json) return [];
    checkFilter(filter);
    const paths = new Map(pathsOf(filter).map((path) => [keyOf(path), path]));
    return paths.size > MOST_COLUMNS
      ? undefined
      : [...paths].flatMap(([key, path]) => (this.#columns.has(key) ? [] : [path]));
  }

  /** Makes columns of fields: `set` is called for each row that has metadata, then `finish`. */
  fill(paths: readonly Path[]): ColumnFiller {
    const columns = paths.map((path) => new Column(path));
    return {
      set(row, json) {
        if (json === '{}') return;
        const metadata = JSON.parse(json) as Metadata;
        for (const column of columns) column.set(row, metadata);
      },
      finish: () => {
        for (const [i, path] of paths.entries()) {
          if (this.#columns.size >= MOST_COLUMNS) this.#columns.delete(this.#columns.keys().next().value!);
          this.#columns.set(keyOf(path), columns[i]);
        }
      },
    };
  }

  /** The rows that fulfil a condition; those that are not set count as without fields. */
  select(filter: Filter): BitSet {
    checkFilter(filter);
    return this.#select(filter);
  }

  #select(filter: Filter): BitSet {
    switch (filter.kind) {
      case 'and': {
        const all = new BitSet(this.#rowCount).not();
        for (const part of filter.parts) all.and(this.#select(part));
        return all;
      }
      case 'or': {
        const any = new BitSet(this.#rowCount);
        const { equal, others } = groupEqual(filter.parts);
        for (const { path, values } of equal) {
          const wanted = new Set<JsonValue | undefined>(values);
          any.or(this.#rowsWhere(path, (value) => wanted.has(value)));
        }
        for (const part of others) any.or(this.#select(part));
        return any;
      }
      case 'not':
        return this.#select(filter.part).not();
      case 'exists':
        return this.#rowsWhere(filter.path, (value) => value !== undefined);
      case 'compare':
        return this.#rowsWhere(filter.path, comparison(filter.operator, filter.value));
    }
  }

  #rowsWhere(path: Path, holds: (value: JsonValue | undefined) => boolean): BitSet {
    const key = keyOf(path);
    if (!this.#columns.has(key)) {
      if (!this.#json) throw new Error(`The field ${key} has no column`);
      const filler = this.fill([path]);
      for (const [row, json] of this.#json.entries()) if (json !== undefined) filler.set(row, json);
      filler.finish();
    }
    return this.#columns.get(key)!.rowsWhere(holds, this.#rowCount);
  }
}

const keyOf = (path: Path): string => JSON.stringify(path);

function pathsOf(filter: Filter): Path[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.flatMap(pathsOf);
    case 'not':
      return pathsOf(filter.part);
    default:
      return [filter.path];
  }
}

class Column {
  readonly #path: readonly string[];
  /** Of each row the number of its value; 0 where it has none. */
  #numbers: WholeNumbers = new Uint8Array(0);
  #values: (JsonValue | undefined)[] = [undefined];
  readonly #scalars = new Map<JsonValue, number>();
  /** Of arrays and objects, by their JSON. */
  readonly #others = new Map<string, number>();

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  set(row: number, metadata: Metadata): void {
    const number = this.#numberOf(valueAt(metadata, this.#path));
    if (number === 0 && row >= this.#numbers.length) return;
    this.#numbers = withRoomFor(this.#numbers, row, number);
    this.#numbers[row] = number;
  }

  /** Gives up the values that no row has any more, where they are many. */
  dropUnused(rowCount: number): void {
    if (this.#values.length <= 2 * rowCount + 1024) return;
    const before = this.#values;
    this.#values = [undefined];
    this.#scalars.clear();
    this.#others.clear();
    for (let row = 0; row < this.#numbers.length; row++)
      this.#numbers[row] = this.#numberOf(before[this.#numbers[row]]);
  }

  rowsWhere(holds: (value: JsonValue | undefined) => boolean, rows: number): BitSet {
    const answers = new Uint8Array(this.#values.length);
    for (let i = 0; i < answers.length; i++) if (holds(this.#values[i])) answers[i] = 1;
    const found = new BitSet(rows);
    const known = Math.min(rows, this.#numbers.length);
    for (let row = 0; row < known; row++) if (answers[this.#numbers[row]] === 1) found.add(row);
    if (answers[0] === 1) for (let row = known; row < rows; row++) found.add(row);
    return found;
  }

  #numberOf(value: JsonValue | undefined): number {
    if (value === undefined) return 0;
    const isScalar = typeof value !== 'object' || value === null;
    const key = isScalar ? value : JSON.stringify(value);
    const numbers: Map<JsonValue, number> = isScalar ? this.#scalars : this.#others;
    const there = numbers.get(key);
    if (there !== undefined) return there;
    const number = this.#values.push(value) - 1;
    numbers.set(key, number);
    return number;
  }
}
