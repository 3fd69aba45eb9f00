import { type ReadCorpus, SENTENCE_END, shareOf } from '../corpus/encoded-corpus.ts';
import { mixKeys, Random } from '../math/random.ts';
import { STRETCH_TOKENS } from './held-out.ts';
import type { TrainTask } from './train-messages.ts';

/** A held-out word and the words in its window, at least one. */
export interface HeldOutExample {
  readonly centre: number;
  readonly contexts: readonly number[];
}

/**
 * The held-out text as a training would see it, subsampled and in windows of random size: the same examples whenever it is asked, for every
 * number of threads.
 */
export function* heldOutExamples({ layout, heldOut, seed, corpus, memory }: TrainTask, read: ReadCorpus) {
  const { window, wordCount } = layout;
  const keepThresholds = new Uint32Array(memory.buffer, layout.keepThresholds, wordCount);
  const random = new Random(mixKeys(seed, 0xffffff02), mixKeys(seed, 0xffffff03));
  const tokens = new Int32Array(STRETCH_TOKENS);
  const share = shareOf(corpus);
  for (let i = 0; i < heldOut.length; i += 2) {
    if (heldOut[i] < share.begin || heldOut[i + 1] > share.end) continue; // another machine's
    read(heldOut[i] - share.begin, tokens);
    const kept = tokens.filter((token) => token === SENTENCE_END || random.next() <= keepThresholds[token]);
    for (let at = 0; at < kept.length; at++) {
      if (kept[at] === SENTENCE_END) continue;
      const contexts = contextsOf(kept, at, window - random.below(window));
      if (contexts.length > 0) yield { centre: kept[at], contexts } satisfies HeldOutExample;
    }
  }
}

/** The words up to `reach` before and after a centre, within its sentence. */
function contextsOf(kept: Int32Array, centre: number, reach: number): number[] {
  const contexts: number[] = [];
  for (let at = centre - 1; at >= 0 && at >= centre - reach && kept[at] !== SENTENCE_END; at--) contexts.push(kept[at]);
  for (let at = centre + 1; at < kept.length && at <= centre + reach && kept[at] !== SENTENCE_END; at++) {
    contexts.push(kept[at]);
  }
  return contexts;
}
