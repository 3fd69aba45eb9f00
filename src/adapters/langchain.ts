// `wordkin/langchain`: for LangChain.js; it needs the package @langchain/core.
import { Document, type DocumentInterface } from '@langchain/core/documents';
import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings';
import { VectorStore } from '@langchain/core/vectorstores';
import { normalized, vectorNorm } from '../math/vector-operations.ts';
import { checkEncoder, type SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkIndex } from '../store/check-index.ts';
import { ConditionTeller } from '../store/condition-notes.ts';
import { type Filter, parseFilter } from '../store/filter.ts';
import type { Metadata } from '../store/metadata.ts';
import type { TextIndex } from '../store/text-index.ts';
import type { TextRecord } from '../store/text-store.ts';
import { ANY_VALUE, checkOptions, checkTexts, FUNCTION, OBJECT, type OptionRules } from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { showValue } from '../text/show-value.ts';
import { checkDimensions } from './check-dimensions.ts';

/** What makes the vectors. */
export interface WordkinEmbeddingsOptions extends EmbeddingsParams {
  readonly encoder: SentenceEncoder;
  /** Only the first so many dimensions; all if omitted. */
  readonly dimensions?: number | undefined;
}

const EMBEDDINGS_RULES: OptionRules<WordkinEmbeddingsOptions> = {
  encoder: OBJECT,
  dimensions: ANY_VALUE, // see checkDimensions
  maxConcurrency: ANY_VALUE, // LangChain's own
  maxRetries: ANY_VALUE,
  onFailedAttempt: ANY_VALUE,
};

/**
 * Vectors of texts by a model of words, in this process: nothing is sent anywhere. They have length 1, as those of most embeddings, so that stores that
 * compare by the dot product or by distance rank as by cosine; a text without a known word has zeros.
 */
export class WordkinEmbeddings extends Embeddings {
  readonly encoder: SentenceEncoder;
  readonly dimensions: number | undefined;

  /** @throws RangeError for dimensions that the model has not */
  constructor(options: WordkinEmbeddingsOptions) {
    const { encoder, dimensions, ...params } = options ?? {};
    checkEncoder(encoder);
    checkOptions<WordkinEmbeddingsOptions>(options, EMBEDDINGS_RULES);
    super(params);
    this.encoder = encoder;
    this.dimensions = checkDimensions(dimensions, encoder.dimensions);
  }

  override async embedDocuments(documents: string[]): Promise<number[][]> {
    checkTexts('documents', documents);
    return documents.map((text) => this.#embed(text));
  }

  override async embedQuery(document: string): Promise<number[]> {
    return this.#embed(document);
  }

  #embed(text: string): number[] {
    const { vector } = this.encoder.encode(text);
    return Array.from(normalized(vector.subarray(0, this.dimensions)));
  }
}

/** How documents are added. */
interface DocumentOptions {
  readonly ids?: readonly string[];
}

const DOCUMENT_RULES: OptionRules<DocumentOptions> = { ids: ANY_VALUE }; // see toRecords

/** A condition on metadata: as text, or as `parseFilter` gives it. */
export type WordkinFilter = string | Filter;

/** What a `WordkinVectorStore` is made of. */
export interface WordkinVectorStoreOptions {
  readonly index: TextIndex;
  /** Gets sentences about filters that may not say what is meant, as that of `TextSearchOptions`; if omitted they are warnings. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** The texts of a `TextIndex` as documents. Scores are cosine similarities. */
export class WordkinVectorStore extends VectorStore {
  declare FilterType: WordkinFilter;
  readonly index: TextIndex;
  readonly #onNote: WordkinVectorStoreOptions['onNote'];
  readonly #filters: ConditionTeller;

  /** @throws TypeError for what is no `TextIndex`; RangeError for an option that is none */
  constructor(options: WordkinVectorStoreOptions) {
    const { index, onNote } = options ?? {};
    checkIndex(index);
    checkOptions<WordkinVectorStoreOptions>(options, { index: OBJECT, onNote: FUNCTION });
    super(new WordkinEmbeddings({ encoder: index.encoder }), { index });
    this.index = index;
    this.#onNote = onNote;
    this.#filters = new ConditionTeller(index.store, 'the filter');
  }

  override _vectorstoreType(): string {
    return 'wordkin';
  }

  /**
   * Adds documents, and replaces those of the same id; of two with one id the later one counts.
   *
   * @param options - `ids`, one a document; if omitted those of the documents, otherwise new ones
   * @throws TypeError for what are no documents; RangeError for one that cannot be stored as it is
   */
  override async addDocuments(
    documents: DocumentInterface[],
    options: { readonly ids?: readonly string[] } = {},
  ): Promise<string[]> {
    checkOptions(options ?? {}, DOCUMENT_RULES);
    const records = toRecords(documents, options?.ids);
    await this.index.add(records);
    return records.map(({ id }) => id);
  }

  /**
   * As `addDocuments`, with vectors that were made before by the same model. They are stored as they are: for searches by Euclidean distance, which a
   * `TextIndex` can do, too, take those of `encoder.encode`, not of `WordkinEmbeddings`.
   *
   * @throws RangeError for vectors that are not as many, of another length, or hold other than finite numbers
   */
  override async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    options: { readonly ids?: readonly string[] } = {},
  ): Promise<string[]> {
    const { store, encoder } = this.index;
    checkOptions(options ?? {}, DOCUMENT_RULES);
    const records = toRecords(documents, options?.ids);
    checkArray('vectors', vectors);
    if (vectors.length !== documents.length)
      throw new RangeError(
        `Cannot add ${counted(documents.length, 'document')} with ${counted(vectors.length, 'vector')}: give one a document`,
      );
    for (const vector of vectors) checkVector(vector, encoder.dimensions);
    await store.put(
      records.map((record, i) => {
        const vector = Float32Array.from(vectors[i]);
        const tokens = encoder.tokenizer.tokenize(record.text);
        return { ...record, tokens, ...(vectorNorm(vector) > 0 && { vector }) };
      }),
    );
    return records.map(({ id }) => id);
  }

  /** Deletes documents by their ids; those that are not there are passed over. */
  override async delete(given: { readonly ids: readonly string[] }): Promise<void> {
    const ids = given?.ids;
    if (!Array.isArray(ids)) throw new TypeError('Cannot delete documents: give { ids: […] }');
    await this.index.delete(ids);
  }

  /** @throws SyntaxError for a filter that cannot be read; RangeError for a vector of another length or with other than finite numbers */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: WordkinFilter,
  ): Promise<[DocumentInterface, number][]> {
    checkVector(query, this.index.encoder.dimensions);
    const vector = Float32Array.from(query);
    if (vectorNorm(vector) === 0) return []; // a question without a word that the model knows
    const where = typeof filter === 'string' ? parseFilter(filter) : filter;
    const { store } = this.index;
    const hits = await store.searchVectors({ vector, metric: 'cosine', count: k, where });
    await this.#filters.tell(where, hits.length, this.#onNote);
    const texts = new Map((await store.get(hits.map(({ id }) => id))).map((text) => [text.id, text]));
    return hits.flatMap(({ id, value }) => {
      const found = texts.get(id);
      if (!found) return []; // deleted meanwhile
      return [[new Document({ id, pageContent: found.text, metadata: found.metadata }), value]];
    });
  }

  /**
   * A store of texts, added with new ids to the index.
   *
   * @param metadatas - one a text, or one for all
   * @throws RangeError where there are not as many
   */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    _embeddings: Embeddings,
    config: WordkinVectorStoreOptions,
  ): Promise<WordkinVectorStore> {
    checkTexts('texts', texts);
    if (Array.isArray(metadatas) && metadatas.length !== texts.length)
      throw new RangeError(
        `Cannot add ${counted(texts.length, 'text')} with ${counted(metadatas.length, 'metadata')}: give one a text`,
      );
    const documents = texts.map((pageContent, i) => {
      const metadata = (Array.isArray(metadatas) ? metadatas[i] : metadatas) as Record<string, unknown>;
      return new Document({ pageContent, metadata });
    });
    return WordkinVectorStore.fromDocuments(documents, _embeddings, config);
  }

  /** A store of documents, added to the index; its encoder makes the vectors, whatever `_embeddings` are. */
  static override async fromDocuments(
    documents: DocumentInterface[],
    _embeddings: Embeddings,
    config: WordkinVectorStoreOptions,
  ): Promise<WordkinVectorStore> {
    const store = new WordkinVectorStore(config);
    await store.addDocuments(documents);
    return store;
  }
}

function toRecords(documents: readonly DocumentInterface[], ids: readonly string[] | undefined): TextRecord[] {
  checkArray('documents', documents);
  if (ids !== undefined) {
    checkArray('ids', ids);
    if (ids.length !== documents.length)
      throw new RangeError(
        `Cannot add ${counted(documents.length, 'document')} under ${counted(ids.length, 'id')}: give one a document`,
      );
  }
  return documents.map((document: DocumentInterface | null | undefined, i) => {
    const { id, pageContent, metadata = {} } = document ?? {};
    if (typeof pageContent !== 'string')
      throw new TypeError(`Document ${i} must have its text as "pageContent", got ${showValue(document)}`);
    if (typeof metadata !== 'object' || Array.isArray(metadata))
      throw new RangeError(`The metadata of document ${i} must be an object, got ${showValue(metadata)}`);
    // Loaders leave fields undefined, which JSON has not.
    const fields = Object.entries(metadata ?? {}).filter(([, value]) => value !== undefined);
    return {
      id: ids?.[i] ?? id ?? crypto.randomUUID(),
      text: pageContent,
      metadata: Object.fromEntries(fields) as Metadata,
    };
  });
}

function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" must be an array, got ${showValue(value)}`);
}

function checkVector(vector: unknown, dimensions: number): void {
  const isVector = Array.isArray(vector) && vector.length === dimensions;
  if (isVector && vector.every((value) => typeof value === 'number' && Number.isFinite(Math.fround(value)))) return;
  throw new RangeError(
    `A vector must have ${dimensions} finite numbers, as the model has dimensions, got ${showValue(vector)}`,
  );
}
