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
  const spreads = new Map<number, Spread>();
  const spreadOf = (word: number) => {
    let spread = spreads.get(word);
    if (!spread) {
      spread = spreadAround(units, dimensions, word, baseline);
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
    contrasts.push(deviation > LEAST_DEVIATION ? (cosine(units, dimensions, word, centre) - mean) / deviation : 0);
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

/** Of two of the unit vectors. Four sums at once: this is nearly all of the time. */
function cosine(units: Float64Array, dimensions: number, a: number, b: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = a * dimensions;
  let j = b * dimensions;
  const end = i + dimensions;
  for (; i < end - 3; i += 4, j += 4) {
    sum0 += units[i] * units[j];
    sum1 += units[i + 1] * units[j + 1];
    sum2 += units[i + 2] * units[j + 2];
    sum3 += units[i + 3] * units[j + 3];
  }
  for (; i < end; i++, j++) sum0 += units[i] * units[j];
  return sum0 + sum1 + (sum2 + sum3);
}

interface Spread {
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Of the similarities of a word and the words of the baseline, itself left out. */
function spreadAround(units: Float64Array, dimensions: number, word: number, baseline: readonly number[]): Spread {
  const others = baseline.filter((other) => other !== word);
  let sum = 0;
  let squares = 0;
  for (const other of others) {
    const similarity = cosine(units, dimensions, word, other);
    sum += similarity;
    squares += similarity * similarity;
  }
  const mean = sum / others.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / others.length - mean * mean)) };
}
