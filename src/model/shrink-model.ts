import { COUNT, checkOptions, type OptionRules, oneOf } from '../text/check-options.ts';
import { type Phrases, phraseWord } from '../text/phrases.ts';
import { showValue } from '../text/show-value.ts';
import { checkModel, EmbeddingModel } from './embedding-model.ts';
import { mapModel } from './map-model.ts';
import { principalAxes } from './principal-axes.ts';
import { QUANTIZATIONS, type Quantization, type QuantizeOptions, quantize, vectorRows } from './quantized-vectors.ts';

/** What is left of a model, and how it is stored. */
export interface ShrinkOptions extends QuantizeOptions {
  /** What the vectors are stored as; as they are if omitted. */
  readonly quantization?: Quantization | undefined;
  /** Keep so many words: the most frequent ones, or of a model without counts the first. */
  readonly words?: number | undefined;
  /** Keep so many principal axes of the word vectors. */
  readonly dimensions?: number | undefined;
}

const SHRINK_RULES: OptionRules<ShrinkOptions> = {
  quantization: oneOf(QUANTIZATIONS),
  words: COUNT,
  dimensions: COUNT,
  parts: COUNT,
};

/**
 * A smaller model for the same queries: fewer words, then fewer dimensions, then fewer bits, each as asked for. It holds
 * no context vectors. What it loses is told by `neighborOverlap`, `evaluateAnalogies` and `evaluateWordPairs`.
 *
 * @throws RangeError for options out of range
 */
export function shrinkModel(model: EmbeddingModel, options: ShrinkOptions): EmbeddingModel {
  checkModel(model);
  checkRange('words', options?.words, model.size);
  checkRange('dimensions', options?.dimensions, model.dimensions);
  checkOptions(options, SHRINK_RULES);
  const { quantization, words, dimensions, parts } = options;
  if (parts !== undefined && quantization !== 'product') {
    throw new RangeError('"parts" goes with the quantization product');
  }
  const { outputVectors: _, ...contents } = model.contents;
  let shrunk = new EmbeddingModel(contents);
  if (words !== undefined && words < model.size) shrunk = keepWords(shrunk, words);
  if (dimensions !== undefined && dimensions < model.dimensions) shrunk = keepAxes(shrunk, dimensions);
  if (quantization === undefined) return shrunk;
  const { subwords } = shrunk.contents;
  return new EmbeddingModel({
    ...shrunk.contents,
    inputVectors: quantize(shrunk.rows, quantization, { parts }),
    subwords: subwords && {
      ...subwords,
      vectors: quantize(vectorRows(subwords.vectors, shrunk.dimensions), quantization, { parts }),
    },
  });
}

function keepWords(model: EmbeddingModel, count: number): EmbeddingModel {
  const { counts, sentences, tokenizer, ...contents } = model.contents;
  const ids = model.words.map((_, id) => id);
  if (counts) ids.sort((a, b) => counts[b] - counts[a] || a - b);
  ids.length = count;
  ids.sort((a, b) => a - b);
  const words = ids.map((id) => model.words[id]);
  const inputVectors = new Float32Array(count * model.dimensions);
  ids.forEach((id, row) => {
    inputVectors.set(model.row(id), row * model.dimensions);
  });
  const { weights } = sentences ?? {};
  return new EmbeddingModel({
    ...contents,
    words,
    inputVectors,
    counts: counts && Float64Array.from(ids, (id) => counts[id]),
    sentences: sentences && { ...sentences, weights: weights && Float32Array.from(ids, (id) => weights[id]) },
    tokenizer: tokenizer?.phrases
      ? { ...tokenizer, phrases: phrasesWithin(tokenizer.phrases, new Set(words)) }
      : tokenizer,
  });
}

/** The phrases that are words, or that a later pass makes one of: joining others would lose their words. */
function phrasesWithin(phrases: Phrases, words: ReadonlySet<string>): Phrases {
  const wanted = new Set(words);
  const kept = phrases.map((): [string, string][] => []);
  for (let pass = phrases.length - 1; pass >= 0; pass--) {
    for (const [first, second] of phrases[pass]) {
      if (!wanted.has(phraseWord(first, second))) continue;
      kept[pass].push([first, second]);
      wanted.add(first).add(second);
    }
  }
  return kept;
}

/** Turns the space to its principal axes and keeps the first. */
function keepAxes(model: EmbeddingModel, count: number): EmbeddingModel {
  return mapModel(model, principalAxes(model.rows).subarray(0, count * model.dimensions));
}

function checkRange(name: string, value: number | undefined, maximum: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= maximum)) return;
  throw new RangeError(
    `"${name}" must be an integer from 1 to ${maximum}, what the model has, got ${showValue(value)}`,
  );
}
