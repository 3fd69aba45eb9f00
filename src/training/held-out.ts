import { SENTENCE_END } from '../corpus/encoded-corpus.ts';
import { mixKeys, Random } from '../math/random.ts';

/** Tokens of a stretch. */
export const STRETCH_TOKENS = 50;
/** At most this share of the text is held out; of a small one more, or its loss would tell nothing. */
const LARGEST_SHARE = 1 / 500;
const OF_SMALL_TEXT = { tokens: 2000, largestShare: 1 / 50 };
/** Of a text of fewer tokens and sentence ends nothing is held out … */
export const LEAST_LENGTH = 50_000;
/** … nor fewer tokens than that. */
export const LEAST_HELD_OUT = 2 * STRETCH_TOKENS;

/**
 * What is held out of the training: begin and end of short stretches all over the corpus, in ids and sentence ends.
 * None from a text of less than 50,000 tokens.
 */
export function heldOutStretches(corpusLength: number, tokens: number, seed: number): Float64Array {
  const ofSmall = Math.min(OF_SMALL_TEXT.tokens, corpusLength * OF_SMALL_TEXT.largestShare);
  const most = corpusLength < LEAST_LENGTH ? 0 : Math.max(corpusLength * LARGEST_SHARE, ofSmall);
  const wanted = Math.min(tokens, most);
  const count = wanted < LEAST_HELD_OUT ? 0 : Math.floor(wanted / STRETCH_TOKENS);
  const random = new Random(mixKeys(seed, 0xffffff00), mixKeys(seed, 0xffffff01));
  const stretches = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const part = corpusLength / count;
    const begin = Math.floor(i * part + random.uniform() * (part - STRETCH_TOKENS));
    stretches.set([begin, begin + STRETCH_TOKENS], 2 * i);
  }
  return stretches;
}

/** Makes sentence ends of what is held out of `tokens`, which stand at [from, from + tokens.length) of the corpus. */
export function blankHeldOut(stretches: Float64Array, tokens: Int32Array, from: number): void {
  // The first stretch that ends behind `from`: they are in order.
  let low = 0;
  let high = stretches.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (stretches[2 * middle + 1] <= from) low = middle + 1;
    else high = middle;
  }
  const to = from + tokens.length;
  for (let i = low; i < stretches.length / 2 && stretches[2 * i] < to; i++) {
    tokens.fill(SENTENCE_END, Math.max(0, stretches[2 * i] - from), stretches[2 * i + 1] - from);
  }
}
