import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createWatchdog } from './watchdog.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('tells once of a call that takes longer than its deadline', () => {
  const expired = vi.fn();
  const { watch } = createWatchdog(10_000, expired);
  const done = watch('MPI_Allreduce');
  vi.advanceTimersByTime(9000);
  done();
  watch('MPI_Bcast');
  vi.advanceTimersByTime(10_000);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(expired).toHaveBeenCalledTimes(1);
  expect(expired).toHaveBeenCalledWith('MPI_Bcast', expect.any(Number));
  expect(expired.mock.calls[0][1]).toBeGreaterThan(10_000);
});

it('waits longer where it is asked to', () => {
  const expired = vi.fn();
  const { watch, waitLonger } = createWatchdog(10_000, expired);
  waitLonger(30_000);
  watch('MPI_Allreduce');
  vi.advanceTimersByTime(39_000);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2000);
  expect(expired).toHaveBeenCalled();
});
