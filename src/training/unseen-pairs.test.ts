import { describe, expect, it } from 'vitest';
import { readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { createSetup } from '../kernels/word2vec/word2vec.contract.ts';
import { Random } from '../math/random.ts';
import { contrastPairs, heldOutContrasts } from './held-out-contrasts.ts';
import { createTrainControl } from './train-messages.ts';
import { unseenPairs } from './unseen-pairs.ts';

const WORDS = 1500;
const WINDOW = 2;

/** A text of random words, with a sentence end here and there, of which the stretches of 50 tokens at `places` are held out. */
function textOf({ length, places }: { length: number; places: readonly number[] }) {
  const setup = createSetup({ settings: { wordCount: WORDS, window: WINDOW } });
  const random = new Random(1, 2);
  const ids = Int32Array.from({ length }, () => (random.below(12) === 0 ? -1 : random.below(WORDS)));
  const task = {
    memory: setup.memory,
    layout: setup.layout,
    corpus: { length, tokenCount: length, fingerprint: 0, place: { kind: 'memory', ids } as const },
    epochs: 1,
    learningRate: 0.025,
    endLearningRate: 0,
    courseEnd: 1,
    seed: 1,
    heldOut: Float64Array.from(places.flatMap((place) => [place, place + 50])),
    firstBlock: 0,
    endBlock: 1,
    spans: 1,
    threads: 1,
    control: createTrainControl(1, 1),
  };
  return { ids, task, read: readMemoryCorpus(ids) };
}

describe('unseenPairs', () => {
  // Chunks of 100,000 tokens are read: one ends within a sentence here.
  const { ids, task, read } = textOf({
    length: 101_000,
    places: Array.from({ length: 20 }, (_, i) => 3000 + 4900 * i),
  });
  const unseen = unseenPairs(task, read);

  it('are those that stand within the window and three words nowhere else', () => {
    const heldOut = (at: number) => task.heldOut.some((begin, i) => i % 2 === 0 && at >= begin && at < begin + 50);
    const trained = Array.from(ids, (id, at) => (heldOut(at) ? -1 : id));
    const seen = new Set<number>();
    trained.forEach((first, at) => {
      for (let to = at + 1; first >= 0 && to <= at + WINDOW + 3 && trained[to] >= 0; to++) {
        seen.add(first * WORDS + trained[to]).add(trained[to] * WORDS + first);
      }
    });
    const pairs = Array.from(contrastPairs(task, read), ({ word, centre }) => word * WORDS + centre);
    expect(Array.from(unseen)).toEqual(pairs.map((pair) => (seen.has(pair) ? 0 : 1)));
    expect(new Set(unseen)).toEqual(new Set([0, 1]));
  });

  it('leave out of the contrasts the other pairs', () => {
    const all = heldOutContrasts(task, read);
    expect(heldOutContrasts(task, read, unseen)).toEqual(all.filter((_, i) => unseen[i] === 1));
  });

  it('are all pairs where too few are left to tell anything', () => {
    const few = textOf({ length: 5000, places: [1000] });
    const mask = unseenPairs(few.task, few.read);
    expect(mask.length).toBeGreaterThan(0);
    expect(mask.every((each) => each === 1)).toBe(true);
  });
});
