import { closedError } from './check-texts.ts';
import { copyMetadata } from './metadata.ts';
import type {
  EncodedText,
  ListOptions,
  ModelIdentity,
  SearchKind,
  TextStore,
  VectorQuery,
  WordQuery,
} from './text-store.ts';
import { VectorTable } from './vector-table.ts';

/**
 * A store with all its vectors and metadata in memory, so that the search is exact and takes a scan; texts stay where they
 * are. What another process changes in the store is not seen.
 */
export class CachedTextStore implements TextStore {
  readonly #inner: TextStore;
  readonly #vectors: VectorTable;
  #closed = false;

  private constructor(inner: TextStore, vectors: VectorTable) {
    this.#inner = inner;
    this.#vectors = vectors;
  }

  /** Reads all vectors: 4 bytes a dimension, twice, one for the scan, and the metadata. */
  static async load(inner: TextStore): Promise<CachedTextStore> {
    const vectors = new VectorTable();
    for await (const entry of inner.vectors()) vectors.set(entry);
    return new CachedTextStore(inner, vectors);
  }

  get model(): ModelIdentity | undefined {
    return this.#inner.model;
  }

  claim(model: ModelIdentity) {
    return this.#inner.claim(model);
  }

  async put(texts: readonly EncodedText[]) {
    const result = await this.#inner.put(texts);
    for (const { id, vector, metadata = {} } of texts)
      this.#vectors.set({ id, vector: vector?.slice(), metadata: copyMetadata(metadata) });
    return result;
  }

  async delete(ids: readonly string[]) {
    const deleted = await this.#inner.delete(ids);
    for (const id of ids) this.#vectors.delete(id);
    return deleted;
  }

  get(ids: readonly string[]) {
    return this.#inner.get(ids);
  }

  list(options?: ListOptions) {
    return this.#inner.list(options);
  }

  async count() {
    this.#checkOpen();
    return this.#vectors.size;
  }

  async searchVectors(query: VectorQuery) {
    this.#checkOpen();
    return this.#vectors.search(query);
  }

  searchWords(query: WordQuery) {
    return this.#inner.searchWords(query);
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

  close() {
    this.#closed = true;
    return this.#inner.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}
