import { describe, expect, it } from 'vitest';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { cpuTrainer } from '../training/cpu-trainer.ts';
import { localWorker } from '../training/local-worker.ts';
import { trainModel } from '../training/train-model.ts';
import { describeTrainer, topicPlan } from '../training/trainer.contract.ts';
import type { CreateTrainer, Trainer, TrainingPlan } from '../training/trainer.ts';
import { inProcessRanks, singleProcess } from './in-process-ranks.ts';
import { largestPower, sharedTrainer } from './shared-trainer.ts';

const workers = () => [localWorker(createTokenizer('whitespace'))];
const exchange = { exchangeTokens: 200, exchangeRows: 3 };

/** The plan of rank `rank`: the corpus of `plan`, of which a part lies there. */
async function planOf(plan: TrainingPlan, rank: number, size: number): Promise<TrainingPlan> {
  const { corpus } = plan;
  // A share ends with a sentence, of six words here.
  const [begin, end] = [rank, rank + 1].map((part) => 7 * Math.floor((part * corpus.length) / size / 7));
  const { place } = corpus;
  if (place.kind !== 'memory') throw new Error('the corpus of the contract lies in memory');
  return {
    ...plan,
    corpus: { ...corpus, share: { begin, end }, place: { kind: 'memory', ids: place.ids.slice(begin, end) } },
  };
}

/** All ranks of a job as one trainer, as its owner on rank 0 sees it. */
function jobOf(size: number): CreateTrainer {
  return async (plan) => {
    const trainers = await Promise.all(
      inProcessRanks(size).map(async (communicator, rank) =>
        sharedTrainer(communicator, cpuTrainer(workers()), exchange)(await planOf(plan, rank, size)),
      ),
    );
    const onAll = async <T>(call: (trainer: Trainer) => Promise<T>): Promise<T> => {
      const results = await Promise.all(trainers.map(call));
      for (const result of results) expect(result).toEqual(results[0]);
      return results[0];
    };
    const [first] = trainers;
    return {
      ...{ blocks: first.blocks, threads: first.threads, dimensions: first.dimensions, started: first.started },
      ...{ meanLossOfIgnorance: first.meanLossOfIgnorance, tallies: first.tallies },
      train: (leg) => onAll((trainer) => trainer.train(leg)),
      stop: () => trainers[size - 1].stop(), // whichever rank asks for it
      blocksDone: () => first.blocksDone(),
      evaluateHeldOut: () => onAll((trainer) => trainer.evaluateHeldOut()),
      rows: () => onAll((trainer) => trainer.rows()),
      setRows: (rows) => onAll((trainer) => trainer.setRows(rows)),
      resetRows: () => onAll((trainer) => trainer.resetRows()),
      finish: () => onAll((trainer) => trainer.finish()),
      readRows: (...request) => first.readRows(...request),
      addToRows: (...request) => first.addToRows(...request),
    };
  };
}

describeTrainer('one rank', (plan) => sharedTrainer(singleProcess(), cpuTrainer(workers()))(plan), { isExact: true });
describeTrainer('two ranks', jobOf(2), { isExact: false });
describeTrainer('three ranks', jobOf(3), { isExact: false });

describe('a trainer of several ranks', () => {
  it.each([
    { algorithm: 'cbow' },
    { loss: 'hierarchical-softmax' },
    { loss: 'softmax' },
    { algorithm: 'cbow', loss: 'hierarchical-softmax' },
  ] as const)('learns with %o', async (options) => {
    const plan = await topicPlan(400, { epochs: 8, ...options });
    const { inputVectors } = await trainModel(plan, jobOf(2));
    const row = (id: number) => inputVectors.subarray(10 * id, 10 * id + 10);
    expect(cosineSimilarity(row(0), row(1))).toBeGreaterThan(cosineSimilarity(row(0), row(6)) + 0.3);
  });

  it.each([2, 3])('of %d ranks takes the text from its beginning to its end, each rank its part', async (size) => {
    const plan = await topicPlan(200, { window: 1, blockOrder: 'sequential' });
    const { report } = await trainModel(plan, jobOf(size));
    // Five pairs of neighbors a sentence, each in both directions.
    expect(report.epochPairs).toEqual([2000, 2000, 2000]);
  });

  it.each(['zeros', 'uniform'] as const)('begins with output vectors of %s', async (initialOutput) => {
    const trainer = await jobOf(2)(await topicPlan(200, { initialOutput, endLearningRate: 0 }));
    const before = structuredClone(await trainer.rows());
    await trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate: 0 });
    const { outputVectors } = await trainer.finish();
    expect(outputVectors.some((value) => value !== 0)).toBe(initialOutput === 'uniform');
    outputVectors.forEach((value, i) => {
      expect(value).toBeCloseTo(before.outputVectors[i], 6);
    });
  });

  it('learns with matrices outside of the memory of the kernel', async () => {
    const createTrainer = (rank: number) => cpuTrainer(workers(), rank === 0 ? 40_000 : undefined);
    const plan = await topicPlan(400, { epochs: 8 });
    const trained = await Promise.all(
      inProcessRanks(2).map(async (communicator, rank) =>
        trainModel(await planOf(plan, rank, 2), sharedTrainer(communicator, createTrainer(rank), exchange)),
      ),
    );
    expect(trained[0].inputVectors).toEqual(trained[1].inputVectors);
    const row = (id: number) => trained[0].inputVectors.subarray(10 * id, 10 * id + 10);
    expect(cosineSimilarity(row(0), row(1))).toBeGreaterThan(cosineSimilarity(row(0), row(6)) + 0.3);
  });

  it.each([
    [false, 1],
    [true, 3],
  ])(
    'exchanges all rows at the end of an epoch where a state is kept (%j), and at the end',
    async (keepsStates, times) => {
      const plan = await topicPlan(400, { epochs: 3 });
      const sent: number[] = [];
      const rarely = {
        exchangeTokens: 1e9,
        exchangeRows: 1,
        onExchange: (one: { byteLength: number }) => sent.push(one.byteLength),
      };
      const session = { keepsStates, wantsAbort: () => false, agreeToAbort() {} };
      const trained = await Promise.all(
        inProcessRanks(2).map(async (communicator, rank) =>
          trainModel(
            await planOf(plan, rank, 2),
            sharedTrainer(
              communicator,
              cpuTrainer(workers()),
              rank === 0 ? rarely : { ...rarely, onExchange: undefined },
              session,
            ),
          ),
        ),
      );
      expect(trained[0].inputVectors).toEqual(trained[1].inputVectors);
      const all = 4 * 2 * 12 * (10 + 2);
      expect(sent.filter((byteLength) => byteLength === all)).toHaveLength(times);
      expect(sent.length).toBeGreaterThan(times);
    },
  );

  it('finds on all ranks what diverges on one, though they have not exchanged it', async () => {
    const plan = await topicPlan(400, { epochs: 2 });
    const events: string[][] = [[], []];
    const diverging: CreateTrainer = async (ofRank) => {
      const trainer = await cpuTrainer(workers())(ofRank);
      const train = trainer.train.bind(trainer);
      let legs = 0;
      trainer.train = async (leg) => {
        const reached = await train(leg);
        if (++legs === 1) await trainer.addToRows('inputVectors', [11], new Float32Array(10).fill(Number.NaN));
        return reached;
      };
      return trainer;
    };
    const rarely = { exchangeTokens: 1e9, exchangeRows: 1 };
    const trained = await Promise.all(
      inProcessRanks(2).map(async (communicator, rank) =>
        trainModel(
          await planOf(plan, rank, 2),
          sharedTrainer(communicator, rank === 1 ? diverging : cpuTrainer(workers()), rarely),
          { onEvent: ({ type }) => events[rank].push(type) },
        ),
      ),
    );
    for (const types of events) expect(types.filter((type) => type === 'setback')).toHaveLength(1);
    expect(trained[0].inputVectors).toEqual(trained[1].inputVectors);
    expect(trained[0].inputVectors.every(Number.isFinite)).toBe(true);
  });

  it('tells all ranks when the trainer of one fails', async () => {
    const plan = await topicPlan(400);
    const failing: CreateTrainer = async (ofRank) => {
      const trainer = await cpuTrainer(workers())(ofRank);
      trainer.train = () => Promise.reject(new Error('the disk is gone'));
      return trainer;
    };
    const ends = await Promise.allSettled(
      inProcessRanks(3).map(async (communicator, rank) =>
        trainModel(
          await planOf(plan, rank, 3),
          sharedTrainer(communicator, rank === 1 ? failing : cpuTrainer(workers()), exchange),
        ),
      ),
    );
    const reasons = ends.map((end) => (end.status === 'rejected' ? end.reason : undefined));
    for (const reason of reasons) expect(reason.message).toBe('the disk is gone (rank 1 on this process)');
    expect(reasons.map(({ name }) => name)).toEqual(['OtherRankError', 'Error', 'OtherRankError']);
  });

  it.each([
    [1, true],
    [2, false],
  ])('holds its blocks while rows are exchanged on a machine of %i processors: %s', async (hostProcessors, isHeld) => {
    const plan = await topicPlan(400, { window: 1, epochs: 1 });
    const [held, exchanged] = [
      [0, 0],
      [0, 0],
    ];
    const { report } = (
      await Promise.all(
        inProcessRanks(2).map(async (communicator, rank) => {
          const createTrainer: CreateTrainer = async (ofRank) => {
            const trainer = await cpuTrainer(workers())(ofRank);
            const hold = trainer.hold!.bind(trainer);
            trainer.hold = () => {
              held[rank]++;
              return hold();
            };
            return trainer;
          };
          const onExchange = () => {
            exchanged[rank]++;
          };
          const own = Object.assign(communicator, { hostProcessors });
          const trainer = sharedTrainer(own, createTrainer, { ...exchange, onExchange });
          return trainModel(await planOf(plan, rank, 2), trainer);
        }),
      )
    )[0];
    expect(report.epochPairs).toEqual([4000]);
    expect(exchanged[0]).toBeGreaterThan(1);
    expect(held).toEqual(isHeld ? exchanged : [0, 0]);
  });

  it('takes the most rows of the exchanges that were due', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map((due) => largestPower(due - 1, due))).toEqual([0, 1, 0, 2, 0, 1, 0, 3]);
    expect(largestPower(3, 5)).toBe(2);
    expect(largestPower(4, 7)).toBe(1);
    expect(largestPower(5, 16)).toBe(4);
  });
});
