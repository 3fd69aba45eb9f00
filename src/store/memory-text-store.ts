import { Bm25Index } from '../search/bm25-index.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { matchesFilter } from './filter.ts';
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

/** Keeps texts in memory: gone when the program ends. */
export class MemoryTextStore implements TextStore {
  #model: ModelIdentity | undefined;
  readonly #texts = new Map<string, EncodedText>();
  readonly #vectors = new VectorTable();
  #words: { ids: string[]; index: Bm25Index } | undefined;

  get model(): ModelIdentity | undefined {
    return this.#model;
  }

  async claim(model: ModelIdentity): Promise<void> {
    this.#model = model;
  }

  async put(texts: readonly EncodedText[]): Promise<{ added: number; updated: number }> {
    let [added, updated] = [0, 0];
    for (const text of texts) {
      const before = this.#texts.get(text.id);
      const { vector, metadata = {} } = text;
      if (!before) added++;
      else if (before.text !== text.text || JSON.stringify(before.metadata ?? {}) !== JSON.stringify(metadata))
        updated++;
      this.#texts.set(text.id, text);
      this.#vectors.set({ id: text.id, vector, metadata });
    }
    this.#words = undefined;
    return { added, updated };
  }

  async delete(ids: readonly string[]): Promise<number> {
    let deleted = 0;
    for (const id of ids) {
      if (this.#texts.delete(id)) deleted++;
      this.#vectors.delete(id);
    }
    this.#words = undefined;
    return deleted;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    return ids.flatMap((id) => {
      const text = this.#texts.get(id);
      return text ? [recordOf(text)] : [];
    });
  }

  async list({ after, count = 100, where }: ListOptions = {}): Promise<Required<TextRecord>[]> {
    return [...this.#texts.values()]
      .map(recordOf)
      .filter(
        ({ id, metadata }) =>
          (after === undefined || compareUtf8(id, after) > 0) && (!where || matchesFilter(where, metadata)),
      )
      .sort((a, b) => compareUtf8(a.id, b.id))
      .slice(0, count);
  }

  async count(): Promise<number> {
    return this.#texts.size;
  }

  async searchVectors(query: VectorQuery): Promise<VectorHit[]> {
    return this.#vectors.search(query);
  }

  async searchWords({ tokens, count, where }: WordQuery): Promise<ScoredItem<string>[]> {
    if (!this.#words) {
      const texts = [...this.#texts.values()];
      this.#words = { ids: texts.map(({ id }) => id), index: new Bm25Index(texts.map((text) => text.tokens)) };
    }
    const { ids, index } = this.#words;
    return index
      .search(tokens, { count: where ? this.#texts.size : count })
      .map(({ row, score }) => ({ item: ids[row], score }))
      .filter(({ item }) => !where || matchesFilter(where, this.#texts.get(item)!.metadata ?? {}))
      .slice(0, count);
  }

  async *vectors() {
    yield* this.#vectors.values();
  }

  async optimize(): Promise<SearchKind> {
    return 'exact';
  }

  async close(): Promise<void> {}
}

function recordOf({ id, text, metadata = {} }: EncodedText): Required<TextRecord> {
  return { id, text, metadata };
}
