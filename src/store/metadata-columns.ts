import { BitSet } from '../search/bit-set.ts';
import { checkFilter, comparison, type Filter, groupEqual, valueAt } from './filter.ts';
import type { JsonValue, Metadata } from './metadata.ts';

/** So many fields have a column at once; beyond it the oldest is given up. */
const MOST_COLUMNS = 64;

/**
 * The metadata of texts, by row, as JSON; and of each field that was asked for a column with a number for each row that tells
 * which value it has, so that a condition looks at each different value once, not at each text.
 */
export class MetadataColumns {
  readonly #json: (string | undefined)[] = [];
  readonly #columns = new Map<string, Column>();

  /** @param json - of an object */
  set(row: number, json: string): void {
    this.#json[row] = json;
    if (this.#columns.size === 0) return;
    const metadata = JSON.parse(json) as Metadata;
    for (const [key, column] of this.#columns) {
      column.set(row, metadata);
      if (column.isWasteful(this.#json.length)) this.#columns.delete(key);
    }
  }

  /** As JSON. */
  json(row: number): string | undefined {
    return this.#json[row];
  }

  /** The rows that fulfil a condition; those that are not set count as without fields. */
  select(filter: Filter): BitSet {
    checkFilter(filter);
    return this.#select(filter);
  }

  #select(filter: Filter): BitSet {
    switch (filter.kind) {
      case 'and': {
        const all = new BitSet(this.#json.length).not();
        for (const part of filter.parts) all.and(this.#select(part));
        return all;
      }
      case 'or': {
        const any = new BitSet(this.#json.length);
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

  #rowsWhere(path: readonly string[], holds: (value: JsonValue | undefined) => boolean): BitSet {
    const key = JSON.stringify(path);
    const there = this.#columns.get(key);
    if (there) return there.rowsWhere(holds, this.#json.length);
    const column = new Column(path);
    this.#json.forEach((json, row) => {
      if (json !== undefined && json !== '{}') column.set(row, JSON.parse(json) as Metadata);
    });
    if (this.#columns.size >= MOST_COLUMNS) this.#columns.delete(this.#columns.keys().next().value!);
    this.#columns.set(key, column);
    return column.rowsWhere(holds, this.#json.length);
  }
}

class Column {
  readonly #path: readonly string[];
  /** Of each row the number of its value; 0 where it has none. */
  #numbers = new Uint32Array(0);
  readonly #values: (JsonValue | undefined)[] = [undefined];
  readonly #scalars = new Map<JsonValue, number>();
  /** Of arrays and objects, by their JSON. */
  readonly #others = new Map<string, number>();

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  set(row: number, metadata: Metadata): void {
    const number = this.#numberOf(valueAt(metadata, this.#path));
    if (row >= this.#numbers.length) {
      if (number === 0) return;
      const larger = new Uint32Array(Math.max(1024, row + 1, Math.ceil(1.5 * this.#numbers.length)));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[row] = number;
  }

  /** Whether it holds many values that no row has any more. */
  isWasteful(rows: number): boolean {
    return this.#values.length > 2 * rows + 1024;
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
