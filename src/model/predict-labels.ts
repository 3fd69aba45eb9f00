import { COUNT, checkOptions, checkText, numberFrom, type OptionRules } from '../text/check-options.ts';
import { bucketsOf, findBucket, subwordHash } from '../text/subwords.ts';
import type { Classifier } from './classifier.ts';
import { checkModel, type EmbeddingModel } from './embedding-model.ts';
import { vectorRows } from './quantized-vectors.ts';

/** A label that a classifier gives to a text. */
export interface LabelPrediction {
  readonly label: string;
  /** As fastText gives it, which adds 1e-5 to keep logarithms finite: it may be a little more than 1. */
  readonly probability: number;
}

/** How labels are predicted. */
export interface LabelOptions {
  /** Most labels wanted; 1 if omitted. */
  readonly count?: number | undefined;
  /** Only labels of at least this probability, 0 to 1; 0 if omitted. */
  readonly threshold?: number | undefined;
}

const LABEL_RULES: OptionRules<LabelOptions> = { count: COUNT, threshold: numberFrom(0, 1) };

const END_OF_SENTENCE = '</s>';
const LABEL_PREFIX = '__label__';

/**
 * The labels of a text by a supervised fastText model, most probable first (fastText fasttext.cc `predictLine`, loss.cc).
 * Words are separated by white space, as fastText does; the text is taken as one line, which ends at the token </s>.
 *
 * @throws Error if the model has no labels; RangeError for options out of range
 */
export function predictLabels(model: EmbeddingModel, text: string, options: LabelOptions = {}): LabelPrediction[] {
  checkModel(model);
  checkOptions(options, LABEL_RULES);
  checkText('text', text);
  const { count = 1, threshold = 0 } = options;
  const { classifier } = model.contents;
  if (!classifier) throw new Error('Cannot predict labels: the model has none; supervised fastText models have');
  const hidden = hiddenVector(model, classifier, text);
  if (!hidden) return [];
  const scores =
    classifier.loss === 'hierarchical-softmax'
      ? treeScores(classifier, hidden)
      : labelScores(classifier, hidden).map((score) => score + 1e-5);
  return classifier.labels
    .map((label, i) => ({ label, probability: scores[i] }))
    .filter(({ probability }) => probability - 1e-5 >= threshold)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}

/** The mean of the rows of all words, their n-grams, and the n-grams of words (dictionary.cc `getLine`). */
function hiddenVector(model: EmbeddingModel, classifier: Classifier, text: string): Float64Array | undefined {
  const { dimensions } = model;
  const { subwords } = model.contents;
  const ngrams = subwords && vectorRows(subwords.vectors, dimensions);
  const sum = new Float64Array(dimensions);
  let rows = 0;
  const addVector = (vector: Float32Array, factor = 1) => {
    for (let d = 0; d < dimensions; d++) sum[d] += factor * vector[d];
    rows += factor;
  };
  const addBucket = (bucket: number) => {
    const row = findBucket(subwords!.buckets, bucket);
    if (row >= 0) addVector(ngrams!.row(row));
  };

  const hashes: bigint[] = [];
  const tokens = text.split(/[ \n\r\t\v\f\0]+/).filter((part) => part !== '');
  const end = tokens.indexOf(END_OF_SENTENCE);
  for (const token of [...(end < 0 ? tokens : tokens.slice(0, end)), END_OF_SENTENCE]) {
    const id = model.find(token);
    if (id === undefined && token.startsWith(LABEL_PREFIX)) continue;
    hashes.push(BigInt.asIntN(32, BigInt(subwordHash(token))));
    const buckets = subwords ? bucketsOf(token, subwords.options) : [];
    // A word's vector is the mean of its own row and those of its n-grams that are there.
    if (id !== undefined)
      addVector(model.row(id), 1 + buckets.filter((bucket) => findBucket(subwords!.buckets, bucket) >= 0).length);
    else for (const bucket of buckets) addBucket(bucket);
  }
  if (subwords) {
    const limit = BigInt(subwords.options.buckets);
    for (let first = 0; first < hashes.length; first++) {
      let hash = hashes[first];
      for (let last = first + 1; last < hashes.length && last < first + classifier.wordNgrams; last++) {
        hash = BigInt.asUintN(64, hash * 116049371n + hashes[last]);
        addBucket(Number(hash % limit));
      }
    }
  }
  return rows === 0 ? undefined : sum.map((value) => value / rows);
}

function dotRow(vectors: Float32Array, row: number, hidden: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < hidden.length; d++) sum += vectors[row * hidden.length + d] * hidden[d];
  return sum;
}

function labelScores({ labels, labelVectors, loss }: Classifier, hidden: Float64Array): Float64Array {
  const outputs = Float64Array.from(labels, (_, i) => dotRow(labelVectors, i, hidden));
  if (loss === 'softmax') {
    const maximum = outputs.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = outputs.map((output) => Math.exp(output - maximum));
    const total = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / total);
  }
  return outputs.map(tableSigmoid);
}

/** fastText looks the sigmoid up in a table of 512 steps over ±8. */
function tableSigmoid(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  return 1 / (1 + Math.exp(-(Math.floor(((x + 8) * 512) / 16) / 32 - 8)));
}

/** The product of the choices on the path from the root to each label (loss.cc `HierarchicalSoftmaxLoss`). */
function treeScores({ labels, labelCounts, labelVectors }: Classifier, hidden: Float64Array): Float64Array {
  const leaves = labels.length;
  const nodes = 2 * leaves - 1;
  const counts = new Float64Array(nodes).fill(1e15);
  counts.set(labelCounts);
  const children = new Int32Array(2 * nodes).fill(-1);
  for (let parent = leaves, leaf = leaves - 1, node = leaves; parent < nodes; parent++) {
    for (let side = 0; side < 2; side++) {
      children[2 * parent + side] = leaf >= 0 && counts[leaf] < counts[node] ? leaf-- : node++;
    }
    counts[parent] = counts[children[2 * parent]] + counts[children[2 * parent + 1]];
  }
  const scores = new Float64Array(nodes);
  scores[nodes - 1] = 1;
  for (let parent = nodes - 1; parent >= leaves; parent--) {
    // As float32, whose steps near to 1 show in 1 − right.
    const right = Math.fround(1 / (1 + Math.exp(-Math.fround(dotRow(labelVectors, parent - leaves, hidden)))));
    scores[children[2 * parent]] = scores[parent] * (1 - right + 1e-5);
    scores[children[2 * parent + 1]] = scores[parent] * (right + 1e-5);
  }
  return scores.slice(0, leaves);
}
