import { symmetricEigen } from '../math/symmetric-eigen.ts';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { type SentenceSettings, WEIGHTINGS, type Weighting } from '../model/sentence-settings.ts';
import {
  BOOLEAN,
  checkOptions,
  FUNCTION,
  integerFrom,
  numberFrom,
  type OptionRules,
  oneOf,
} from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { showValue } from '../text/show-value.ts';
import { evenAxes as evenAxesOf } from './even-axes.ts';
import { raiseNegations } from './negations.ts';
import { holdsLanguage, PLAIN_MEAN, SentenceEncoder, wordCounts } from './sentence-encoder.ts';
import { icfWeights, idfWeights, sifWeights, usifWeights, type WordWeights } from './word-weights.ts';

/** How the vectors of sentences are fitted. */
export interface SentenceOptions {
  /** `custom` takes `weights`. */
  readonly weighting: Weighting;
  /** a of icf (.03 if omitted) and of SIF (.001 if omitted), 1e-6 to 1. */
  readonly smoothing?: number | undefined;
  /** With `custom`: the weight of a word, 0 or more. */
  readonly weights?: ((word: string) => number) | undefined;
  /** Number of first components of the corpus to take out. With `usif` each by its share of their variance. */
  readonly components: number;
  /** Word vectors at length 1. */
  readonly unitWords: boolean;
  /** Result at length 1. */
  readonly normalize: boolean;
  /** Keep so many principal axes; all if omitted. */
  readonly dimensions?: number | undefined;
  /** With the weighting `icf`: negations weigh more (see `raiseNegations`); true if omitted, but for words of no language. */
  readonly negations?: boolean | undefined;
  /** Principal axes of the word vectors are made more alike, if the model has 10 words a dimension or more; with the weighting `icf` if omitted. */
  readonly evenAxes?: boolean | undefined;
  /** Words that an unknown one consists of, or that begin alike, stand for it; with the weighting `icf` if omitted. */
  readonly standIns?: boolean | undefined;
}

/** As a model has it that was not fitted; what has measured best (docs/quality.md). */
export const SENTENCE_DEFAULTS: SentenceOptions = {
  weighting: 'icf',
  components: 0,
  unitWords: false,
  normalize: false,
};

/** Fewer sentences would fit components to themselves: two alone would get the cosine −1. */
export const MINIMUM_SENTENCES = 300;

/**
 * Settings of the sentence encoder for a model. Weights come from the model's counts; idf, components and principal axes are
 * fitted on sentences of the corpus that it was trained on, once: not on the few texts to be compared.
 *
 * @param sentences - tokens of each; may be empty for weights by counts alone
 * @throws RangeError for options out of range; Error if the model tells no frequencies, or there are too few sentences
 */
export function fitSentences(
  model: EmbeddingModel,
  sentences: readonly (readonly string[])[],
  options: Partial<SentenceOptions> = {},
): SentenceSettings {
  checkModel(model);
  if (!Array.isArray(sentences))
    throw new TypeError(`"sentences" must be an array of the tokens of each, got ${showValue(sentences)}`);
  checkOptions(options, sentenceRules(model.dimensions));
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const resolved: SentenceOptions = { ...SENTENCE_DEFAULTS, ...given };
  const { weighting, components, unitWords, normalize, dimensions } = resolved;
  if (given.smoothing !== undefined && weighting !== 'sif' && weighting !== 'icf')
    throw new RangeError(`"smoothing" is for the weightings "icf" and "sif", not for "${weighting}"`);
  if (given.negations === true && weighting !== 'icf')
    throw new RangeError(`"negations" is for the weighting "icf", not for "${weighting}"`);
  const fits = weighting === 'idf' || components > 0 || dimensions !== undefined;
  if (fits && sentences.length < MINIMUM_SENTENCES) {
    throw new Error(
      `Cannot fit sentences: ${weighting === 'idf' ? 'idf' : 'components'} need at least ${MINIMUM_SENTENCES} sentences of the training corpus, got ${sentences.length}; take the weighting icf or mean with 0 components, which need none`,
    );
  }
  const asDefault = weighting === 'icf' && holdsLanguage(model);
  const { evenAxes = asDefault, standIns = asDefault } = resolved;
  const weighted: SentenceSettings = {
    ...PLAIN_MEAN,
    ...weigh(model, sentences, resolved),
    weighting,
    unitWords,
    sentences: fits ? sentences.length : 0,
    ...(standIns && { standIns }),
  };
  const map = evenAxes ? axesMap(model, given.evenAxes === true) : undefined;
  const projected = map && { projection: map };
  if (components === 0 && dimensions === undefined) return { ...weighted, ...projected, normalize };

  const encoder = new SentenceEncoder(model, NO_TOKENIZER, weighted);
  const axes = symmetricEigen(secondMoments(encoder, sentences), model.dimensions);
  const withComponents: SentenceSettings = {
    ...weighted,
    ...(components > 0 && {
      components: Float32Array.from(axes.vectors.subarray(0, components * model.dimensions)),
      componentShares: shares(axes.values.subarray(0, components), weighting),
    }),
  };
  if (dimensions === undefined) return { ...withComponents, ...projected, normalize };
  const rest = symmetricEigen(
    secondMoments(new SentenceEncoder(model, NO_TOKENIZER, { ...withComponents, ...projected }), sentences),
    model.dimensions,
  );
  const kept = rest.vectors.subarray(0, dimensions * model.dimensions);
  return {
    ...withComponents,
    projection: map ? product(kept, map, model.dimensions) : Float32Array.from(kept),
    normalize,
  };
}

function axesMap(model: EmbeddingModel, isAskedFor: boolean): Float32Array | undefined {
  const map = evenAxesOf(model);
  if (isAskedFor && !map)
    throw new RangeError(
      `"evenAxes" is for a model of 10 words a dimension or more whose vectors are not all zero; this one has ${counted(model.size, 'word')} and ${counted(model.dimensions, 'dimension')}`,
    );
  return map;
}

/** (rows × n) · (n × n). */
function product(rows: Float64Array, map: Float32Array, n: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let row = 0; row < rows.length; row += n) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += rows[row + k] * map[k * n + j];
      result[row + j] = sum;
    }
  }
  return result;
}

const NO_TOKENIZER = {
  descriptor: { name: 'ids', version: '' },
  tokenize: () => [],
} as unknown as SentenceEncoder['tokenizer'];

function weigh(
  model: EmbeddingModel,
  sentences: readonly (readonly string[])[],
  { weighting, smoothing, weights, negations = holdsLanguage(model) }: SentenceOptions,
): Partial<WordWeights> {
  if (weighting === 'mean') return {};
  if (weighting === 'custom') {
    if (!weights) throw new TypeError('The weighting custom needs "weights", a function of the word');
    const list = Float32Array.from(model.words, (word) => weights(word));
    const wrong = list.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (wrong >= 0)
      throw new RangeError(
        `The weight of "${model.words[wrong]}" must be a number of at least 0, got ${weights(model.words[wrong])}`,
      );
    return { weights: list };
  }
  if (weighting === 'idf') {
    const documents = new Float64Array(model.size);
    for (const tokens of sentences) {
      for (const token of new Set(tokens)) {
        const id = model.find(token);
        if (id !== undefined) documents[id]++;
      }
    }
    return idfWeights(documents, sentences.length);
  }
  const counts = wordCounts(model);
  if (!counts) {
    throw new Error(
      `Cannot weigh words by ${weighting}: the model does not tell how often each occurs, nor does the order of its words; take the weighting idf with a corpus, or mean`,
    );
  }
  if (weighting === 'icf') {
    const icf = icfWeights(counts, smoothing);
    return negations ? raiseNegations(model, icf, smoothing) : icf;
  }
  if (weighting === 'sif') return sifWeights(counts, smoothing);
  const known = sentences.map((tokens) => tokens.filter((token) => model.find(token) !== undefined).length);
  const meanLength = known.length > 0 ? known.reduce((a, b) => a + b) / known.length : 11;
  return usifWeights(counts, meanLength);
}

/** (dimensions × dimensions): Σ v vᵀ over the sentences, not centred, as SIF has it. */
function secondMoments(encoder: SentenceEncoder, sentences: readonly (readonly string[])[]): Float64Array {
  const n = encoder.model.dimensions;
  const moments = new Float64Array(n * n);
  for (const tokens of sentences) {
    const { vector } = encoder.encodeTokens(tokens);
    for (let i = 0; i < n; i++) {
      const x = vector[i];
      for (let j = 0; j <= i; j++) moments[i * n + j] += x * vector[j];
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) moments[j * n + i] = moments[i * n + j];
  return moments;
}

/** SIF takes components out whole, uSIF each by its share of their variance. */
function shares(values: Float64Array, weighting: Weighting): Float32Array {
  const total = values.reduce((a, b) => a + b, 0);
  return Float32Array.from(values, (value) => (weighting === 'usif' && total > 0 ? value / total : 1));
}

function sentenceRules(dimensions: number): OptionRules<SentenceOptions> {
  return {
    weighting: oneOf(WEIGHTINGS),
    smoothing: numberFrom(1e-6, 1),
    weights: FUNCTION,
    components: integerFrom(0, Math.min(100, dimensions - 1)),
    unitWords: BOOLEAN,
    normalize: BOOLEAN,
    dimensions: integerFrom(1, dimensions),
    negations: BOOLEAN,
    evenAxes: BOOLEAN,
    standIns: BOOLEAN,
  };
}
