import { areNumbers, normalized, vectorNorm } from '../math/vector-operations.ts';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { mapSentence } from '../model/map-sentence.ts';
import type { SentenceSettings } from '../model/sentence-settings.ts';
import { checkText, checkTexts } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { segmenterWarning, type Tokenizer, type TokenizerDescriptor, tokenizerTraits } from '../text/tokenizer.ts';
import { checkSentenceSettings } from './check-settings.ts';
import { evenAxes } from './even-axes.ts';
import { MappedRows } from './mapped-rows.ts';
import { raiseNegations } from './negations.ts';
import { StandInFinder, type StandIns } from './stand-ins.ts';
import { countsByRank, icfWeights } from './word-weights.ts';

/** A sentence as a vector. */
export interface EncodedSentence {
  /** The weighted mean of the words' vectors; all zeros if none is known. */
  readonly vector: Float32Array;
  /** Number of tokens that the model has a vector for: of their own, made of n-grams, or of parts that it knows. */
  readonly knownTokens: number;
  /**
   * Tokens that it does not know, in order. Where the settings say so, words that begin alike stand for them beside known ones; otherwise
   * they are left out and do not dilute the mean.
   */
  readonly unknownTokens: readonly string[];
}

/** The plain mean. */
export const PLAIN_MEAN: SentenceSettings = {
  weighting: 'mean',
  unknownWeight: 1,
  unitWords: false,
  normalize: false,
  sentences: 0,
};

/** How often each word occurs: as the model says, or by its rank (see `countsByRank`), or undefined. */
export function wordCounts(model: EmbeddingModel): Float64Array | undefined {
  return model.contents.counts ?? countsByRank(model.size, (id) => model.word(id));
}

/**
 * For a model without settings: icf by its counts, or by the ranks of its words; negations weigh more; even axes, if it has 10 words a
 * dimension or more; stand-ins for unknown words. Where neither counts nor ranks tell anything, the plain mean. Names such as product numbers
 * have icf alone.
 */
export function defaultSentenceSettings(model: EmbeddingModel): SentenceSettings {
  checkModel(model);
  const counts = wordCounts(model);
  if (!counts) return PLAIN_MEAN;
  const icf = icfWeights(counts);
  if (!holdsLanguage(model)) return { ...PLAIN_MEAN, ...icf, weighting: 'icf' };
  return { ...PLAIN_MEAN, ...raiseNegations(model, icf), weighting: 'icf', ...evenWithStandIns(model) };
}

/**
 * The defaults before this one, the latest first: collections may have been filled by them. First icf with a = .05, even axes and
 * stand-ins, then the same icf alone.
 */
export function earlierSentenceSettings(model: EmbeddingModel): SentenceSettings[] {
  checkModel(model);
  const counts = wordCounts(model);
  if (!counts) return [];
  const icf: SentenceSettings = { ...PLAIN_MEAN, ...icfWeights(counts, 0.05), weighting: 'icf' };
  return holdsLanguage(model) ? [{ ...icf, ...evenWithStandIns(model) }, icf] : [icf];
}

function evenWithStandIns(model: EmbeddingModel): Pick<SentenceSettings, 'standIns' | 'projection'> {
  const projection = evenAxes(model);
  return { standIns: true, ...(projection && { projection }) };
}

/** Whether the words of a model are words of a language, as far as its tokenizer tells. */
export function holdsLanguage({ contents: { tokenizer } }: EmbeddingModel): boolean {
  return tokenizer === undefined || tokenizerTraits(tokenizer)?.opaque === false;
}

/** What one word brings into a sentence. */
export interface WordShare {
  readonly token: string;
  readonly weight: number;
  /** The word's vector, at length 1 where the settings say so; a view. */
  readonly vector: Float32Array;
  /** The words of the model that stand for it, where it does not hold the word itself. */
  readonly standIns?: readonly string[] | undefined;
}

/**
 * Turns texts into vectors: cut into words by the tokenizer, Σ weight · vector / Σ weight, components taken out, mapped linearly, brought to
 * length 1, each if the settings of the model say so.
 */
export class SentenceEncoder {
  readonly model: EmbeddingModel;
  readonly tokenizer: Tokenizer;
  readonly settings: SentenceSettings;
  /** Length of the vectors. */
  readonly dimensions: number;
  /** What a user should know of it: that another segmenter cut the text of the model. */
  readonly warnings: readonly string[];
  /** One a word: its weight, divided by its length where words are taken at length 1. */
  readonly #factors: Float32Array | undefined;
  /** Used for each text anew: new memory would take longer than to add up a short one. */
  readonly #sums: Float64Array;
  readonly #together = new Int32Array(4);
  readonly #standIns: StandInFinder | undefined;
  /** Of settings with components or a projection; made at the first text. */
  #mappedRows: MappedRows | undefined;

  /**
   * @param tokenizer - the one that the model was trained with, as `createSentenceEncoder` chooses it
   * @param settings - those stored in the model if omitted, or `defaultSentenceSettings`; otherwise as `fitSentences` makes them: a
   *   weighting without its weights is refused
   */
  constructor(model: EmbeddingModel, tokenizer: Tokenizer, settings?: SentenceSettings) {
    checkModel(model);
    if (typeof tokenizer?.tokenize !== 'function')
      throw new TypeError(`"tokenizer" must be what createTokenizer makes, got ${showValue(tokenizer)}`);
    if (settings !== undefined) checkSentenceSettings(settings);
    this.model = model;
    this.tokenizer = tokenizer;
    this.warnings = segmenterWarnings(model.contents.tokenizer, tokenizer);
    this.settings = settings ?? model.contents.sentences ?? defaultSentenceSettings(model);
    const { weights, unitWords, projection, standIns } = this.settings;
    this.#standIns = standIns ? new StandInFinder(model) : undefined;
    if (weights && weights.length !== model.size) {
      throw new RangeError(`Sentence weights must be one a word: ${model.size}, got ${weights.length}`);
    }
    this.dimensions = projection ? projection.length / model.dimensions : model.dimensions;
    this.#sums = new Float64Array(this.dimensions);
    if (unitWords) {
      this.#factors = Float32Array.from({ length: model.size }, (_, id) => {
        const norm = vectorNorm(model.row(id));
        return norm === 0 ? 0 : (weights?.[id] ?? 1) / norm;
      });
    } else this.#factors = weights;
  }

  /**
   * The vector of a text.
   *
   * @throws TypeError for what is no text; RangeError for a word whose vector holds NaN or infinity
   */
  encode(text: string): EncodedSentence {
    checkText('text', text);
    return this.encodeTokens(this.tokenizer.tokenize(text));
  }

  /**
   * The vectors of several texts, in their order.
   *
   * @throws as `encode`
   */
  encodeAll(texts: Iterable<string>): EncodedSentence[] {
    checkTexts('texts', texts);
    return Array.from(texts, (text) => this.encode(text));
  }

  /** The vector of a text that the tokenizer has cut. */
  encodeTokens(tokens: readonly string[]): EncodedSentence {
    if (!Array.isArray(tokens)) checkTexts('tokens', tokens); // each token is checked where it is looked for
    const { model, settings, dimensions } = this;
    const mapped = this.#rowsAfterMap();
    const { floats } = mapped ?? model.rows;
    // Model2Vec adds up float32, which shows in the fifth digit of long texts; with weights, which are float64, it does not.
    const single = settings.divideBy === 'tokens' && !settings.weights;
    const sums = single ? new Float32Array(dimensions) : this.#sums.fill(0);
    const unknownTokens: string[] = [];
    let knownTokens = 0;
    let weightSum = 0;
    const together = this.#together;
    let waiting = 0; // words whose rows are added together with the next ones
    const factorOf = (id: number): number => (this.#factors ? this.#factors[id] : 1);
    const addWaiting = (): void => {
      for (let i = 0; i < waiting; i++) addRow(sums, floats!, together[i] * dimensions, factorOf(together[i]));
      waiting = 0;
    };
    const addWord = (id: number): void => {
      weightSum += settings.weights ? settings.weights[id] : 1;
      if (mapped && !mapped.hold(id)) {
        addWaiting();
        addRow(sums, mapped.row(id), 0, factorOf(id));
      } else if (!floats || single) addRow(sums, floats ?? model.row(id), floats ? id * dimensions : 0, factorOf(id));
      else {
        together[waiting++] = id;
        if (waiting < together.length) return;
        addFourRows(sums, floats, together, this.#factors);
        waiting = 0;
      }
    };
    for (const token of tokens) {
      const id = model.find(token);
      const standIns = id === undefined ? this.#standIns?.find(token) : undefined;
      const share = id === undefined && !standIns ? this.#composedShare(token) : undefined;
      if (id !== undefined) addWord(id);
      else if (standIns) for (const standIn of standIns.ids) addWord(standIn);
      else if (share) {
        addWaiting();
        addRow(sums, mapped ? this.transform(share.vector) : share.vector, 0, share.weight);
        weightSum += share.weight;
      }
      if (id !== undefined || standIns?.isKnown || share) knownTokens++;
      else unknownTokens.push(token);
    }
    addWaiting();
    if (knownTokens === 0) sums.fill(0); // likeness alone is no knowledge
    const divisor = settings.divideBy === 'tokens' ? knownTokens : weightSum;
    const vector = new Float32Array(dimensions);
    if (divisor > 0) for (let d = 0; d < dimensions; d++) vector[d] = sums[d] / divisor;
    if (!Number.isFinite(vectorNorm(vector))) throw this.#notFinite(tokens);
    return { vector: settings.normalize ? normalized(vector) : vector, knownTokens, unknownTokens };
  }

  /** The vectors of words as the settings map them: the mean of mapped vectors is the mapped mean. */
  #rowsAfterMap(): MappedRows | undefined {
    if (!this.settings.components && !this.settings.projection) return undefined;
    this.#mappedRows ??= new MappedRows(this.model, this.dimensions, (row) => this.transform(row));
    return this.#mappedRows;
  }

  #notFinite(tokens: readonly string[]): RangeError {
    const token = tokens.find((word) => !Number.isFinite(vectorNorm(this.model.findVector(word) ?? [])));
    const place = token === undefined ? 'the settings of its sentences' : `the vector of "${token}"`;
    return new RangeError(`Cannot make a vector of the text: in the model ${place} holds NaN or infinity`);
  }

  /** What JSON.stringify shows: a description, none of the numbers. */
  toJSON(): object {
    const { weighting, sentences } = this.settings;
    const { model, dimensions, tokenizer, warnings } = this;
    return { model, dimensions, tokenizer: tokenizer.descriptor.name, weighting, sentences, warnings };
  }

  /** The tokens of a text that bring something in, with what each does, in order. */
  wordShares(text: string): WordShare[] {
    checkText('text', text);
    let isKnown = false;
    const shares = this.tokenizer.tokenize(text).flatMap((token) => {
      const id = this.model.find(token);
      const standIns = id === undefined ? this.#standIns?.find(token) : undefined;
      const share =
        id !== undefined
          ? this.#ownShare(token, id)
          : standIns
            ? this.#shareOf(token, standIns)
            : this.#composedShare(token);
      isKnown ||= share !== undefined && standIns?.isKnown !== false;
      return share ?? [];
    });
    return isKnown ? shares : []; // likeness alone is no knowledge
  }

  #ownShare(token: string, id: number): WordShare {
    const row = this.model.row(id);
    const weight = this.settings.weights ? this.settings.weights[id] : 1;
    return { token, weight, vector: this.settings.unitWords ? normalized(row) : row };
  }

  #composedShare(token: string): WordShare | undefined {
    const vector = this.model.findVector(token);
    if (!vector) return undefined;
    const { unitWords, unknownWeight: weight } = this.settings;
    return { token, weight, vector: unitWords ? normalized(vector) : vector };
  }

  /** The words that a token is, or that stand for it, as if they were one: the sum of their weights, their weighted mean. */
  #shareOf(token: string, { ids }: StandIns): WordShare {
    const { weights } = this.settings;
    const sums = new Float64Array(this.model.dimensions);
    let weight = 0;
    for (const id of ids) {
      addRow(sums, this.model.row(id), 0, this.#factors ? this.#factors[id] : 1);
      weight += weights ? weights[id] : 1;
    }
    const vector = Float32Array.from(sums, (sum) => (weight > 0 ? sum / weight : 0));
    return { token, weight, vector, standIns: ids.map((id) => this.model.word(id)) };
  }

  /** The words of the model that stand for a token which it does not hold; none for one that it holds, or where nothing stands for it. */
  standInsOf(token: string): string[] {
    const standIns = this.model.find(token) === undefined ? this.#standIns?.find(token) : undefined;
    return (standIns?.ids ?? []).map((id) => this.model.word(id));
  }

  /** Takes the components out of a mean of word vectors, and maps the rest, each if the settings say so. */
  transform(mean: ArrayLike<number>): Float32Array {
    const n = this.model.dimensions;
    if (mean?.length !== n || !areNumbers(mean))
      throw new RangeError(`"mean" must be ${n} numbers, got ${showValue(mean)}`);
    return mapSentence(mean, this.settings);
  }
}

type Sums = Float32Array | Float64Array;

function addRow(sums: Sums, rows: Float32Array, begin: number, factor: number): void {
  for (let d = 0; d < sums.length; d++) sums[d] += factor * rows[begin + d];
}

/**
 * As `addRow` for the rows of four words, to the last bit (float64 is not rounded between): with fewer loads and stores, and four rows on their
 * way from memory at once, which is most of the time where many words take turns.
 */
function addFourRows(sums: Sums, rows: Float32Array, ids: Int32Array, factors: Float32Array | undefined): void {
  const n = sums.length;
  const [first, second, third, fourth] = [ids[0], ids[1], ids[2], ids[3]];
  const [a, b, c, e] = [first * n, second * n, third * n, fourth * n];
  const [ofA, ofB, ofC, ofE] = factors
    ? [factors[first], factors[second], factors[third], factors[fourth]]
    : [1, 1, 1, 1];
  for (let d = 0; d < n; d++)
    sums[d] = sums[d] + ofA * rows[a + d] + ofB * rows[b + d] + ofC * rows[c + d] + ofE * rows[e + d];
}

/** Segmenters of one name and main version cut alike, as far as anybody can know. */
function segmenterWarnings(stored: TokenizerDescriptor | undefined, tokenizer: Tokenizer): string[] {
  const own = tokenizer.descriptor;
  if (stored?.name !== 'chinese' || own.name !== 'chinese') return [];
  if (!stored.engine || !own.engine || mainVersion(stored.engine) === mainVersion(own.engine)) return [];
  return [
    segmenterWarning(stored, tokenizer) ??
      `The text of the model was cut by the segmenter ${stored.engine}, texts are cut here by ${own.engine}: words may be cut otherwise and not be found; install ${stored.engine} for the same vectors`,
  ];
}

function mainVersion(engine: string): string {
  return engine.replace(/\.\d.*$/, '');
}

/** @throws TypeError for what is no sentence encoder */
export function checkEncoder(value: unknown): asserts value is SentenceEncoder {
  const { encodeTokens, wordShares } = (value ?? {}) as Partial<SentenceEncoder>;
  if (typeof encodeTokens === 'function' && typeof wordShares === 'function') return;
  throw new TypeError(
    `"encoder" must be a sentence encoder, as createSentenceEncoder makes it, got ${showValue(value)}`,
  );
}
