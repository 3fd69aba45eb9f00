import { describe, expect, it } from 'vitest';
import { inProcessRanks } from './in-process-ranks.ts';
import { failTogether, OtherRankError, together } from './together.ts';

describe('work of all ranks', () => {
  it('gives each its own result, when all are done', async () => {
    let done = 0;
    const results = await Promise.all(
      inProcessRanks(3).map((communicator, rank) =>
        together(communicator, async () => {
          await new Promise((resolve) => setTimeout(resolve, 300 * rank));
          done++;
          return rank;
        }).then((result) => ({ result, done })),
      ),
    );
    expect(results).toEqual([0, 1, 2].map((result) => ({ result, done: 3 })));
  });

  it('fails on all where one fails, and undoes what the others have', async () => {
    const undone: number[] = [];
    const ends = await Promise.allSettled(
      inProcessRanks(3).map((communicator, rank) =>
        together(
          communicator,
          async () => {
            if (rank === 1) throw new RangeError('the disk is full');
            return rank;
          },
          (result) => undone.push(result),
        ),
      ),
    );
    const reasons = ends.map((end) => (end as PromiseRejectedResult).reason);
    for (const { message } of reasons) expect(message).toBe('the disk is full (rank 1 on this process)');
    expect(reasons.map((reason) => reason instanceof OtherRankError)).toEqual([true, false, true]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(undone).toEqual([0, 2]);
  });

  it('names no rank where all meet the same', async () => {
    const failed = inProcessRanks(2).map((communicator) =>
      together(communicator, () => Promise.reject(new RangeError('no such option'))),
    );
    await expect(failed[0]).rejects.toThrow(new RangeError('no such option'));
    await expect(failed[1]).rejects.toThrow(new OtherRankError('no such option'));
  });

  it('bears work that is collective itself, and fails in it', async () => {
    const nested = (fails: boolean) =>
      Promise.allSettled(
        inProcessRanks(2).map((communicator, rank) =>
          together(
            communicator,
            async () => {
              const later = new Promise((resolve) => setTimeout(resolve, 300 * rank));
              await together(communicator, async () => {
                await later;
                if (fails && rank === 1) throw new Error('a page is gone');
              });
              return communicator.allgatherv(Uint8Array.of(rank));
            },
            undefined,
            false,
          ),
        ),
      );
    const all = [Uint8Array.of(0), Uint8Array.of(1)];
    expect(await nested(false)).toEqual([0, 1].map(() => ({ status: 'fulfilled', value: all })));
    const reasons = (await nested(true)).map((end) => (end as PromiseRejectedResult).reason.message);
    expect(reasons).toEqual([0, 1].map(() => 'a page is gone (rank 1 on this process)'));
  });

  it('hears of a rank that has failed elsewhere', async () => {
    const [first, second] = inProcessRanks(2);
    const waiting = together(first, async () => 1);
    const error = await failTogether(second, new Error('a listener threw'));
    expect((error as Error).message).toBe('a listener threw (rank 1 on this process)');
    await expect(waiting).rejects.toThrow('a listener threw (rank 1');
    expect(await failTogether(second, error)).toBe(error); // all know of it
  });
});
