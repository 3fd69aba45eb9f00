import { showValue } from '../../text/show-value.ts';
import { CLASSIFIER_LOSSES } from '../classifier.ts';
import type { ModelContents } from '../embedding-model.ts';
import { QuantizedVectors, type Vectors } from '../quantized-vectors.ts';

/**
 * Refuses a model whose parts do not fit together: what is written of it could not be read.
 *
 * @throws RangeError
 */
export function checkContents(contents: ModelContents<Vectors>): void {
  if (!Array.isArray(contents?.words))
    throw new TypeError(`Cannot write the model: it must be the "contents" of a model, got ${showValue(contents)}`);
  const { words, dimensions, inputVectors, outputVectors, counts, subwords, sentences, classifier } = contents;
  const size = words.length;
  if (!(size >= 1 && Number.isSafeInteger(dimensions) && dimensions >= 1))
    fail(`it has ${size} words × ${dimensions} dimensions, at least 1 × 1 are needed`);
  checkLength('inputVectors', valuesIn(inputVectors), size * dimensions);
  checkLength('outputVectors', outputVectors?.length, size * dimensions);
  checkLength('counts', counts?.length, size);
  const wrong = counts?.findIndex((count) => !(Math.abs(count) <= Number.MAX_SAFE_INTEGER)) ?? -1;
  if (wrong >= 0) fail(`the count of word ${JSON.stringify(words[wrong])} is ${counts![wrong]}`);
  if (subwords) {
    checkLength('the vectors of n-grams', valuesIn(subwords.vectors), subwords.buckets.length * dimensions);
    const { buckets, options } = subwords;
    if (buckets.some((bucket, i) => bucket >= options.buckets || (i > 0 && bucket <= buckets[i - 1])))
      fail(`the buckets of its n-grams must be below ${options.buckets}, in rising order`);
  }
  checkLength('the weights of words in sentences', sentences?.weights?.length, size);
  for (const rows of [sentences?.components, sentences?.projection]) {
    if (rows && rows.length % dimensions !== 0)
      fail(`${rows.length} values of sentence settings are no rows of ${dimensions}`);
  }
  const componentCount = (sentences?.components?.length ?? 0) / dimensions;
  checkLength('the shares of sentence components', sentences?.componentShares?.length, componentCount);
  if (!classifier) return;
  checkLength('the vectors of labels', classifier.labelVectors.length, classifier.labels.length * dimensions);
  checkLength('the counts of labels', classifier.labelCounts.length, classifier.labels.length);
  if (!CLASSIFIER_LOSSES.includes(classifier.loss)) fail(`its labels have the loss "${classifier.loss}"`);
}

function valuesIn(vectors: Vectors): number {
  return vectors instanceof QuantizedVectors ? vectors.size * vectors.dimensions : vectors.length;
}

function checkLength(what: string, found: number | undefined, wanted: number): void {
  if (found !== undefined && found !== wanted) fail(`${what} are ${found} values, ${wanted} are needed`);
}

function fail(what: string): never {
  throw new RangeError(`Cannot write the model: ${what}`);
}
