import type { TrainSettings } from './train-settings.ts';

type OnEvent = NonNullable<TrainSettings['onEvent']>;

/**
 * The listener, of which a promise that is rejected fails the training as an error that is thrown does: nobody else would hear of it,
 * and it would end the process.
 *
 * @returns the listener, and what waits for the promises that are still open
 */
export function watchEvents(onEvent: OnEvent | undefined): { onEvent: OnEvent | undefined; settled(): Promise<void> } {
  if (typeof onEvent !== 'function') return { onEvent, settled: async () => {} };
  let fault: { readonly error: unknown } | undefined;
  const open = new Set<PromiseLike<unknown>>();
  const throwFault = () => {
    if (fault) throw fault.error;
  };
  const watched: OnEvent = (event) => {
    throwFault();
    const told = onEvent(event) as unknown;
    if (!isPromise(told)) return;
    open.add(told);
    told.then(
      () => open.delete(told),
      (error) => {
        fault ??= { error };
        open.delete(told);
      },
    );
  };
  return {
    onEvent: watched,
    async settled() {
      await Promise.allSettled(open);
      throwFault();
    },
  };
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
