import type { ReadCorpus } from '../corpus/encoded-corpus.ts';
import { dotProduct, vectorNorm } from '../math/vector-operations.ts';
import { type HeldOutExample, heldOutExamples } from './held-out-examples.ts';
import { InputRows } from './input-rows.ts';
import type { TrainTask } from './train-messages.ts';

/** So many words of the held-out text tell how similar a word is to any. */
const BASELINE_WORDS = 400;
const MOST_EXAMPLES = 50_000;
/** Of cosines. Below, all vectors are the same but for rounding. */
const LEAST_DEVIATION = 1e-6;
/** Multiplications and additions: about a second. */
const MOST_OPERATIONS = 1e9;

/**
 * For each pair of words that stand in one window of the held-out text: by how many standard deviations their cosine similarity is above that
 * of the first word and the words of the held-out text at large. 0 is chance. In the order of the text, and always of the same pairs.
 *
 * Unlike the loss it looks at what a model is used for, the word vectors alone and their directions. It draws no negative samples, and vectors
 * that grow longer do not change it.
 */
export function heldOutContrasts(task: TrainTask, read: ReadCorpus): Float64Array {
  const { dimensions } = task.layout;
  const inputs = new InputRows(task);
  const units = new Map<number, Float64Array>();
  const unitOf = (word: number) => {
    let unit = units.get(word);
    if (!unit) {
      unit = new Float64Array(dimensions);
      inputs.addTo(unit, word, 1);
      const norm = vectorNorm(unit);
      for (let d = 0; d < dimensions; d++) unit[d] /= norm || 1;
      units.set(word, unit);
    }
    return unit;
  };
  const examples: HeldOutExample[] = [];
  for (const example of heldOutExamples(task, read)) if (examples.push(example) === MOST_EXAMPLES) break;
  const step = Math.max(1, examples.length / BASELINE_WORDS);
  const baseline = Array.from(
    { length: Math.min(BASELINE_WORDS, examples.length) },
    (_, i) => examples[Math.floor(i * step)].centre,
  );
  let operations = 0;
  const spreads = new Map<number, Spread>();
  const spreadOf = (word: number) => {
    let spread = spreads.get(word);
    if (!spread) {
      const others = baseline.filter((other) => other !== word);
      spread = spreadAmong(others.map((other) => dotProduct(unitOf(word), unitOf(other))));
      operations += others.length * dimensions;
      spreads.set(word, spread);
    }
    return spread;
  };
  const contrasts: number[] = [];
  for (const { centre, contexts } of examples) {
    if (operations > MOST_OPERATIONS) break;
    for (const word of contexts) {
      if (word === centre) continue;
      const { mean, deviation } = spreadOf(word);
      operations += dimensions;
      contrasts.push(deviation > LEAST_DEVIATION ? (dotProduct(unitOf(word), unitOf(centre)) - mean) / deviation : 0);
    }
  }
  return Float64Array.from(contrasts);
}

interface Spread {
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
}

function spreadAmong(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
