import { checkIsObject } from '../text/check-options.ts';
import type { TrainEvent, TrainResult, TrainSettings } from './train-settings.ts';

/** A training in work: its events in their order, each once, and its result. */
export interface TrainingRun extends AsyncIterable<TrainEvent> {
  readonly result: Promise<TrainResult>;
  /** Ends the training early; the result is what there is, or the reason where nothing has been trained. */
  stop(reason?: unknown): void;
}

/** `train` with its events as an async iterator. */
export function runTraining<Settings extends TrainSettings>(
  train: (settings: Settings) => Promise<TrainResult>,
  settings: Settings,
): TrainingRun {
  checkIsObject(settings, 'dimensions');
  const abort = new AbortController();
  const events: TrainEvent[] = [];
  let ended = false;
  let wake = () => {};
  const signal = settings.signal ? AbortSignal.any([settings.signal, abort.signal]) : abort.signal;
  const onEvent = (event: TrainEvent) => {
    const told = settings.onEvent?.(event);
    // Nobody needs old progress.
    if (event.type === events.at(-1)?.type && (event.type === 'progress' || event.type === 'prepare')) events.pop();
    events.push(event);
    wake();
    return told; // a promise, where the listener is asynchronous
  };
  const result = train({ ...settings, signal, onEvent }).finally(() => {
    ended = true;
    wake();
  });
  result.catch(() => {}); // whoever waits for it hears of it

  async function* iterate(): AsyncGenerator<TrainEvent> {
    try {
      for (;;) {
        for (let event = events.shift(); event; event = events.shift()) yield event;
        if (ended) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      await result; // a failure ends the loop, too
    } finally {
      if (!ended) abort.abort(new Error('The loop over the events was left'));
    }
  }
  return { result, stop: (reason) => abort.abort(reason), [Symbol.asyncIterator]: iterate };
}
