import type { Loss } from '../kernels/word2vec/word2vec.ts';
import { floatContents, type ModelContents } from '../model/embedding-model.ts';
import { bucketsOf, type SubwordOptions, type Subwords } from '../text/subwords.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { LOSS_TRAITS } from './loss-traits.ts';
import type { GivenVectors, StartVectors } from './start-vectors.ts';
import type { TrainingOptions } from './training-options.ts';

/** @throws RangeError if the model has another number of dimensions, or a factor is out of range */
export function matchStart(
  start: StartVectors,
  { words }: Vocabulary,
  options: TrainingOptions,
  subwords: Subwords | undefined,
): GivenVectors {
  const { factor = 1 } = start;
  const hasFactors = start.factor !== undefined;
  const model = floatContents(start.model.contents);
  if (model.dimensions !== options.dimensions) {
    throw new RangeError(
      `Cannot start from a model of ${model.dimensions} dimensions: "dimensions" is ${options.dimensions}; give the same`,
    );
  }
  const rows = Int32Array.from(words, (word) => start.model.find(word) ?? -1);
  const factors = Float32Array.from(words, (word, i) => {
    if (rows[i] < 0) return 1;
    const value = typeof factor === 'function' ? factor(word) : factor;
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    throw new RangeError(`The factor of a start vector must be from 0 (frozen) to 1, got ${JSON.stringify(value)}`);
  });
  const { subwords: theirs } = model;
  if (theirs && !subwords) {
    throw new RangeError('Cannot start from a model with subwords without subwords: give "subwords", too');
  }
  if (theirs && (theirs.options.hash ?? theirs.options.ngrams) !== undefined) {
    throw new RangeError(
      "Cannot start from a model whose n-grams find their rows as finalfusion's do: here it is by the hash of fastText; take its words alone, saved in a format without n-grams",
    );
  }
  const same =
    theirs &&
    (['minNgram', 'maxNgram', 'buckets'] as const).every((name) => theirs.options[name] === subwords!.options[name]);
  if (theirs && !same) {
    const named = ({ minNgram, maxNgram, buckets }: SubwordOptions) =>
      `${minNgram} to ${maxNgram} characters in ${buckets} buckets`;
    throw new RangeError(
      `Cannot start from a model with n-grams of ${named(theirs.options)}: here they are of ${named(subwords!.options)}; give the same`,
    );
  }
  if (subwords && hasFactors) {
    throw new RangeError('Cannot freeze or slow words that are made of subwords: leave out the factor');
  }
  const bucketIds = new Map(Array.from(theirs?.buckets ?? [], (bucket, i) => [bucket, i]));
  const bucketRows = Int32Array.from(subwords?.buckets ?? [], (bucket) => bucketIds.get(bucket) ?? -1);
  const lossOfModel = (model.training?.options as { loss?: Loss } | undefined)?.loss;
  const hasTree = (loss: Loss | undefined) => loss !== undefined && LOSS_TRAITS[loss]?.usesTree;
  const outputVectors = model.outputVectors !== undefined && !hasTree(lossOfModel) && !hasTree(options.loss);
  const inputVectors = () => (theirs ? ownRows(model, theirs) : model.inputVectors);
  return {
    model,
    rows,
    factors,
    hasFactors,
    bucketRows,
    inputVectors,
    started: { words: rows.filter((row) => row >= 0).length, outputVectors },
  };
}

/** The inverse of `composeWords`: each word's own row, recovered from its vector and its n-gram rows. */
function ownRows(
  { words, dimensions, inputVectors }: ModelContents,
  subwords: NonNullable<ModelContents['subwords']>,
): Float32Array {
  const rowOfBucket = new Map(Array.from(subwords.buckets, (bucket, i) => [bucket, i]));
  const own = inputVectors.slice();
  words.forEach((word, id) => {
    const rows = bucketsOf(word, subwords.options).map((bucket) => rowOfBucket.get(bucket) ?? -1);
    if (rows.includes(-1)) {
      throw new RangeError(
        `Cannot start from a model some of whose n-grams were left out, such as one of ${JSON.stringify(word)}: give the model as it was trained`,
      );
    }
    for (let d = 0; d < dimensions; d++) {
      const at = id * dimensions + d;
      own[at] *= rows.length + 1;
      for (const row of rows) own[at] -= subwords.vectors[row * dimensions + d];
    }
  });
  return own;
}
