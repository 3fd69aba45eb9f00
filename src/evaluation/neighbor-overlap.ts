import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { ExactIndex } from '../search/exact-index.ts';
import { COUNT, checkOptions, type OptionRules } from '../text/check-options.ts';

/** How alike the neighborhoods of two models are. */
export interface NeighborOverlap {
  /** Mean share of a word's nearest that are the same in both models, 0 to 1. */
  readonly overlap: number;
  /** Number of words that were asked. */
  readonly words: number;
  /** Neighbors of each. */
  readonly count: number;
}

/** How many neighbors are compared. */
export interface OverlapOptions {
  /** Words that are asked; 1,000 if omitted. */
  readonly words?: number | undefined;
  /** Neighbors of each; 10 if omitted. */
  readonly count?: number | undefined;
}

const RULES: OptionRules<OverlapOptions> = { words: COUNT, count: COUNT };

/** Words that are asked lie among so many first ones, as a rule the most frequent. */
const FREQUENT = 10_000;

/**
 * How far two models agree on the nearest words: those of 1,000 words, spread evenly over the first 10,000 that both have
 * and the same each time. Words that only one of the models has are no neighbors.
 *
 * @throws RangeError for options out of range
 */
export function neighborOverlap(
  original: EmbeddingModel,
  other: EmbeddingModel,
  options: OverlapOptions = {},
): NeighborOverlap {
  checkModel(original);
  checkModel(other);
  checkOptions(options, RULES);
  const { words = 1000, count = 10 } = options;
  const shared = other.words.filter((word) => original.has(word));
  const frequent = Math.min(FREQUENT, shared.length);
  const asked = Array.from({ length: Math.min(words, frequent) }, (_, i) => {
    return Math.floor((i * frequent) / Math.min(words, frequent));
  });
  const [first, second] = [original, other].map((model) => {
    const ids = shared.map((word) => model.id(word));
    const { dimensions } = model;
    const index = new ExactIndex({ size: ids.length, dimensions, row: (place) => model.row(ids[place]) });
    return index.searchMany(
      asked.map((place) => model.row(ids[place])),
      asked.map((place) => ({ count, exclude: new Set([place]) })),
    );
  });
  let sum = 0;
  first.forEach((hits, i) => {
    const others = new Set(second[i].map(({ row }) => row));
    if (hits.length > 0) sum += hits.filter(({ row }) => others.has(row)).length / hits.length;
  });
  return { overlap: asked.length === 0 ? 0 : sum / asked.length, words: asked.length, count };
}
