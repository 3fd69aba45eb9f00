import { Bm25Index } from '../search/bm25-index.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import { checkOptions } from '../text/check-options.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { checkIds, checkModel, checkQuestion, checkTexts, closedError, LIST_RULES } from './check-texts.ts';
import { compileFilter, type Filter } from './filter.ts';
import { copyMetadata, type Metadata, sameJson } from './metadata.ts';
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
} from './text-store.ts';
import { VectorTable } from './vector-table.ts';

interface KeptText {
  readonly text: string;
  readonly metadata: Metadata;
  readonly tokens: readonly string[];
  /** Of the index of words. */
  readonly row: number;
}

/** Keeps texts in memory: gone when the program ends. What is given and what is handed out are copies. */
export class MemoryTextStore implements TextStore {
  #model: ModelIdentity | undefined;
  readonly #texts = new Map<string, KeptText>();
  readonly #vectors = new VectorTable();
  readonly #words = new Bm25Index();
  /** Ids by the rows of the index of words. */
  readonly #ids: string[] = [];
  #closed = false;

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
      const metadata = copyMetadata(given);
      const before = this.#texts.get(id);
      if (!before) added++;
      else if (before.text !== text || !sameJson(before.metadata, metadata)) updated++;
      if (before) this.#words.delete(before.row, before.tokens);
      const kept = { text, metadata, tokens: [...tokens], row: this.#words.add(tokens) };
      this.#ids[kept.row] = id;
      this.#texts.set(id, kept);
      this.#vectors.set({ id, vector: vector?.slice(), metadata });
    }
    return { added, updated };
  }

  async delete(ids: readonly string[]): Promise<number> {
    this.#checkOpen();
    checkIds(ids);
    let deleted = 0;
    for (const id of ids) {
      const before = this.#texts.get(id);
      if (!before) continue;
      this.#words.delete(before.row, before.tokens);
      this.#texts.delete(id);
      this.#vectors.delete(id);
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
    const matches = where && compileFilter(where);
    return [...this.#texts]
      .filter(
        ([id, { metadata }]) => (after === undefined || compareUtf8(id, after) > 0) && (!matches || matches(metadata)),
      )
      .map(([id]) => id)
      .sort(compareUtf8)
      .slice(0, count)
      .flatMap((id) => this.#record(id));
  }

  async count(): Promise<number> {
    this.#checkOpen();
    return this.#texts.size;
  }

  async searchVectors(query: VectorQuery): Promise<VectorHit[]> {
    this.#checkOpen();
    return this.#vectors.search(query);
  }

  async searchWords({ tokens, count, where }: WordQuery): Promise<ScoredItem<string>[]> {
    this.#checkOpen();
    checkQuestion({ count, where });
    const rows = where && this.#rowsWith(where);
    return this.#words.search(tokens, { count, rows }).map(({ row, score }) => ({ item: this.#ids[row], score }));
  }

  async *vectors() {
    this.#checkOpen();
    for (const { id, vector, metadata } of this.#vectors.values())
      yield { id, vector: vector?.slice(), metadata: copyMetadata(metadata) };
  }

  async optimize(): Promise<SearchKind> {
    this.#checkOpen();
    return 'exact';
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** The rows whose metadata fulfil a condition, each asked at most once. */
  #rowsWith(where: Filter): { has(row: number): boolean } {
    const matches = compileFilter(where);
    const answers = new Uint8Array(this.#ids.length); // 1 yes, 2 no, 0 not asked yet
    return {
      has: (row) => {
        if (answers[row] === 0) answers[row] = matches(this.#texts.get(this.#ids[row])!.metadata) ? 1 : 2;
        return answers[row] === 1;
      },
    };
  }

  #record(id: string): Required<TextRecord>[] {
    const found = this.#texts.get(id);
    return found ? [{ id, text: found.text, metadata: copyMetadata(found.metadata) }] : [];
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}
