import type { Tokenizer } from '../text/tokenizer.ts';
import { localWorker } from './local-worker.ts';
import type { TrainEdge, TrainSettings } from './train-settings.ts';
import type { Worker } from './worker-role.ts';

/**
 * Workers in threads, or, where one of them cannot be started, all in this thread, with a warning that says why.
 *
 * @returns `inThreads`: whether they can read what the environment's own store keeps; those in this thread read memory only
 */
export async function startWorkers(
  count: number,
  tokenizer: Tokenizer,
  { createWorker }: TrainEdge,
  onEvent: TrainSettings['onEvent'],
): Promise<{ workers: Worker[]; inThreads: boolean }> {
  const here = () => Array.from({ length: count }, () => localWorker(tokenizer));
  if (!createWorker) return { workers: here(), inThreads: false };
  const starts = await Promise.allSettled(Array.from({ length: count }, async () => createWorker(tokenizer)));
  const workers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = starts.find((start) => start.status === 'rejected');
  if (!failed) return { workers, inThreads: true };
  await Promise.all(workers.map((worker) => worker.close()));
  const { message } = failed.reason as Error;
  onEvent?.({
    type: 'warning',
    code: 'threads',
    message: `The training goes on without threads, which takes longer: ${message}`,
  });
  return { workers: here(), inThreads: false };
}
