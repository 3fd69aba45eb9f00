import { dotProduct, normalized } from '../math/vector-operations.ts';
import { checkModel, type EmbeddingModel } from './embedding-model.ts';

/** What tells that the vectors of a model hardly tell words apart. */
export interface DegenerateVectors {
  readonly code: 'degenerate-vectors';
  /** What was found, and what to do. */
  readonly message: string;
  /** Mean cosine similarity of two words. */
  readonly meanSimilarity: number;
  /** Median cosine similarity of a word and its tenth neighbor. */
  readonly tenthSimilarity: number;
}

/** The most frequent words, as a rule; the rare ones of a good model may be undertrained. */
const MOST_WORDS = 3000;
const FEWEST_WORDS = 100;
/** In fewer dimensions words lie close together by necessity. */
const FEWEST_DIMENSIONS = 8;
const SAMPLE = 60;
/**
 * Good models had .11 to .23 and .39 to .70 (1 to 20 MB, English and Chinese), the weakest of use .53 and .77, GloVe's most frequent words
 * .42 and .76; models that knew nothing .60 to .93 and .94 to .997 (docs/experiments.md). Both, because words that share a row are near
 * to each other in a good model, too.
 */
const DEGENERATE = { mean: 0.5, tenth: 0.9 };

/**
 * Finds out whether all vectors point almost the same direction, as they do where a training was too short for its text. Undefined if not,
 * and where nobody can tell: for less than 100 words or 8 dimensions, and for the words of a classifier, which may be alike by right.
 */
export function degenerateVectors(model: EmbeddingModel): DegenerateVectors | undefined {
  checkModel(model);
  const { dimensions, contents } = model;
  const size = Math.min(model.size, MOST_WORDS);
  if (size < FEWEST_WORDS || dimensions < FEWEST_DIMENSIONS || contents.classifier) return undefined;
  const rows = Array.from({ length: size }, (_, id) => normalized(model.row(id)));
  const sample = Array.from({ length: SAMPLE }, (_, i) => Math.floor(((i + 0.5) * size) / SAMPLE));
  // The similarities of a word to all others have the sum of its products with their sum: the rows are compared one by one only where that is high.
  const meanSimilarity = meanOverOthers(rows, sample);
  if (!(meanSimilarity >= DEGENERATE.mean)) return undefined;
  const tenths = sample.map((id) => tenthNeighbor(rows, id));
  const tenthSimilarity = tenths.sort((a, b) => a - b)[SAMPLE / 2];
  if (!(tenthSimilarity >= DEGENERATE.tenth)) return undefined;
  return {
    code: 'degenerate-vectors',
    message: `The vectors hardly tell words apart: two words are similar by ${meanSimilarity.toFixed(2)} in the mean, a word and its tenth neighbor by ${tenthSimilarity.toFixed(3)}; train with more epochs or a higher learning rate, or on more text`,
    meanSimilarity,
    tenthSimilarity,
  };
}

/** Mean of the products of the rows in the sample with all others. */
function meanOverOthers(rows: readonly Float32Array[], sample: readonly number[]): number {
  const total = new Float64Array(rows[0].length);
  for (const row of rows) for (let d = 0; d < total.length; d++) total[d] += row[d];
  let sum = 0;
  for (const id of sample) sum += dotProduct(total, rows[id]) - dotProduct(rows[id], rows[id]);
  return sum / (sample.length * (rows.length - 1));
}

/** The product of a row with that of its tenth neighbor. */
function tenthNeighbor(rows: readonly Float32Array[], id: number): number {
  const similarities = Float64Array.from(rows, (row) => dotProduct(rows[id], row));
  // Its own similarity comes last: without it the tenth from the end is the tenth neighbor.
  const others = similarities.filter((_, other) => other !== id).sort();
  return others[others.length - 10];
}
