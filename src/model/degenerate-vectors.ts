import { dotProduct, normalized } from '../math/vector-operations.ts';
import type { EmbeddingModel } from './embedding-model.ts';

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
 * .42 and .76; models that knew nothing .60 to .93 and .94 to .997 (docs/quality.md). Both, because words that share a row are near
 * to each other in a good model, too.
 */
const DEGENERATE = { mean: 0.5, tenth: 0.9 };

/**
 * Finds out whether all vectors point almost the same direction, as they do where a training was too short for its text. Undefined if not,
 * and where nobody can tell: for less than 100 words or 8 dimensions, and for the words of a classifier, which may be alike by right.
 */
export function degenerateVectors(model: EmbeddingModel): DegenerateVectors | undefined {
  const { dimensions, contents } = model;
  const size = Math.min(model.size, MOST_WORDS);
  if (size < FEWEST_WORDS || dimensions < FEWEST_DIMENSIONS || contents.classifier) return undefined;
  const rows = Array.from({ length: size }, (_, id) => normalized(model.row(id)));
  const tenths: number[] = [];
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < SAMPLE; i++) {
    const id = Math.floor(((i + 0.5) * size) / SAMPLE);
    const similarities = Float64Array.from(rows, (row) => dotProduct(rows[id], row));
    // Its own similarity comes last: without it the tenth from the end is the tenth neighbor.
    const others = similarities.filter((_, other) => other !== id).sort();
    for (const similarity of others) sum += similarity;
    pairs += others.length;
    tenths.push(others[others.length - 10]);
  }
  const meanSimilarity = sum / pairs;
  const tenthSimilarity = tenths.sort((a, b) => a - b)[SAMPLE / 2];
  if (!(meanSimilarity >= DEGENERATE.mean && tenthSimilarity >= DEGENERATE.tenth)) return undefined;
  return {
    code: 'degenerate-vectors',
    message: `The vectors hardly tell words apart: two words are similar by ${meanSimilarity.toFixed(2)} in the mean, a word and its tenth neighbor by ${tenthSimilarity.toFixed(3)}; train with more epochs or a higher learningRate, or on more text`,
    meanSimilarity,
    tenthSimilarity,
  };
}
