import type { AnalogyView, ComparisonView, ExplanationView, ModelMap, SentenceView } from './api.ts';
import { PageError } from './page-error.ts';
import { Projection } from './projection.ts';
import {
  centroidTable,
  cosineSimilarity,
  type EmbeddingModel,
  euclideanDistance,
  explainSimilarity,
  kMeans,
  nearestCentroid,
  PLAIN_MEAN,
  Random,
  SentenceEncoder,
  vectorNorm,
} from './wordkin.ts';

/** a is to b as c is to …, with the four words as points of a plane through them. */
export function analogy(model: EmbeddingModel, a: string, b: string, c: string): AnalogyView {
  const answers = model.analogy(a, b, c, { count: 5 });
  if (answers.length === 0) throw new PageError('no-fourth-word');
  const [va, vb, vc, answer] = [a, b, c, answers[0].word].map((word) => unit(model.vector(word)));
  const wanted = va.map((value, d) => vb[d] - value + vc[d]);
  // The plane of the parallelogram: along b − a, and what of c − a is square to it.
  const along = direction(va.map((value, d) => vb[d] - value));
  const rest = va.map((value, d) => vc[d] - value);
  const share = dot(rest, along);
  const across = direction(rest.map((value, d) => value - share * along[d]));
  const points = [va, vb, vc, wanted, answer].flatMap((vector) => {
    const from = vector.map((value, d) => value - va[d]);
    return [dot(from, along), dot(from, across)];
  });
  return { answers, points };
}

function unit(vector: Float32Array): number[] {
  const norm = vectorNorm(vector) || 1;
  return Array.from(vector, (value) => value / norm);
}

function direction(vector: number[]): number[] {
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

export function compareVectors(a: readonly number[], b: readonly number[]): ComparisonView {
  return { cosine: cosineSimilarity(a, b), euclidean: euclideanDistance(a, b) };
}

/** A sentence with what each word brings into its vector; the plain mean, or as the model's settings weigh. */
export function encodeSentence(encoder: SentenceEncoder, text: string, plain: boolean): SentenceView {
  const used = encoderFor(encoder, plain);
  const { vector, unknownTokens } = used.encode(text);
  return {
    tokens: used.tokenizer.tokenize(text),
    parts: used
      .wordShares(text)
      .map(({ token, weight, vector: own, standIns }) => ({ word: token, weight, vector: Array.from(own), standIns })),
    unknown: unknownTokens,
    vector: Array.from(vector),
  };
}

function encoderFor(encoder: SentenceEncoder, plain: boolean): SentenceEncoder {
  return plain ? new SentenceEncoder(encoder.model, encoder.tokenizer, PLAIN_MEAN) : encoder;
}

export function explain(encoder: SentenceEncoder, first: string, second: string, plain: boolean): ExplanationView {
  const explained = explainSimilarity(encoderFor(encoder, plain), first, second);
  return {
    cosine: explained.cosine,
    first: explained.first.map(({ word, contribution }) => ({ word, contribution })),
    second: explained.second.map(({ word, contribution }) => ({ word, contribution })),
    tokens: [encoder.tokenizer.tokenize(first), encoder.tokenizer.tokenize(second)],
  };
}

/** Vectors of the first so many words, as floats. */
export function firstRows(model: EmbeddingModel, count: number): Float32Array {
  const words = Math.min(count, model.size);
  const rows = new Float32Array(words * model.dimensions);
  for (let id = 0; id < words; id++) rows.set(model.row(id), id * model.dimensions);
  return rows;
}

/** The words of a model on their two principal axes. */
export function modelMap(model: EmbeddingModel, count: number): ModelMap {
  const rows = firstRows(model, count);
  const words = Array.from({ length: rows.length / model.dimensions }, (_, id) => model.word(id));
  return { words, positions: new Projection(model.dimensions).project(rows) };
}

const CLUSTER_ITERATIONS = 8;

/** The group of each of the first words, by k-means of their directions. */
export function clusterWords(model: EmbeddingModel, count: number, clusters: number): Uint8Array {
  const n = model.dimensions;
  const rows = firstRows(model, count);
  for (let at = 0; at < rows.length; at += n) {
    const norm = vectorNorm(rows.subarray(at, at + n)) || 1;
    for (let d = 0; d < n; d++) rows[at + d] /= norm;
  }
  const table = centroidTable(kMeans(rows, n, clusters, { iterations: CLUSTER_ITERATIONS, random: new Random(1) }), n);
  return Uint8Array.from({ length: rows.length / n }, (_, id) => nearestCentroid(rows, id * n, table));
}
