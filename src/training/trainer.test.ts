import { expect, it } from 'vitest';
import { readMemoryCorpus, SENTENCE_END } from '../corpus/encoded-corpus.ts';
import { mixKeys, Random } from '../math/random.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { learningRateAt } from './course.ts';
import { cpuTrainer } from './cpu-trainer.ts';
import { blankHeldOut, heldOutStretches } from './held-out.ts';
import { localWorker } from './local-worker.ts';
import type { Rows } from './trained-rows.ts';
import { describeTrainer, topicPlan } from './trainer.contract.ts';
import type { CreateTrainer, HeldOutValues, Leg, Trainer, TrainingPlan } from './trainer.ts';

const BLOCK_TOKENS = 100;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * Skip-gram with negative sampling as a textbook has it: no WebAssembly, no threads, no shared memory. It shows that the
 * contract asks for none of these.
 */
class PlainTrainer implements Trainer {
  readonly threads = 1;
  readonly started = { words: 0, outputVectors: false };
  readonly blocks: number;
  readonly dimensions: number;
  readonly meanLossOfIgnorance: number;
  readonly tallies: Float64Array;
  readonly #plan: TrainingPlan;
  readonly #ids: Int32Array;
  readonly #heldOut: Float64Array;
  #rows!: Rows;
  #stopped = false;
  #done = 0;

  constructor(plan: TrainingPlan) {
    const { corpus, options } = plan;
    this.#plan = plan;
    this.#ids = new Int32Array(corpus.length);
    if (corpus.place.kind === 'memory') readMemoryCorpus(corpus.place.ids)(0, this.#ids);
    this.#heldOut = heldOutStretches(corpus.length, options.heldOutTokens, options.seed);
    this.blocks = Math.ceil(corpus.length / BLOCK_TOKENS);
    this.dimensions = options.dimensions;
    this.meanLossOfIgnorance = Math.LN2 * (1 + options.negative);
    this.tallies = new Float64Array(2 * options.epochs);
    this.#reset();
  }

  #reset(): void {
    const { options, vocabulary } = this.#plan;
    const random = new Random(options.seed, 1);
    const values = vocabulary.words.length * options.dimensions;
    const inputVectors = Float32Array.from({ length: values }, () => (random.uniform() - 0.5) / options.dimensions);
    this.#rows = { inputVectors, outputVectors: new Float32Array(values) };
  }

  async train({ firstBlock, endBlock, learningRate, courseEnd }: Leg): Promise<number> {
    const { options } = this.#plan;
    const course = { learningRate, endBlock: courseEnd ?? this.blocks * options.epochs };
    const kept = this.#ids.slice();
    blankHeldOut(this.#heldOut, kept, 0);
    let block = firstBlock;
    for (; block < endBlock && !this.#stopped; block++) {
      const rate = learningRateAt(course, options.endLearningRate, block);
      const begin = (block % this.blocks) * BLOCK_TOKENS;
      const random = new Random(mixKeys(options.seed, block, 0), mixKeys(options.seed, block, 1));
      const at = 2 * Math.floor(block / this.blocks);
      for (const loss of this.#losses(kept, begin, begin + BLOCK_TOKENS, random, rate)) {
        this.tallies[at]++;
        this.tallies[at + 1] += loss;
      }
      this.#done = block + 1;
    }
    this.#stopped = false;
    return block;
  }

  /** The loss of each pair whose centre is in [begin, end); a step down its gradient where the rate is above 0. */
  *#losses(ids: Int32Array, begin: number, end: number, random: Random, rate: number): Generator<number> {
    const { options, vocabulary } = this.#plan;
    for (let centre = begin; centre < Math.min(end, ids.length); centre++) {
      if (ids[centre] === SENTENCE_END) continue;
      const reach = options.window - random.below(options.window);
      for (const step of [-1, 1]) {
        for (let at = centre + step; Math.abs(at - centre) <= reach && ids[at] >= 0; at += step) {
          const targets = [ids[centre]];
          for (let k = 0; k < options.negative; k++) targets.push(random.below(vocabulary.words.length));
          yield this.#step(ids[at], targets, rate);
        }
      }
    }
  }

  #step(input: number, [word, ...negatives]: number[], rate: number): number {
    const x = this.#row('inputVectors', input);
    const errors = new Float64Array(this.dimensions);
    let loss = 0;
    for (const [i, target] of [word, ...negatives].entries()) {
      if (i > 0 && target === word) continue;
      const y = this.#row('outputVectors', target);
      const probability = sigmoid(x.reduce((sum, value, d) => sum + value * y[d], 0));
      const gradient = (i === 0 ? 1 : 0) - probability;
      loss -= Math.log(i === 0 ? probability : 1 - probability);
      for (let d = 0; d < x.length; d++) {
        errors[d] += gradient * y[d];
        y[d] += rate * gradient * x[d];
      }
    }
    for (let d = 0; d < x.length; d++) x[d] += rate * errors[d];
    return loss;
  }

  /** No contrasts: nobody asks it whether it over-trains. */
  async evaluateHeldOut(): Promise<HeldOutValues> {
    const random = new Random(7, 7);
    const losses: number[] = [];
    for (let i = 0; i < this.#heldOut.length; i += 2) {
      losses.push(...this.#losses(this.#ids, this.#heldOut[i], this.#heldOut[i + 1], random, 0));
    }
    return { losses: Float64Array.from(losses), contrasts: new Float64Array() };
  }

  #row(matrix: keyof Rows, id: number): Float32Array {
    if (!(id >= 0 && id < this.#plan.vocabulary.words.length)) throw new RangeError(`There is no row ${id}`);
    return this.#rows[matrix].subarray(id * this.dimensions, (id + 1) * this.dimensions);
  }

  async readRows(matrix: keyof Rows, ids: ArrayLike<number>, target?: Float32Array): Promise<Float32Array> {
    const rows = target ?? new Float32Array(ids.length * this.dimensions);
    rows.set(Array.from(ids).flatMap((id) => Array.from(this.#row(matrix, id))));
    return rows;
  }

  async addToRows(matrix: keyof Rows, ids: ArrayLike<number>, changes: Float32Array): Promise<void> {
    Array.from(ids).forEach((id, i) => {
      const row = this.#row(matrix, id);
      for (let d = 0; d < row.length; d++) row[d] += changes[i * row.length + d];
    });
  }

  stop = () => {
    this.#stopped = true;
  };
  blocksDone = () => this.#done;
  rows = async () => this.#rows;
  setRows = async ({ inputVectors, outputVectors }: Rows) => {
    this.#rows = { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice() };
  };
  resetRows = async () => this.#reset();
  finish = async () => this.#rows;
}

const plainTrainer: CreateTrainer = async (plan) => new PlainTrainer(plan);
const workers = (count: number) => Array.from({ length: count }, () => localWorker(createTokenizer('whitespace')));

describeTrainer('plain', plainTrainer, { isExact: true });
describeTrainer('one worker', cpuTrainer(workers(1)), { isExact: true });
describeTrainer('three workers', cpuTrainer(workers(3)), { isExact: false });
describeTrainer('matrices outside of the memory', cpuTrainer(workers(1), 1), { isExact: true });

it('frees the other workers where one fails, and tells its error', async () => {
  const [good, bad] = workers(2);
  const train = () => {
    throw new RangeError('broken');
  };
  const trainer = await cpuTrainer([{ ...bad, train }, good])(await topicPlan(20_000));
  const leg = { firstBlock: 0, endBlock: trainer.blocks, learningRate: 0.05 };
  await expect(trainer.train(leg)).rejects.toThrow(RangeError);
  expect(trainer.tallies.every((value) => value === 0)).toBe(true); // the other one has not begun a block
});

it('refuses changes while a deterministic training runs', async () => {
  const trainer = await cpuTrainer(workers(1))(await topicPlan(2000, { deterministic: true }));
  const training = trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate: 0.05 });
  await expect(trainer.addToRows('inputVectors', [0], new Float32Array(10))).rejects.toThrow('deterministic');
  await training;
  await trainer.addToRows('inputVectors', [0], new Float32Array(10));
});

it('a trainer on processors begins no block while it is held', async () => {
  const trainer = await cpuTrainer([localWorker(createTokenizer('whitespace'))])(
    await topicPlan(400, { window: 1, epochs: 1 }),
  );
  const release = trainer.hold!();
  const training = trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate: 0.05 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(trainer.tallies.every((value) => value === 0)).toBe(true);
  release();
  expect(await training).toBe(trainer.blocks);
  expect(trainer.tallies[0]).toBe(4000);
});

it('a trainer on processors that is held ends where it is stopped', async () => {
  const trainer = await cpuTrainer([localWorker(createTokenizer('whitespace'))])(await topicPlan(400));
  trainer.hold!();
  const training = trainer.train({ firstBlock: 0, endBlock: trainer.blocks, learningRate: 0.05 });
  trainer.stop();
  expect(await training).toBe(0);
});
