import { describe, expect, it } from 'vitest';
import type { Rows } from '../training/trained-rows.ts';
import type { LiveVectors } from '../training/trainer.ts';
import { inProcessRanks } from './in-process-ranks.ts';
import { type MergeRule, RowExchange } from './row-exchange.ts';

const ORDER = { inputVectors: Uint32Array.of(0, 1, 2), outputVectors: Uint32Array.of(2, 1, 0) };
const START = [1, 2, 3, 4, 5, 6];

/** Rows of two dimensions that a rank trains. */
class TestVectors implements LiveVectors {
  readonly dimensions = 2;
  readonly rows: Rows = { inputVectors: Float32Array.from(START), outputVectors: Float32Array.from(START) };

  async readRows(matrix: keyof Rows, ids: ArrayLike<number>, target = new Float32Array(2 * ids.length)) {
    for (let i = 0; i < 2 * ids.length; i++) target[i] = this.rows[matrix][2 * ids[i >> 1] + (i & 1)];
    return target;
  }

  async addToRows(matrix: keyof Rows, ids: ArrayLike<number>, changes: Float32Array): Promise<void> {
    for (let i = 0; i < 2 * ids.length; i++) this.rows[matrix][2 * ids[i >> 1] + (i & 1)] += changes[i];
  }
}

function job(size: number, rule: MergeRule) {
  const vectors = Array.from({ length: size }, () => new TestVectors());
  const exchanges = inProcessRanks(size).map(
    (communicator, rank) =>
      new RowExchange(communicator, vectors[rank], structuredClone(vectors[rank].rows), ORDER, rule),
  );
  return {
    vectors,
    exchange: (share: number) => Promise.all(exchanges.map((one) => one.exchange(share))),
    exchanges,
  };
}

describe('the exchange of rows', () => {
  it('may have a rule of their own for output vectors', async () => {
    const vectors = [new TestVectors(), new TestVectors()];
    const exchanges = inProcessRanks(2).map(
      (communicator, rank) =>
        new RowExchange(communicator, vectors[rank], structuredClone(vectors[rank].rows), ORDER, 'sum', 'adasum'),
    );
    for (const one of vectors) {
      for (const matrix of ['inputVectors', 'outputVectors'] as const) {
        for (const row of [0, 2]) await one.addToRows(matrix, [row], Float32Array.of(4, 2));
      }
    }
    await Promise.all(exchanges.map((one) => one.exchange(1)));
    for (const { rows } of vectors) {
      expect([...rows.inputVectors]).toEqual([9, 6, 3, 4, 13, 10]);
      expect([...rows.outputVectors]).toEqual([5, 4, 3, 4, 9, 8]);
    }
  });

  it.each([
    // Changes at right angles are added; of equal ones the mean is taken, or half as much again.
    ['adasum', [4, 0], [0, 3], [4, 3]],
    ['adasum', [4, 2], [4, 2], [4, 2]],
    ['adaptive', [4, 0], [0, 3], [4, 3]],
    ['adaptive', [4, 2], [4, 2], [6, 3]],
    ['adaptive', [4, 0], [-4, 0], [0, 0]],
    ['adaptive', [4, 0], [0, 0], [4, 0]],
    ['average', [4, 0], [0, 3], [2, 1.5]],
    ['average', [4, 0], [0, 0], [4, 0]],
    ['sum', [4, 2], [4, 2], [8, 4]],
  ] as const)('%s: %j and %j become %j', async (rule, first, second, merged) => {
    const { vectors, exchange, exchanges } = job(2, rule);
    await vectors[0].addToRows('inputVectors', [0], Float32Array.from(first));
    await vectors[1].addToRows('inputVectors', [0], Float32Array.from(second));
    await exchange(1);
    const expected = [1 + merged[0], 2 + merged[1], 3, 4, 5, 6];
    for (const rank of [0, 1]) {
      expect([...vectors[rank].rows.inputVectors]).toEqual(expected);
      expect([...exchanges[rank].base.inputVectors]).toEqual(expected);
      expect([...vectors[rank].rows.outputVectors]).toEqual(START);
    }
  });

  it('keeps what a rank changes while the exchange runs, and sends it the next time', async () => {
    const { vectors, exchange } = job(2, 'adaptive');
    await vectors[0].addToRows('inputVectors', [1], Float32Array.of(2, 0));
    const exchanging = exchange(1);
    await vectors[0].addToRows('inputVectors', [1], Float32Array.of(0, 8)); // when the rows have been read
    await exchanging;
    expect([...vectors[0].rows.inputVectors.subarray(2, 4)]).toEqual([5, 12]);
    expect([...vectors[1].rows.inputVectors.subarray(2, 4)]).toEqual([5, 4]);
    await exchange(1);
    expect([...vectors[1].rows.inputVectors.subarray(2, 4)]).toEqual([5, 12]);
  });

  it('takes the first rows by their order, and later all', async () => {
    const { vectors, exchange } = job(2, 'adaptive');
    for (const matrix of ['inputVectors', 'outputVectors'] as const) {
      await vectors[0].addToRows(matrix, [0, 2], Float32Array.of(1, 1, 1, 1));
    }
    await exchange(1 / 3);
    expect([...vectors[1].rows.inputVectors]).toEqual([2, 3, 3, 4, 5, 6]);
    expect([...vectors[1].rows.outputVectors]).toEqual([1, 2, 3, 4, 6, 7]);
    await exchange(1);
    expect([...vectors[1].rows.inputVectors]).toEqual([2, 3, 3, 4, 6, 7]);
    expect([...vectors[1].rows.outputVectors]).toEqual([2, 3, 3, 4, 6, 7]);
  });

  it('adds up what ranks tell with their rows, and says what it has sent', async () => {
    const { vectors, exchanges } = job(3, 'sum');
    await vectors[2].addToRows('outputVectors', [1], Float32Array.of(5, 5));
    const all = await Promise.all(exchanges.map((one, rank) => one.exchange(1, [rank, 1])));
    for (const [rank, { sums, byteLength, workMilliseconds }] of all.entries()) {
      expect(sums).toEqual([3, 3]);
      expect(byteLength).toBe(4 * (6 * (2 + 2) + 2));
      expect(workMilliseconds).toBeGreaterThanOrEqual(0);
      expect([...vectors[rank].rows.outputVectors]).toEqual([1, 2, 8, 9, 5, 6]);
    }
  });

  it('sends many rows in several pieces, each row once', async () => {
    const dimensions = 50_000;
    const ids = Uint32Array.from({ length: 30 }, (_, id) => id);
    const exchanges = inProcessRanks(2).map((communicator, rank) => {
      const rows = {
        inputVectors: new Float32Array(30 * dimensions),
        outputVectors: new Float32Array(30 * dimensions),
      };
      const values = (matrix: keyof Rows, id: number) => rows[matrix].subarray(id * dimensions, (id + 1) * dimensions);
      const vectors: LiveVectors = {
        dimensions,
        async readRows(matrix, wanted, target = new Float32Array(0)) {
          for (let i = 0; i < wanted.length; i++) target.set(values(matrix, wanted[i]), i * dimensions);
          return target;
        },
        async addToRows(matrix, wanted, changes) {
          for (let i = 0; i < wanted.length; i++) {
            const row = values(matrix, wanted[i]);
            for (let d = 0; d < dimensions; d++) row[d] += changes[i * dimensions + d];
          }
        },
      };
      const order = { inputVectors: ids, outputVectors: ids.slice().reverse() };
      const exchange = new RowExchange(communicator, vectors, structuredClone(rows), order, 'sum');
      for (const id of ids) values('inputVectors', id).fill(rank === 0 ? id + 1 : 0);
      for (const id of ids) values('outputVectors', id).fill(rank === 0 ? 0 : -id - 1);
      return { exchange, rows };
    });
    const sent = await Promise.all(exchanges.map(({ exchange }, rank) => exchange.exchange(1, [rank + 1])));
    for (const [rank, { rows }] of exchanges.entries()) {
      expect(sent[rank].sums).toEqual([3]);
      for (const id of ids) {
        expect(rows.inputVectors[(id + 1) * dimensions - 1]).toBe(id + 1);
        expect(rows.outputVectors[id * dimensions]).toBe(-id - 1);
      }
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('tells all ranks of what is no number: %s', async (value) => {
    const { vectors, exchange } = job(2, 'adaptive');
    await vectors[0].addToRows('inputVectors', [1], Float32Array.of(value, 0));
    await exchange(1);
    expect(vectors[1].rows.inputVectors[2]).not.toSatisfy(Number.isFinite);
  });
});
