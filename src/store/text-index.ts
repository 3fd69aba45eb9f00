import { METRIC_TRAITS } from '../search/metrics.ts';
import { foldNearDuplicates } from '../search/near-duplicates.ts';
import { fuseRankings } from '../search/rank-fusion.ts';
import { noteUnknownWords } from '../sentences/compare-texts.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkChoice } from '../text/check-choice.ts';
import {
  ANY_VALUE,
  BOOLEAN,
  COUNT,
  checkOptions,
  checkText,
  FUNCTION,
  OBJECT,
  type OptionRule,
  type OptionRules,
  STRING,
} from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { type AddOptions, type AddProgress, addTexts } from './add-texts.ts';
import { checkQuestion, LIST_RULES } from './check-texts.ts';
import { ConditionTeller } from './condition-notes.ts';
import { describeHits } from './describe-hits.ts';
import { type Filter, parseFilter } from './filter.ts';
import { copyMetadata } from './metadata.ts';
import { encoderForStore } from './model-identity.ts';
import type { TextHit } from './text-hit.ts';
import {
  type EncodedText,
  type ListOptions,
  METRICS,
  type Metric,
  type OptimizeOptions,
  type SearchKind,
  TextDataError,
  type TextRecord,
  type TextStore,
} from './text-store.ts';

/** How texts are looked for. */
export interface TextSearchOptions {
  /** Most hits wanted; 10 if omitted. */
  readonly count?: number | undefined;
  /** `cosine` if omitted. */
  readonly metric?: Metric | undefined;
  /** A condition on metadata, such as `lang = "zh" and year >= 2020`, or as `parseFilter` gives it. */
  readonly where?: string | Filter | undefined;
  /** Also by words, see `fuseRankings`. */
  readonly hybrid?: boolean | undefined;
  /** Tell of each hit which words made it one. */
  readonly explain?: boolean | undefined;
  /** Give of each hit the sentence that is nearest to the question. */
  readonly snippets?: boolean | undefined;
  /**
   * Fold near-duplicates: a hit whose words are the same to this share as those of a better one (.8 for `true`) stands in
   * its `duplicates`.
   */
  readonly foldDuplicates?: boolean | number | undefined;
  /**
   * Gets sentences about words of the question that the model does not know, and about a condition that may not say what is meant, see
   * `conditionNotes`. If omitted the latter are warnings (`WordkinWarning` in Node, in a page on the console), once for conditions that differ in
   * their values only. A condition that needs all of its parts is looked at where nothing was found.
   */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** As text it is parsed; as `parseFilter` gives it the store checks it. */
const WHERE: OptionRule = {
  wanted: 'a condition as text, or as parseFilter gives it',
  accepts: (value) => STRING.accepts(value) || OBJECT.accepts(value),
};

const SEARCH_RULES: OptionRules<TextSearchOptions> = {
  count: COUNT,
  metric: ANY_VALUE, // see checkChoice
  where: WHERE,
  hybrid: BOOLEAN,
  explain: BOOLEAN,
  snippets: BOOLEAN,
  foldDuplicates: {
    wanted: 'true, false or a share above 0, at most 1',
    accepts: (value) => BOOLEAN.accepts(value) || (typeof value === 'number' && value > 0 && value <= 1),
  },
  onNote: FUNCTION,
};

/** How an index is opened. */
export interface TextIndexOptions {
  /** Read words, vectors and metadata first: then the search is exact, and takes a scan in memory. */
  readonly inMemory?: boolean | undefined;
}

/** Which texts of an index are listed. */
export interface TextListOptions extends Omit<ListOptions, 'where'> {
  /** A condition on metadata, as text or as `parseFilter` gives it. */
  readonly where?: string | Filter | undefined;
  /** Gets sentences about the condition, as that of `TextSearchOptions`. */
  readonly onNote?: ((note: string) => void) | undefined;
}

type RankingOptions = Pick<TextSearchOptions, 'hybrid'> & {
  readonly count: number;
  readonly metric: Metric;
  readonly where: Filter | undefined;
};

/** Hits of either ranking that a hybrid search joins. */
const FUSED = 100;
/** Share of words that near-duplicates have in common, if none is given. */
const NEAR_DUPLICATE = 0.8;

/** Texts in a store, found by meaning: an encoder and a store that belong together. */
export class TextIndex {
  /** The one given, or of the same model with the default before this one, where that has filled the store. */
  readonly encoder: SentenceEncoder;
  readonly store: TextStore;
  readonly #conditions: ConditionTeller;

  private constructor(encoder: SentenceEncoder, store: TextStore) {
    this.encoder = encoder;
    this.store = store;
    this.#conditions = new ConditionTeller(store);
  }

  /**
   * Binds a store to the model that fills it.
   *
   * @throws Error if another model has filled the store
   */
  static async open(encoder: SentenceEncoder, store: TextStore, options: TextIndexOptions = {}): Promise<TextIndex> {
    checkOptions<TextIndexOptions>(options, { inMemory: BOOLEAN });
    if (typeof encoder?.encodeTokens !== 'function')
      throw new TypeError(
        `"encoder" must be a sentence encoder, as createSentenceEncoder makes it, got ${showValue(encoder)}`,
      );
    if (typeof store?.claim !== 'function')
      throw new TypeError(`"store" must be a store of texts, as openTextStore opens it, got ${showValue(store)}`);
    const fitting = await encoderForStore(encoder, store.model);
    await store.claim(fitting.identity);
    if (options.inMemory) await store.keepInMemory();
    return new TextIndex(fitting.encoder, store);
  }

  /**
   * Adds texts and replaces those of the same id, in transactions: what `onProgress` has told is durable. Running it again with
   * the same texts changes nothing. A text that cannot be stored takes no other along: the others are stored.
   *
   * @throws RangeError, at the end, that names a text which cannot be stored, or at once where there are more than 100
   */
  async add(texts: Iterable<TextRecord> | AsyncIterable<TextRecord>, options: AddOptions = {}): Promise<AddProgress> {
    return addTexts(this.store, texts, (record) => this.#encode(record), options);
  }

  #encode(record: TextRecord): EncodedText {
    const { id, text, metadata = {} } = record;
    const tokens = this.encoder.tokenizer.tokenize(text);
    const { vector, knownTokens } = this.#encodeTokens(tokens, `the text ${JSON.stringify(id).slice(0, 60)}`);
    return { id, text, metadata: copyMetadata(metadata), tokens, ...(knownTokens > 0 && { vector }) };
  }

  /** @param shown - what the tokens are of, for the message */
  #encodeTokens(tokens: readonly string[], shown: string): ReturnType<SentenceEncoder['encodeTokens']> {
    try {
      return this.encoder.encodeTokens(tokens);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TextDataError(`Cannot use ${shown}: ${reason}; mend the model, or leave it out`, { cause });
    }
  }

  /**
   * The texts nearest to a question. Without a known word in it none is found by vectors.
   *
   * @throws SyntaxError for a filter that cannot be read; RangeError for other options that are none
   */
  async search(question: string, options: TextSearchOptions = {}): Promise<TextHit[]> {
    checkText('question', question);
    checkOptions(options, SEARCH_RULES);
    const { count = 10, metric = 'cosine' } = options;
    checkChoice('metric', metric, METRICS);
    const where = typeof options.where === 'string' ? parseFilter(options.where) : options.where;
    checkQuestion({ count, where });
    const share = options.foldDuplicates === true ? NEAR_DUPLICATE : options.foldDuplicates || undefined;
    const tokens = this.encoder.tokenizer.tokenize(question);
    const sentence = this.#encodeTokens(tokens, 'the question');
    const { vector, knownTokens } = sentence;
    const find = (most: number) =>
      this.#find({ tokens, vector: knownTokens > 0 ? vector : undefined }, { ...options, count: most, metric, where });
    const hits = share === undefined ? await find(count) : await this.#findFolded(find, count, share);
    if (options.onNote) noteUnknownWords(this.encoder, question, options.onNote, sentence);
    await this.#conditions.tell(where, hits.length, options.onNote);
    if (!options.snippets && !options.explain) return hits;
    return describeHits(this, { text: question, tokens, vector }, hits, options);
  }

  async #find(
    { tokens, vector }: { tokens: readonly string[]; vector: Float32Array | undefined },
    { count, metric, where, hybrid = false }: RankingOptions,
  ): Promise<TextHit[]> {
    const breadth = hybrid ? Math.max(FUSED, count) : count;
    // Of the many hits that a hybrid search joins few are shown.
    const asked = { metric, count: breadth, where, withRecords: !hybrid };
    const byVector = vector ? await this.store.searchVectors({ vector, ...asked }) : [];
    const values = new Map(byVector.map(({ id, value }) => [id, value]));
    let ranking: { item: string; score?: number }[] = byVector.map(({ id }) => ({ item: id }));
    if (hybrid) {
      const byWord = await this.store.searchWords({ tokens, count: breadth, where });
      ranking = fuseRankings(byWord, [...values.keys()]).slice(0, count);
    }
    const texts = new Map(byVector.flatMap(({ id, record }) => (record ? [[id, record]] : [])));
    const missing = ranking.map(({ item }) => item).filter((id) => !texts.has(id));
    for (const text of missing.length > 0 ? await this.store.get(missing) : []) texts.set(text.id, text);
    return ranking.flatMap(({ item, score }) => {
      const text = texts.get(item);
      const value = values.get(item);
      const nearness = value === undefined ? {} : { [METRIC_TRAITS[metric].field]: value };
      return text ? [{ ...text, ...nearness, ...(score !== undefined && { score }) }] : []; // it may just have been deleted
    });
  }

  /** Looks further where so many hits were folded that too few are left. */
  async #findFolded(find: (most: number) => Promise<TextHit[]>, count: number, share: number): Promise<TextHit[]> {
    const tokensOf = ({ text }: TextHit) => this.encoder.tokenizer.tokenize(text);
    for (let most = 2 * count; ; most *= 4) {
      const hits = await find(most);
      const folded = foldNearDuplicates(hits, tokensOf, share);
      if (folded.length < count && hits.length === most) continue;
      return folded
        .slice(0, count)
        .map(({ item, duplicates }) =>
          duplicates.length > 0 ? { ...item, duplicates: duplicates.map(({ id }) => id) } : item,
        );
    }
  }

  async delete(ids: readonly string[]): Promise<number> {
    return this.store.delete(ids);
  }

  /** @throws SyntaxError for a filter that cannot be read; RangeError for other options that are none */
  async list(options: TextListOptions = {}): Promise<Required<TextRecord>[]> {
    checkOptions<TextListOptions>(options, { ...LIST_RULES, where: WHERE, onNote: FUNCTION });
    const { where: condition, onNote, ...asked } = options;
    const where = typeof condition === 'string' ? parseFilter(condition) : condition;
    const texts = await this.store.list({ ...asked, where });
    await this.#conditions.tell(where, texts.length, onNote);
    return texts;
  }

  count(): Promise<number> {
    return this.store.count();
  }

  /** After many texts were added: builds an index where there are enough for one. */
  async optimize(options: OptimizeOptions = {}): Promise<SearchKind> {
    checkOptions<OptimizeOptions>(options, { onProgress: FUNCTION });
    return this.store.optimize(options);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
