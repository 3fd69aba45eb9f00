import { type ReadCorpus, SENTENCE_END, shareOf } from '../corpus/encoded-corpus.ts';
import { blankHeldOut } from './held-out.ts';
import { contrastPairs } from './held-out-contrasts.ts';
import type { TrainTask } from './train-messages.ts';

/** Longer texts are not looked through: they are not passed over so often that a training learns them by heart. */
const MOST_TOKENS = 2e6;
/** Fewer tell nothing: then all pairs are taken. */
const FEWEST_PAIRS = 400;
/** Words that are thinned out bring the words on either side of them nearer. */
const BEYOND_WINDOW = 3;
const CHUNK_TOKENS = 100_000;

/**
 * Which pairs of held-out words do not stand together anywhere in the text that is trained on: 1 for each of `contrastPairs` that does not. A
 * training that learns its text by heart brings the others ever nearer, and hides so that the rest drifts apart (docs/experiments.md).
 */
export function unseenPairs(task: TrainTask, read: ReadCorpus): Uint8Array {
  const { layout, heldOut, corpus } = task;
  const { wordCount, window } = layout;
  const pairs = [...contrastPairs(task, read)];
  const { begin, end } = shareOf(corpus);
  if (end - begin > MOST_TOKENS) return new Uint8Array(pairs.length).fill(1);
  const keys = pairs.map(({ word, centre }) => keyOf(word, centre));
  const unseen = new Set(keys);
  const isAsked = new Uint8Array(wordCount);
  for (const { word, centre } of pairs) isAsked[word] = isAsked[centre] = 1;
  const reach = window + BEYOND_WINDOW;
  for (let from = begin; from < end; from += CHUNK_TOKENS) {
    const tokens = new Int32Array(Math.min(end, from + CHUNK_TOKENS + reach) - from);
    read(from - begin, tokens);
    blankHeldOut(heldOut, tokens, from);
    for (let i = 0; i < tokens.length; i++) {
      const first = tokens[i];
      if (first === SENTENCE_END || !isAsked[first]) continue;
      for (let j = i + 1; j <= i + reach && j < tokens.length && tokens[j] !== SENTENCE_END; j++) {
        if (isAsked[tokens[j]]) unseen.delete(keyOf(first, tokens[j]));
      }
    }
  }
  const mask = Uint8Array.from(keys, (key) => (unseen.has(key) ? 1 : 0));
  const count = mask.reduce((sum, each) => sum + each, 0);
  return count < FEWEST_PAIRS ? mask.fill(1) : mask;

  function keyOf(a: number, b: number): number {
    return Math.min(a, b) * wordCount + Math.max(a, b);
  }
}
