import type { Tokenizer } from '../text/tokenizer.ts';
import type { TrainEdge, TrainSettings } from './train-settings.ts';
import { localWorker, type Worker } from './worker-role.ts';

/** Workers in threads, or, where one of them cannot be started, all in this thread, with a warning that says why. */
export async function startWorkers(
  count: number,
  tokenizer: Tokenizer,
  { createWorker = localWorker }: TrainEdge,
  onEvent: TrainSettings['onEvent'],
): Promise<Worker[]> {
  const starts = await Promise.allSettled(Array.from({ length: count }, async () => createWorker(tokenizer)));
  const workers = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = starts.find((start) => start.status === 'rejected');
  if (!failed) return workers;
  await Promise.all(workers.map((worker) => worker.close()));
  const { message } = failed.reason as Error;
  onEvent?.({
    type: 'warning',
    code: 'threads',
    message: `The training goes on without threads, which takes longer: ${message}`,
  });
  return Array.from({ length: count }, () => localWorker(tokenizer));
}
