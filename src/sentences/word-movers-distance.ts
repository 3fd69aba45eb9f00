import { euclideanDistance, normalized, vectorNorm } from '../math/vector-operations.ts';
import { COUNT, checkOptions, checkTexts, type OptionRules } from '../text/check-options.ts';
import { checkEncoder, type SentenceEncoder } from './sentence-encoder.ts';

/** A text as a distribution over its known words: distinct vectors at length 1, and their shares, which sum to 1. */
interface WordBag {
  readonly vectors: Float32Array[];
  readonly shares: number[];
}

/**
 * Word Mover's Distance (Kusner et al. 2015, "From Word Embeddings to Document Distances"): the least that the words of
 * one text have to travel to become those of the other, 0 to 2, with all word vectors at length 1 as in gensim. Exact.
 * Words that the model has no vector for, of their own or made of n-grams, are left out; Infinity if a text has no known word.
 */
export function wordMoversDistance(encoder: SentenceEncoder, a: string, b: string): number {
  const [from, to] = [wordBag(encoder, a), wordBag(encoder, b)];
  return transportCost(from.shares, to.shares, distances(from, to));
}

/** How texts are looked for by the distance that their words move. */
export interface WordMoversOptions {
  /** Most texts wanted; 10 if omitted. */
  readonly count?: number | undefined;
}

const WORD_MOVERS_RULES: OptionRules<WordMoversOptions> = { count: COUNT };

/**
 * The texts nearest to `query` by Word Mover's Distance, nearest first. The relaxed distance (each word goes to the
 * nearest word of the other text, section 4.3 of the paper) is never more than the exact one, which is computed only
 * for the texts that may still come among the nearest. Texts without a known word are left out; of a query without one nothing is
 * near.
 *
 * @throws RangeError for options out of range
 */
export function nearestByWordMovers(
  encoder: SentenceEncoder,
  query: string,
  texts: readonly string[],
  options: WordMoversOptions = {},
): { index: number; distance: number }[] {
  checkOptions(options, WORD_MOVERS_RULES);
  checkTexts('texts', texts);
  const { count = 10 } = options;
  const from = wordBag(encoder, query);
  const candidates = Array.from(texts)
    .map((text, index) => {
      const to = wordBag(encoder, text);
      const costs = distances(from, to);
      return { index, to, costs, bound: relaxedCost(from.shares, to.shares, costs) };
    })
    .filter(({ bound }) => bound < Infinity)
    .sort((a, b) => a.bound - b.bound || a.index - b.index);
  const nearest: { index: number; distance: number }[] = [];
  for (const { index, to, costs, bound } of candidates) {
    if (nearest.length >= count && bound >= nearest[count - 1].distance) break;
    nearest.push({ index, distance: transportCost(from.shares, to.shares, costs) });
    nearest.sort((a, b) => a.distance - b.distance || a.index - b.index);
    nearest.length = Math.min(nearest.length, count);
  }
  return nearest;
}

function wordBag(encoder: SentenceEncoder, text: string): WordBag {
  checkEncoder(encoder);
  const words = new Map<string, { vector: Float32Array; count: number }>();
  let total = 0;
  for (const { token, vector, standIns } of encoder.wordShares(text)) {
    if (standIns) continue;
    const word = words.get(token) ?? { vector: finiteUnit(token, vector), count: 0 };
    word.count++;
    total++;
    words.set(token, word);
  }
  return {
    vectors: Array.from(words.values(), ({ vector }) => vector),
    shares: Array.from(words.values(), ({ count }) => count / total),
  };
}

function finiteUnit(token: string, vector: Float32Array): Float32Array {
  if (!Number.isFinite(vectorNorm(vector)))
    throw new RangeError(`Cannot compare texts: the vector of "${token}" holds NaN or infinity`);
  return normalized(vector);
}

function distances(from: WordBag, to: WordBag): number[][] {
  return from.vectors.map((a) => to.vectors.map((b) => euclideanDistance(a, b)));
}

function relaxedCost(supply: readonly number[], demand: readonly number[], costs: readonly number[][]): number {
  if (supply.length === 0 || demand.length === 0) return Infinity;
  const forward = supply.reduce((sum, share, i) => sum + share * Math.min(...costs[i]), 0);
  const backward = demand.reduce((sum, share, j) => sum + share * Math.min(...costs.map((row) => row[j])), 0);
  return Math.max(forward, backward);
}

/**
 * The least cost of bringing `supply` to `demand`, both of sum 1: successive shortest paths with potentials (Dijkstra;
 * Ahuja, Magnanti and Orlin, "Network Flows", section 9.7). Infinity if a side is empty.
 */
export function transportCost(
  supply: readonly number[],
  demand: readonly number[],
  costs: readonly (readonly number[])[],
): number {
  const [rows, columns] = [supply.length, demand.length];
  if (rows === 0 || columns === 0) return Infinity;
  const left = [...supply];
  const wanted = [...demand];
  const flow = supply.map(() => new Float64Array(columns));
  const potential = new Float64Array(rows + columns);
  const epsilon = 1e-12;
  for (;;) {
    // Shortest paths from all rows with something left; nodes are rows, then columns.
    const distance = new Float64Array(rows + columns).fill(Infinity);
    const parent = new Int32Array(rows + columns).fill(-1);
    const done = new Uint8Array(rows + columns);
    for (let i = 0; i < rows; i++) if (left[i] > epsilon) distance[i] = 0;
    let end = -1;
    for (;;) {
      let at = -1;
      for (let node = 0; node < rows + columns; node++) {
        if (!done[node] && distance[node] < (at < 0 ? Infinity : distance[at])) at = node;
      }
      if (at < 0) break;
      done[at] = 1;
      if (at >= rows && wanted[at - rows] > epsilon) {
        end = at;
        break;
      }
      const relax = (node: number, cost: number) => {
        // Reduced costs are 0 or more but for rounding.
        const through = distance[at] + Math.max(0, cost + potential[at] - potential[node]);
        if (through >= distance[node]) return;
        distance[node] = through;
        parent[node] = at;
      };
      if (at < rows) for (let j = 0; j < columns; j++) relax(rows + j, costs[at][j]);
      else for (let i = 0; i < rows; i++) if (flow[i][at - rows] > epsilon) relax(i, -costs[i][at - rows]);
    }
    if (end < 0) break;
    for (let node = 0; node < rows + columns; node++) potential[node] += Math.min(distance[node], distance[end]);
    let amount = wanted[end - rows];
    let start = end;
    for (let node = end; parent[node] >= 0; node = parent[node]) {
      start = parent[node];
      if (start >= rows) amount = Math.min(amount, flow[node][start - rows]);
    }
    amount = Math.min(amount, left[start]);
    for (let node = end; parent[node] >= 0; node = parent[node]) {
      const from = parent[node];
      if (from < rows) flow[from][node - rows] += amount;
      else flow[node][from - rows] -= amount;
    }
    left[start] -= amount;
    wanted[end - rows] -= amount;
  }
  let total = 0;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) total += flow[i][j] * costs[i][j];
  return total;
}
