import type { TextSource } from './text-source.ts';

/**
 * What `items` gives, until the signal aborts: also where the next item never comes.
 *
 * @throws the reason of the signal
 */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = items[Symbol.asyncIterator]();
  let giveUp = () => {};
  const abort = () => giveUp();
  signal.addEventListener('abort', abort, { once: true });
  let waits = false;
  try {
    for (;;) {
      waits = true;
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = () => reject(signal.reason);
        iterator.next().then(resolve, reject);
      });
      waits = false;
      if (next.done) return;
      yield next.value;
      signal.throwIfAborted();
    }
  } finally {
    signal.removeEventListener('abort', abort);
    const ending = Promise.resolve(iterator.return?.());
    // What waits for its next item ends when that comes, which may be never.
    if (waits) ending.catch(() => {});
    else await ending;
  }
}

/** The source, which ends when the signal aborts. A file that others read by themselves stays as it is: it does not wait. */
export function abortableSource(source: TextSource, signal: AbortSignal): TextSource {
  if (source.open.file !== undefined) return source;
  const open = (onRead?: (byteLength: number) => void) => {
    const chunks = source.open(onRead);
    return typeof chunks === 'object' && chunks !== null && Symbol.asyncIterator in chunks
      ? untilAborted(chunks, signal)
      : chunks;
  };
  return { ...source, open };
}
