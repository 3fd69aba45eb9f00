import { Bm25Index } from '../search/bm25-index.ts';
import type { ScoredItem } from '../search/rank-fusion.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { checkModel, checkQuestion, checkTexts, closedError } from './check-texts.ts';
import { compileFilter } from './filter.ts';
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
}

/** Keeps texts in memory: gone when the program ends. What is given and what is handed out are copies. */
export class MemoryTextStore implements TextStore {
  #model: ModelIdentity | undefined;
  readonly #texts = new Map<string, KeptText>();
  readonly #vectors = new VectorTable();
  #words: { ids: string[]; index: Bm25Index } | undefined;
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
      this.#texts.set(id, { text, metadata, tokens: [...tokens] });
      this.#vectors.set({ id, vector: vector?.slice(), metadata });
    }
    this.#words = undefined;
    return { added, updated };
  }

  async delete(ids: readonly string[]): Promise<number> {
    this.#checkOpen();
    let deleted = 0;
    for (const id of ids) {
      if (this.#texts.delete(id)) deleted++;
      this.#vectors.delete(id);
    }
    this.#words = undefined;
    return deleted;
  }

  async get(ids: readonly string[]): Promise<Required<TextRecord>[]> {
    this.#checkOpen();
    return [...new Set(ids)].flatMap((id) => this.#record(id));
  }

  async list({ after, count = 100, where }: ListOptions = {}): Promise<Required<TextRecord>[]> {
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
    if (!this.#words) {
      const texts = [...this.#texts];
      this.#words = { ids: texts.map(([id]) => id), index: new Bm25Index(texts.map(([, text]) => text.tokens)) };
    }
    const { ids, index } = this.#words;
    const matches = where && compileFilter(where);
    return index
      .search(tokens, { count: matches ? Math.max(1, this.#texts.size) : count })
      .map(({ row, score }) => ({ item: ids[row], score }))
      .filter(({ item }) => !matches || matches(this.#texts.get(item)!.metadata))
      .slice(0, count);
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

  #record(id: string): Required<TextRecord>[] {
    const found = this.#texts.get(id);
    return found ? [{ id, text: found.text, metadata: copyMetadata(found.metadata) }] : [];
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}
