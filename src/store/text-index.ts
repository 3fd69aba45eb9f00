import { fuseRankings } from '../search/rank-fusion.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkText } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { CachedTextStore } from './cached-text-store.ts';
import { type Filter, parseFilter } from './filter.ts';
import { identifyModel } from './model-identity.ts';
import type { EncodedText, ListOptions, Metadata, Metric, SearchKind, TextRecord, TextStore } from './text-store.ts';

export interface AddProgress {
  /** Texts that are durable. */
  readonly texts: number;
  readonly added: number;
  readonly updated: number;
  /** Texts without a word that the model knows. */
  readonly withoutWords: number;
}

export interface AddOptions {
  /** Texts in a transaction; 1,000 if absent. */
  readonly batchSize?: number | undefined;
  /** After each transaction. */
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TextSearchOptions {
  /** Most hits wanted; 10 if absent. */
  readonly count?: number | undefined;
  /** `cosine` if absent. */
  readonly metric?: Metric | undefined;
  /** A condition on metadata, such as `lang = "zh" and year >= 2020`, or as `parseFilter` gives it. */
  readonly where?: string | Filter | undefined;
  /** Also by words, see `fuseRankings`. */
  readonly hybrid?: boolean | undefined;
}

export interface TextHit {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  /** Cosine similarity, −1 to 1; absent with Euclidean distance, and where a hybrid search found it by its words alone. */
  readonly similarity?: number;
  /** Euclidean distance, if that was asked for. */
  readonly distance?: number;
  /** Of a hybrid search: the larger the better. */
  readonly score?: number;
}

const MOST_ID_BYTES = 2_000;
/** Hits of either ranking that a hybrid search joins. */
const FUSED = 100;
/** Characters of text in a transaction, so that long texts do not fill the memory. */
const BATCH_CHARACTERS = 4_000_000;

/** Texts in a store, found by meaning: an encoder and a store that belong together. */
export class TextIndex {
  readonly encoder: SentenceEncoder;
  readonly store: TextStore;

  private constructor(encoder: SentenceEncoder, store: TextStore) {
    this.encoder = encoder;
    this.store = store;
  }

  /**
   * Binds a store to the model that fills it.
   *
   * @param inMemory - read all vectors first: then the search is exact and takes a scan in memory
   * @throws Error if another model has filled the store
   */
  static async open(encoder: SentenceEncoder, store: TextStore, { inMemory = false } = {}): Promise<TextIndex> {
    if (typeof encoder?.encodeTokens !== 'function')
      throw new TypeError(
        `"encoder" must be a sentence encoder, as createSentenceEncoder makes it, got ${showValue(encoder)}`,
      );
    if (typeof store?.claim !== 'function')
      throw new TypeError(`"store" must be a store of texts, as openTextStore opens it, got ${showValue(store)}`);
    const identity = await identifyModel(encoder);
    const { model } = store;
    if (model && model.fingerprint !== identity.fingerprint) {
      throw new Error(
        `Cannot use this store with this model: it was filled by another (${model.description}), this one is ${identity.description}; search with that model, or fill a new store with this one`,
      );
    }
    if (!model) await store.claim(identity);
    return new TextIndex(encoder, inMemory ? await CachedTextStore.load(store) : store);
  }

  /**
   * Adds texts and replaces those of the same id, in transactions: what `onProgress` has told is durable. Running it again with
   * the same texts changes nothing.
   *
   * @throws RangeError for a text that cannot be stored; those before it are
   */
  async add(texts: Iterable<TextRecord> | AsyncIterable<TextRecord>, options: AddOptions = {}): Promise<AddProgress> {
    const { batchSize = 1000, onProgress, signal } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new RangeError(`"batchSize" must be at least 1, got ${batchSize}`);
    if (typeof texts !== 'object' || texts === null || !(Symbol.iterator in texts || Symbol.asyncIterator in texts))
      throw new TypeError(`"texts" must be an array or another iterable of { id, text }, got ${showValue(texts)}`);
    let progress: AddProgress = { texts: 0, added: 0, updated: 0, withoutWords: 0 };
    let batch = new Map<string, EncodedText>();
    let characters = 0;
    const flush = async () => {
      if (batch.size === 0) return;
      const encoded = [...batch.values()];
      const { added, updated } = await this.store.put(encoded);
      progress = {
        texts: progress.texts + encoded.length,
        added: progress.added + added,
        updated: progress.updated + updated,
        withoutWords: progress.withoutWords + encoded.filter(({ vector }) => !vector).length,
      };
      batch = new Map();
      characters = 0;
      onProgress?.(progress);
    };
    try {
      for await (const record of texts) {
        signal?.throwIfAborted();
        checkRecord(record);
        batch.set(record.id, this.#encode(record));
        characters += record.text.length;
        if (batch.size >= batchSize || characters >= BATCH_CHARACTERS) await flush();
      }
    } catch (error) {
      await flush(); // what came before is kept
      throw error;
    }
    await flush();
    return progress;
  }

  #encode(record: TextRecord): EncodedText {
    const tokens = this.encoder.tokenizer.tokenize(record.text);
    const { vector, knownTokens } = this.encoder.encodeTokens(tokens);
    return { ...record, tokens, ...(knownTokens > 0 && { vector }) };
  }

  /**
   * The texts nearest to a question. Without a known word in it none is found by vectors.
   *
   * @throws SyntaxError for a filter that cannot be read
   */
  async search(question: string, options: TextSearchOptions = {}): Promise<TextHit[]> {
    const { count = 10, metric = 'cosine', hybrid = false } = options;
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`"count" must be an integer of at least 1, got ${count}`);
    checkText('question', question);
    const where = typeof options.where === 'string' ? parseFilter(options.where) : options.where;
    const tokens = this.encoder.tokenizer.tokenize(question);
    const { vector, knownTokens } = this.encoder.encodeTokens(tokens);
    const breadth = hybrid ? Math.max(FUSED, count) : count;
    const byVector = knownTokens > 0 ? await this.store.searchVectors({ vector, metric, count: breadth, where }) : [];
    const values = new Map(byVector.map(({ id, value }) => [id, value]));
    let ranking: { item: string; score?: number }[] = byVector.map(({ id }) => ({ item: id }));
    if (hybrid) {
      const byWord = await this.store.searchWords({ tokens, count: breadth, where });
      ranking = fuseRankings(byWord, [...values.keys()]).slice(0, count);
    }
    const texts = new Map((await this.store.get(ranking.map(({ item }) => item))).map((text) => [text.id, text]));
    return ranking.flatMap(({ item, score }) => {
      const text = texts.get(item);
      const value = values.get(item);
      const nearness = value === undefined ? {} : metric === 'cosine' ? { similarity: value } : { distance: value };
      return text ? [{ ...text, ...nearness, ...(score !== undefined && { score }) }] : []; // it may just have been deleted
    });
  }

  delete(ids: readonly string[]): Promise<number> {
    return this.store.delete(ids);
  }

  list(options?: ListOptions): Promise<Required<TextRecord>[]> {
    return this.store.list(options);
  }

  count(): Promise<number> {
    return this.store.count();
  }

  /** After many texts were added: builds an index where there are enough for one. */
  optimize(): Promise<SearchKind> {
    return this.store.optimize();
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

/** What a store can give back as it was. */
function checkRecord({ id, text, metadata }: TextRecord): void {
  const shown = JSON.stringify(id)?.slice(0, 60);
  if (typeof id !== 'string' || id === '')
    throw new RangeError(`A text's id must be a string that is not empty, got ${shown}`);
  if (new TextEncoder().encode(id).length > MOST_ID_BYTES)
    throw new RangeError(
      `The id ${shown}… is too long: ${id.length} characters, at most ${MOST_ID_BYTES} bytes of UTF-8`,
    );
  if (typeof text !== 'string') throw new TypeError(`The text of ${shown} must be a string, got ${typeof text}`);
  const parts: [string, string][] = [
    ['id', id],
    ['text', text],
    ['metadata', metadata === undefined ? '{}' : JSON.stringify(metadata)],
  ];
  for (const [name, value] of parts) {
    if (value.includes('\0') || (name === 'metadata' && value.includes('\\u0000')))
      throw new RangeError(`The ${name} of ${shown} holds a NUL character, which cannot be stored; remove it`);
    if (!isWellFormed(value))
      throw new RangeError(`The ${name} of ${shown} holds half of a surrogate pair, which is no text; remove it`);
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)))
    throw new TypeError(`The metadata of ${shown} must be an object, got ${JSON.stringify(metadata).slice(0, 40)}`);
}

function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
