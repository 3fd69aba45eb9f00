import { describe, expect, it } from 'vitest';
import { createMemoryCorpusStore } from '../corpus/encoded-corpus.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { createVocabulary } from '../vocabulary/vocabulary.ts';
import { trainModel } from './train-model.ts';
import type { CreateTrainer, LiveVectors, TrainingPlan } from './trainer.ts';
import { type PartialTrainingOptions, resolveTrainingOptions } from './training-options.ts';

/** A corpus of two topics whose words never meet: 0 to 5 and 6 to 11, sentences of six words. */
export async function topicPlan(sentences: number, options: PartialTrainingOptions = {}): Promise<TrainingPlan> {
  const ids = new Int32Array(7 * sentences);
  const counts = new Float64Array(12);
  for (let i = 0; i < sentences; i++) {
    for (let j = 0; j < 6; j++) {
      const word = 6 * (i % 2) + ((i * 7 + j * (1 + (i % 5))) % 6);
      ids[7 * i + j] = word;
      counts[word]++;
    }
    ids[7 * i + 6] = -1;
  }
  const store = createMemoryCorpusStore();
  store.append(ids, 0);
  return {
    corpus: await store.finish([Int32Array.from({ length: 12 }, (_, id) => id)]),
    vocabulary: createVocabulary(
      Array.from({ length: 12 }, (_, id) => `w${id}`),
      counts,
    ),
    options: resolveTrainingOptions({
      dimensions: 10,
      epochs: 3,
      subsample: 0,
      window: 2,
      learningRate: 0.05,
      initialScale: 0.05,
      ...options,
    }),
  };
}

/**
 * What any trainer must do, tried with skip-gram and negative sampling.
 *
 * @param isExact - whether training in parts gives the same bits as at once
 */
export function describeTrainer(name: string, createTrainer: CreateTrainer, { isExact }: { isExact: boolean }): void {
  const pairsOf = (tallies: Float64Array) => tallies.reduce((sum, value, i) => (i % 2 === 0 ? sum + value : sum), 0);

  describe(`trainer: ${name}`, () => {
    it('learns, epoch after epoch, and tells its losses', async () => {
      const plan = await topicPlan(600, { epochs: 10 });
      const { inputVectors, report } = await trainModel(plan, createTrainer);
      const row = (id: number) => inputVectors.subarray(10 * id, 10 * id + 10);
      expect(cosineSimilarity(row(0), row(1))).toBeGreaterThan(cosineSimilarity(row(0), row(6)) + 0.5);
      expect(report.epochLosses).toHaveLength(10);
      expect(report.epochLosses[9]).toBeLessThan(report.epochLosses[0] - 0.1);
      // Nothing is known at first: ln 2 for the pair and for each negative sample that is not the centre.
      expect(report.epochLosses[0]).toBeLessThan(6 * Math.LN2);
      expect(report).toMatchObject({ share: 1, endedBy: 'end' });
    });

    it('trains each pair of each epoch once', async () => {
      // Window 1: five pairs of neighbors a sentence, each in both directions.
      const { report } = await trainModel(await topicPlan(200, { window: 1 }), createTrainer);
      expect(report.epochPairs).toEqual([2000, 2000, 2000]);
    });

    it('stops where it is asked to, and goes on from there without leaving out or repeating a block', async () => {
      const trainer = await createTrainer(await topicPlan(400, { window: 1, epochs: 1 }));
      expect(trainer.blocks).toBeGreaterThan(4);
      trainer.stop();
      const learningRate = 0.05;
      const reached = await trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate });
      expect(reached).toBeLessThan(trainer.blocks);
      expect(await trainer.train({ firstBlock: reached, endBlock: trainer.blocks, learningRate })).toBe(trainer.blocks);
      expect(pairsOf(trainer.tallies)).toBe(4000);
    });

    it('gives its rows, takes others, and goes back to its beginning', async () => {
      const trainer = await createTrainer(await topicPlan(100));
      const copy = async () => {
        const { inputVectors, outputVectors } = await trainer.rows();
        return { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice() };
      };
      const start = await copy();
      expect(start.inputVectors).toHaveLength(120);
      expect(start.inputVectors.some((value) => value !== 0)).toBe(true);
      await trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate: 0.05 });
      const trained = await copy();
      expect(trained.inputVectors).not.toEqual(start.inputVectors);
      await trainer.resetRows();
      expect(await copy()).toEqual(start);
      await trainer.setRows(trained);
      expect(await copy()).toEqual(trained);
      expect(await trainer.readRows('inputVectors', [3, 0])).toEqual(
        Float32Array.from([...trained.inputVectors.subarray(30, 40), ...trained.inputVectors.subarray(0, 10)]),
      );
      const place = new Float32Array(50).fill(7);
      expect(await trainer.readRows('outputVectors', [2, 3, 4, 0], place)).toBe(place);
      expect(place).toEqual(
        Float32Array.from([
          ...trained.outputVectors.subarray(20, 50),
          ...trained.outputVectors.subarray(0, 10),
          ...new Array(10).fill(7),
        ]),
      );
      const finished = await trainer.finish();
      expect({ ...finished }).toEqual(trained);
    });

    it('adds changes to rows, and refuses rows that are not there', async () => {
      const trainer = await createTrainer(await topicPlan(100));
      const before = await trainer.readRows('outputVectors', [5, 5, 7]);
      await trainer.addToRows(
        'outputVectors',
        [5, 7],
        Float32Array.from({ length: 20 }, (_, i) => i),
      );
      const after = await trainer.readRows('outputVectors', [5, 5, 7]);
      const expected = [...Array(10).keys(), ...Array(10).keys(), ...Array.from({ length: 10 }, (_, i) => 10 + i)];
      after.forEach((value, i) => expect(value).toBeCloseTo(before[i] + expected[i], 5));
      for (const id of [12, -1, Number.NaN]) {
        await expect(trainer.readRows('inputVectors', [id])).rejects.toThrow(RangeError);
        await expect(trainer.addToRows('inputVectors', [id], new Float32Array(10))).rejects.toThrow(RangeError);
      }
    });

    it('lends its vectors to its owner while it trains', async () => {
      let vectors: LiveVectors | undefined;
      const seen: Promise<Float32Array>[] = [];
      await trainModel(await topicPlan(300, { epochs: 3 }), createTrainer, {
        onVectors: (live) => {
          vectors = live;
        },
        onEvent: (event) => event.type === 'epoch' && seen.push(vectors!.readRows('inputVectors', [0])),
      });
      const rows = await Promise.all(seen);
      expect(rows).toHaveLength(3);
      expect(rows[0]).not.toEqual(rows[2]);
    });

    it('tells the same of the held-out text when it is asked again', async () => {
      const trainer = await createTrainer(await topicPlan(10_000));
      const found = await trainer.evaluateHeldOut();
      const { losses } = found;
      expect(losses.length).toBeGreaterThan(100);
      expect(losses.every((loss) => loss > 0 && loss < 6 * Math.LN2 + 0.1)).toBe(true);
      expect(await trainer.evaluateHeldOut()).toEqual(found);
    });

    if (!isExact) return;
    it('gives the same bits in parts as at once', async () => {
      const plan = await topicPlan(300, { epochs: 2 });
      const whole = await createTrainer(plan);
      const leg = { learningRate: 0.05 };
      const { blocks } = whole;
      await whole.train({ firstBlock: 0, endBlock: blocks, ...leg });
      await whole.train({ firstBlock: blocks, endBlock: 2 * blocks, ...leg });
      const first = await createTrainer(plan);
      await first.train({ firstBlock: 0, endBlock: blocks, ...leg });
      const second = await createTrainer(plan);
      await second.setRows(await first.rows());
      await second.train({ firstBlock: blocks, endBlock: 2 * blocks, ...leg });
      expect({ ...(await second.finish()) }).toEqual({ ...(await whole.finish()) });
    });
  });
}
