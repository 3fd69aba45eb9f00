import type { ScoredItem } from '../search/rank-fusion.ts';
import { WordNumbers } from '../search/word-numbers.ts';
import { checkOptions, checkTextArray } from '../text/check-options.ts';
import { compareUtf8 } from '../text/utf8.ts';
import {
  checkIds,
  checkIsQuestion,
  checkModel,
  checkQuestion,
  checkTexts,
  checkWordQuery,
  closedError,
  LIST_RULES,
} from './check-texts.ts';
import { type Metadata, sameJson } from './metadata.ts';
import { SCAN_RULES, type ScanOptions } from './store-options.ts';
import type {
  EncodedText,
  ListOptions,
  ModelIdentity,
  SearchKind,
  TextRecord,
  TextStore,
  VectorHit,
  VectorQuery,
  WordQuery,
  WordScore,
} from './text-store.ts';
import { TextTable } from './text-table.ts';
import { isIndexable } from './words.ts';

/** Keeps texts in memory: gone when the program ends. What is given and what is handed out are copies. */
export class MemoryTextStore implements TextStore {
  #model: ModelIdentity | undefined;
  readonly #table: TextTable;
  /** By the rows of the table. */
  readonly #texts: (string | undefined)[] = [];
  readonly #wordNumbers = new WordNumbers();
  /** All ids in the order of their bytes; undefined after one was added or deleted. */
  #sortedIds: string[] | undefined;
  #closed = false;

  constructor(options: ScanOptions = {}) {
    checkOptions(options, SCAN_RULES);
    this.#table = new TextTable(options);
  }

  get model(): ModelIdentity | undefined {
    return this.#model;
  }

  async claim(model: ModelIdentity): Promise<void> {
    this.#checkOpen();
    checkModel(this.#model, model);
    this.#model = { ...model };
  }

  async put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }> {
    this.#checkOpen();
    let [added, updated] = [0, 0];
    for (const { id, text, tokens, vector, metadata: given = {} } of checkTexts(texts, this.#model)) {
      const metadata = JSON.stringify(given);
      const before = this.#table.row(id);
      if (before === undefined) {
        added++;
        this.#sortedIds = undefined;
      } else {
        if (this.#texts[before] === text && this.#hasMetadata(before, metadata)) continue;
        updated++;
      }
      const row = this.#table.set(id, { vector, words: this.#encodeWords(tokens), metadata });
      this.#texts[row] = text;
    }
    return { added, updated };
  }

  async delete(ids: readonly string[]): Promise<number> {
    this.#checkOpen();
    checkIds(ids);
    let deleted = 0;
    for (const id of ids) {
      const row = this.#table.delete(id);
      if (row === undefined) continue;
      this.#texts[row] = undefined;
      this.#sortedIds = undefined;
      deleted++;
    }
    return deleted;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    this.#checkOpen();
    checkIds(ids);
    return [...new Set(ids)].flatMap((id) => this.#record(id));
  }

  async list(options: ListOptions = {}): Promise<Required<TextRecord>[]> {
    checkOptions(options, LIST_RULES);
    const { after, count = 100, where } = options;
    this.#checkOpen();
    checkQuestion({ count, where, after });
    const fulfils = where && this.#table.select(where);
    this.#sortedIds ??= [...this.#table.ids()].sort(compareUtf8);
    const ids = this.#sortedIds;
    const found: string[] = [];
    for (let i = after === undefined ? 0 : firstBehind(ids, after); i < ids.length && found.length < count; i++)
      if (!fulfils || fulfils(ids[i])) found.push(ids[i]);
    return found.flatMap((id) => this.#record(id));
  }

  async count(): Promise<number> {
    this.#checkOpen();
    return this.#table.size;
  }

  async searchVectors(query: VectorQuery): Promise<VectorHit[]> {
    this.#checkOpen();
    checkIsQuestion(query);
    return this.#table.searchVectors(query)!;
  }

  async searchWords(asked: WordQuery): Promise<ScoredItem<string>[]> {
    this.#checkOpen();
    checkWordQuery(asked);
    const { tokens, ...query } = asked;
    return this.#table.searchWords([...this.#wordNumbers.find(tokens).values()], query);
  }

  async explainWords(tokens: readonly string[], ids: readonly string[]): Promise<Map<string, WordScore[]>> {
    this.#checkOpen();
    checkTextArray('tokens', tokens);
    checkIds(ids);
    return this.#table.explainWords(this.#wordNumbers.find(tokens), ids);
  }

  async *vectors() {
    this.#checkOpen();
    for (const id of this.#table.ids()) {
      const row = this.#table.row(id)!;
      yield { id, vector: this.#table.vector(row)?.slice(), metadata: this.#metadata(row) };
    }
  }

  async optimize(): Promise<SearchKind> {
    this.#checkOpen();
    return 'exact';
  }

  async keepInMemory(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#table.close();
  }

  #encodeWords(tokens: readonly string[]): Uint8Array {
    const fresh = new Map<string, number>();
    const words = this.#wordNumbers.encode(tokens, fresh, isIndexable);
    this.#wordNumbers.add(fresh.keys());
    return words;
  }

  #hasMetadata(row: number, json: string): boolean {
    return this.#table.metadata(row) === json || sameJson(this.#metadata(row), JSON.parse(json) as Metadata);
  }

  #metadata(row: number): Metadata {
    return JSON.parse(this.#table.metadata(row)!) as Metadata;
  }

  #record(id: string): Required<TextRecord>[] {
    const row = this.#table.row(id);
    return row === undefined ? [] : [{ id, text: this.#texts[row]!, metadata: this.#metadata(row) }];
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

/** Place of the first id that comes behind another. */
function firstBehind(ids: readonly string[], after: string): number {
  let [begin, end] = [0, ids.length];
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (compareUtf8(ids[middle], after) <= 0) begin = middle + 1;
    else end = middle;
  }
  return begin;
}
