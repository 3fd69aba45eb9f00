import { areNumbers } from '../math/vector-operations.ts';
import { checkTextArray } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { CLASSIFIER_LOSSES } from './classifier.ts';
import type { ModelContents } from './model-contents.ts';
import { type Vectors, vectorRows } from './quantized-vectors.ts';
import { deferredWords, hasDuplicates } from './word-list.ts';

/**
 * Refuses a model whose parts do not fit together, or that has a word twice. What is in them is looked at by `checkWritable`.
 *
 * @returns the number of words
 * @throws TypeError for words that are no texts; RangeError for anything else
 */
export function checkContents(contents: ModelContents<Vectors>): number {
  const list = deferredWords(contents);
  if (!list) {
    checkTextArray('words', contents?.words);
    checkDistinct('word', contents.words);
  }
  const size = list?.size ?? contents.words.length;
  const { dimensions, inputVectors, outputVectors, counts, subwords } = contents;
  if (!(Number.isSafeInteger(dimensions) && dimensions > 0))
    fail(`it has ${size} words × ${showValue(dimensions)} dimensions, at least 1 dimension is needed`);
  checkRows(`${size} words × ${dimensions} dimensions`, inputVectors, size, dimensions);
  checkLength('"outputVectors"', outputVectors, size * dimensions);
  checkLength('"counts"', counts, size);
  if (subwords) checkRows(`${subwords.buckets.length} n-grams`, subwords.vectors, subwords.buckets.length, dimensions);
  return size;
}

/**
 * Refuses what no reader takes and only writers need to know: numbers, settings of sentences, labels.
 *
 * @throws RangeError
 */
export function checkWritable(contents: ModelContents<Vectors>): void {
  const { words, dimensions, counts, subwords, sentences, classifier } = contents;
  const size = words.length;
  if (words.length === 0) fail('it has no word');
  const wrong = counts?.findIndex((count) => !(Math.abs(count) <= Number.MAX_SAFE_INTEGER)) ?? -1;
  if (wrong >= 0) fail(`the count of word ${JSON.stringify(words[wrong])} is ${counts![wrong]}`);
  const { buckets, options } = subwords ?? {};
  if (options && buckets?.some((bucket, i) => bucket >= options.buckets || (i > 0 && bucket <= buckets[i - 1])))
    fail(`the buckets of its n-grams must be below ${options.buckets}, in rising order`);
  checkLength('the weights of words in sentences', sentences?.weights, size);
  for (const rows of [sentences?.components, sentences?.projection]) {
    if (rows && rows.length % dimensions !== 0)
      fail(`${rows.length} values of sentence settings are no rows of ${dimensions}`);
  }
  checkLength(
    'the shares of sentence components',
    sentences?.componentShares,
    (sentences?.components?.length ?? 0) / dimensions,
  );
  if (!classifier) return;
  const { labels, labelVectors, labelCounts, loss } = classifier;
  checkDistinct('label', labels);
  checkLength('the vectors of labels', labelVectors, labels.length * dimensions);
  checkLength('the counts of labels', labelCounts, labels.length);
  if (!CLASSIFIER_LOSSES.includes(loss)) fail(`its labels have the loss "${loss}"`);
}

function checkDistinct(what: string, words: readonly string[]): void {
  if (!hasDuplicates(words)) return;
  const seen = new Set<string>();
  const word = words.find((text) => seen.size === seen.add(text).size)!;
  const more = words.length - new Set(words).size;
  fail(`${what} ${JSON.stringify(word.slice(0, 60))} is there twice (${more} ${what}s are); each must be there once`);
}

function checkRows(what: string, vectors: Vectors, size: number, dimensions: number): void {
  const rows = vectorRows(vectors, dimensions);
  if (rows.dimensions !== dimensions) fail(`${what}: the vectors have ${rows.dimensions} dimensions`);
  checkValues(what, rows.size * dimensions, size * dimensions);
}

function checkLength(what: string, values: ArrayLike<number> | undefined, wanted: number): void {
  if (values !== undefined) checkValues(what, values && areNumbers(values) ? values.length : values, wanted);
}

function checkValues(what: string, found: unknown, wanted: number): void {
  if (found !== wanted) fail(`${what} need ${wanted} values, got ${showValue(found)}`);
}

function fail(what: string): never {
  throw new RangeError(`The parts of the model do not fit together: ${what}`);
}
