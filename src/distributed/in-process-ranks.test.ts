import { describe, expect, it } from 'vitest';
import { COMMUNICATOR_CHECKS } from './communicator.contract.ts';
import { InterruptedJobError } from './communicator.ts';
import { inProcessRanks, singleProcess } from './in-process-ranks.ts';

describe.each([1, 2, 3, 5])('%i ranks in one process', (size) => {
  it.each(Object.entries(COMMUNICATOR_CHECKS))('%s', async (_, check) => {
    await Promise.all(inProcessRanks(size).map(check));
  });
});

describe('ranks in one process', () => {
  it('is one rank where there is no other', () => {
    expect(singleProcess()).toMatchObject({ rank: 0, size: 1 });
  });

  it('ends the calls of all ranks when one aborts', async () => {
    const [first, second] = inProcessRanks(2);
    const waiting = first.barrier();
    second.abort(75);
    await expect(waiting).rejects.toThrow(InterruptedJobError);
    await expect(first.barrier()).rejects.toThrow('ended by rank 1 with exit code 75');
  });

  it('finds ranks that make different calls', async () => {
    const [first, second] = inProcessRanks(2);
    const waiting = first.barrier();
    await expect(second.allreduce(new Float32Array(3))).rejects.toThrow('"barrier" on the rank before');
    await expect(waiting).rejects.toThrow('Call 0');
  });
});
