import { deepStrictEqual, ok } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { type Communicator, gatherValues } from './communicator.ts';

/** What any communicator must do, for any number of ranks: each check is made by all ranks at once. */
export const COMMUNICATOR_CHECKS: Readonly<Record<string, (communicator: Communicator) => Promise<void>>> = {
  async 'knows who it is'({ rank, size, host }) {
    ok(Number.isInteger(rank) && rank >= 0 && rank < size);
    ok(host.length > 0);
  },

  async 'adds up values of all ranks'(communicator) {
    const { rank, size } = communicator;
    const floats = Float32Array.of(rank + 1, 9 - rank, 0.5);
    await communicator.allreduce(floats);
    deepStrictEqual([...floats], [(size * (size + 1)) / 2, 9 * size - (size * (size - 1)) / 2, size / 2]);
    const doubles = Float64Array.of(2 ** 50 + rank);
    await communicator.allreduce(doubles, 'sum');
    deepStrictEqual([...doubles], [size * 2 ** 50 + (size * (size - 1)) / 2]);
  },

  async 'finds the largest value of all ranks'(communicator) {
    const { rank, size } = communicator;
    const values = Float64Array.of(rank, 9 - rank, 2 ** 52 - rank);
    await communicator.allreduce(values, 'max');
    deepStrictEqual([...values], [size - 1, 9, 2 ** 52]);
  },

  async 'reduces shared memory in place, and views of it'(communicator) {
    const { size } = communicator;
    const all = new Float32Array(new SharedArrayBuffer(4000));
    all.fill(1);
    await communicator.allreduce(all.subarray(10, 990));
    deepStrictEqual([...all.subarray(8, 12)], [1, 1, size, size]);
    deepStrictEqual([...all.subarray(988, 992)], [size, size, 1, 1]);
  },

  async 'reduces nothing, and much'(communicator) {
    await communicator.allreduce(new Float32Array(0));
    const much = new Float32Array(3_000_001).fill(0.5);
    await communicator.allreduce(much);
    // As bytes: numbers are compared one by one.
    const wanted = new Float32Array(much.length).fill(communicator.size / 2);
    ok(isDeepStrictEqual(new Uint8Array(much.buffer), new Uint8Array(wanted.buffer)));
  },

  async 'gives the same bits to all ranks'(communicator) {
    const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i + 1000 * communicator.rank) / 3);
    await communicator.allreduce(values);
    const all = await communicator.allgatherv(new Uint8Array(values.buffer));
    for (const other of all) deepStrictEqual(other, all[0]);
  },

  async 'broadcasts from any rank'(communicator) {
    for (let root = 0; root < communicator.size; root++) {
      const bytes = communicator.rank === root ? Uint8Array.of(root, 7, 255) : new Uint8Array(3);
      await communicator.broadcast(bytes, root);
      deepStrictEqual([...bytes], [root, 7, 255]);
    }
    await communicator.broadcast(new Uint8Array(0), 0);
  },

  async 'sends a part to each rank, of any length, none too'(communicator) {
    const { rank, size } = communicator;
    const parts = Array.from({ length: size }, (_, to) => new Uint8Array(rank === to ? 0 : 10 * rank + to).fill(to));
    const received = await communicator.alltoallv(parts);
    deepStrictEqual(
      received.map((part) => [...part]),
      Array.from({ length: size }, (_, from) => Array(rank === from ? 0 : 10 * from + rank).fill(rank)),
    );
  },

  async 'gathers the bytes of all ranks'(communicator) {
    const gathered = await communicator.allgatherv(new Uint8Array(communicator.rank * 3).fill(communicator.rank));
    deepStrictEqual(
      gathered.map((bytes) => [...bytes]),
      Array.from({ length: communicator.size }, (_, from) => Array(3 * from).fill(from)),
    );
  },

  async 'gathers values'(communicator) {
    const values = await gatherValues(communicator, { rank: communicator.rank, text: 'Grüße 你好' });
    deepStrictEqual(
      values,
      Array.from({ length: communicator.size }, (_, rank) => ({ rank, text: 'Grüße 你好' })),
    );
  },

  async 'gathers nothing where there is nothing'(communicator) {
    const values = await gatherValues(communicator, communicator.rank === 0 ? undefined : communicator.rank);
    deepStrictEqual(
      values,
      Array.from({ length: communicator.size }, (_, rank) => rank || undefined),
    );
  },

  async 'keeps the order of calls that are begun at once, while this thread goes on'(communicator) {
    const { size } = communicator;
    const first = Float32Array.of(1);
    const second = new Float32Array(100_000).fill(2);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const calls = [communicator.allreduce(first), communicator.allreduce(second), communicator.barrier()];
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(calls);
    clearInterval(ticking);
    ok(turns > 0);
    deepStrictEqual([first[0], second[99_999]], [size, 2 * size]);
  },
};
