import { type ReadCorpus, shareOf } from '../corpus/encoded-corpus.ts';
import { vectorNorm } from '../math/vector-operations.ts';
import { type HeldOutExample, heldOutExamples } from './held-out-examples.ts';
import { InputRows } from './input-rows.ts';
import type { TrainTask } from './train-messages.ts';

/** So many words of the held-out text tell how similar a word is to any. */
const BASELINE_WORDS = 200;
/** Of a large text so many words with their windows, spread over it, tell enough: of all machines together. */
const MOST_EXAMPLES = 2500;
/** So many are looked at. */
const MOST_CANDIDATES = 50_000;
/** Of cosines. Below, all vectors are the same but for rounding. */
const LEAST_DEVIATION = 1e-5;
/** Multiplications and additions: about a second. */
const MOST_OPERATIONS = 1e9;

/**
 * For each pair of words that stand in one window of the held-out text: by how many standard deviations their cosine similarity is above that
 * of the first word and the words of the held-out text at large. 0 is chance. In the order of the text, and always of the same pairs.
 *
 * Unlike the loss it looks at what a model is used for, the word vectors alone and their directions. It draws no negative samples, and vectors
 * that grow longer do not change it.
 *
 * @param wanted - of `contrastPairs`, 1 for each that is looked at; if omitted, all
 */
export function heldOutContrasts(task: TrainTask, read: ReadCorpus, wanted?: Uint8Array): Float64Array {
  const { dimensions } = task.layout;
  const examples = contrastExamples(task, read);
  const numbers = new Map<number, number>();
  for (const { centre, contexts } of examples) {
    for (const word of [centre, ...contexts]) if (!numbers.has(word)) numbers.set(word, numbers.size);
  }
  const units = unitVectors([...numbers.keys()], dimensions, new InputRows(task));
  const step = Math.max(1, examples.length / BASELINE_WORDS);
  const baseline = Array.from({ length: Math.min(BASELINE_WORDS, examples.length) }, (_, i) => {
    return numbers.get(examples[Math.floor(i * step)].centre)!;
  });
  let operations = 0;
  const spreadAround = spreadsAround(units, dimensions, baseline);
  const spreads = new Map<number, Spread>();
  const spreadOf = (word: number) => {
    let spread = spreads.get(word);
    if (!spread) {
      spread = spreadAround(word);
      operations += baseline.length * dimensions;
      spreads.set(word, spread);
    }
    return spread;
  };
  const contrasts: number[] = [];
  let pair = 0;
  for (const example of pairsOf(examples)) {
    if (operations > MOST_OPERATIONS) break;
    if (wanted?.[pair++] === 0) continue;
    const [word, centre] = [numbers.get(example.word)!, numbers.get(example.centre)!];
    const { mean, deviation } = spreadOf(word);
    operations += dimensions;
    contrasts.push(
      deviation > LEAST_DEVIATION
        ? (dot(units, word * dimensions, units, centre * dimensions, dimensions) - mean) / deviation
        : 0,
    );
  }
  return Float64Array.from(contrasts);
}

/** The pairs of `heldOutContrasts`: a word and the centre in whose window it stands. */
export function contrastPairs(task: TrainTask, read: ReadCorpus): Generator<{ word: number; centre: number }> {
  return pairsOf(contrastExamples(task, read));
}

function* pairsOf(examples: readonly HeldOutExample[]) {
  for (const { centre, contexts } of examples) {
    for (const word of contexts) if (word !== centre) yield { word, centre };
  }
}

function contrastExamples(task: TrainTask, read: ReadCorpus): HeldOutExample[] {
  const candidates: HeldOutExample[] = [];
  for (const example of heldOutExamples(task, read)) if (candidates.push(example) === MOST_CANDIDATES) break;
  const { begin, end } = shareOf(task.corpus);
  const most = MOST_EXAMPLES * ((end - begin) / task.corpus.length);
  const stride = Math.max(1, Math.ceil(candidates.length / most));
  return candidates.filter((_, i) => i % stride === 0);
}

/** Vectors of length 1, one behind the other. */
function unitVectors(words: readonly number[], dimensions: number, inputs: InputRows): Float64Array {
  const units = new Float64Array(words.length * dimensions);
  words.forEach((word, i) => {
    const unit = units.subarray(i * dimensions, (i + 1) * dimensions);
    inputs.addTo(unit, word, 1);
    const norm = vectorNorm(unit);
    for (let d = 0; d < dimensions; d++) unit[d] /= norm || 1;
  });
  return units;
}

/** Of `length` values from `i` and from `j` on. Four sums at once: this is nearly all of the time. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const end = i + length;
  for (; i < end - 3; i += 4, j += 4) {
    sum0 += a[i] * b[j];
    sum1 += a[i + 1] * b[j + 1];
    sum2 += a[i + 2] * b[j + 2];
    sum3 += a[i + 3] * b[j + 3];
  }
  for (; i < end; i++, j++) sum0 += a[i] * b[j];
  return sum0 + sum1 + (sum2 + sum3);
}

interface Spread {
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Of the similarities of a word and the words of the baseline, itself left out. */
function spreadsAround(units: Float64Array, dimensions: number, baseline: readonly number[]): (word: number) => Spread {
  const sumsOver = dimensions <= 2 * baseline.length ? sumsByProducts : sumsOneByOne;
  const sums = sumsOver(units, dimensions, baseline);
  const times = new Map<number, number>();
  for (const word of baseline) times.set(word, (times.get(word) ?? 0) + 1);
  return (word) => {
    const own = times.get(word) ?? 0;
    const itself = dot(units, word * dimensions, units, word * dimensions, dimensions);
    const others = baseline.length - own;
    const { sum, squares } = sums(word * dimensions);
    const mean = (sum - own * itself) / others;
    const meanSquare = (squares - own * itself ** 2) / others;
    return { mean, deviation: Math.sqrt(Math.max(0, meanSquare - mean * mean)) };
  };
}

/** Of the dot products of the unit vector at a place and those of the baseline B, and of their squares. */
type Sums = (at: number) => { readonly sum: number; readonly squares: number };

function sumsOneByOne(units: Float64Array, dimensions: number, baseline: readonly number[]): Sums {
  return (at) => {
    let sum = 0;
    let squares = 0;
    for (const word of baseline) {
      const product = dot(units, at, units, word * dimensions, dimensions);
      sum += product;
      squares += product * product;
    }
    return { sum, squares };
  };
}

/** By the sum of the vectors and by BᵀB: half of dimensions² steps for each word in place of dimensions × words of the baseline. */
function sumsByProducts(units: Float64Array, dimensions: number, baseline: readonly number[]): Sums {
  const total = new Float64Array(dimensions);
  // Its upper triangle, row by row; what is beside the diagonal counts twice.
  const products = new Float64Array(dimensions * dimensions);
  for (const word of baseline) {
    const at = word * dimensions;
    for (let i = 0; i < dimensions; i++) {
      total[i] += units[at + i];
      products[i * dimensions + i] += units[at + i] ** 2;
      for (let j = i + 1; j < dimensions; j++) products[i * dimensions + j] += 2 * units[at + i] * units[at + j];
    }
  }
  return (at) => {
    let squares = 0;
    for (let i = 0; i < dimensions; i++) {
      squares += units[at + i] * dot(products, i * dimensions + i, units, at + i, dimensions - i);
    }
    return { sum: dot(units, at, total, 0, dimensions), squares };
  };
}
