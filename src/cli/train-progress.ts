import type { Forecast, TrainEvent } from '../node/index.ts';
import { note, warn } from './output.ts';

/**
 * Prints training events: with --json each as a JSON line on stderr; on a terminal as one line that is written
 * over and over; elsewhere only what was decided and found, no progress.
 */
export function eventPrinter({ json, quiet }: { json?: boolean | undefined; quiet?: boolean | undefined }) {
  const live = process.stderr.isTTY && !json && !quiet;
  let lineOpen = false;
  let lastLine = 0;
  let phrases = false;

  const endLine = () => {
    if (lineOpen) process.stderr.write('\n');
    lineOpen = false;
  };
  const overwrite = (text: string) => {
    if (!live) return;
    process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    lineOpen = true;
  };

  const onEvent = (event: TrainEvent): void => {
    if (quiet) return;
    if (json) {
      // Preparation reports once a block; programs want it about as often as training progress.
      if (event.type === 'prepare' && performance.now() - lastLine < 200) return;
      lastLine = performance.now();
      note(JSON.stringify(event));
      return;
    }
    switch (event.type) {
      case 'options':
        note(
          `${Object.entries(event.options)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ')}, threads ${event.threads}`,
        );
        break;
      case 'tokenizer':
        note(
          `tokenizer ${event.tokenizer.name}${event.tokenizer.engine ? ` (${event.tokenizer.engine})` : ''}: ${event.reason}`,
        );
        break;
      case 'forecast':
        note(forecastLine(event));
        break;
      case 'warning':
        endLine();
        warn(`warning: ${event.message}`);
        break;
      case 'prepare':
        overwrite(
          `reading ${event.bytesTotal ? `${percent(event.bytesRead / event.bytesTotal)}, ` : ''}${(event.bytesRead / 1e6).toFixed(0)} MB, ${thousands(event.tokens)} tokens`,
        );
        break;
      case 'phrases':
        endLine();
        phrases ||= event.phrases > 0;
        note(
          `phrases, pass ${event.pass}: ${thousands(event.phrases)}${event.examples.length > 0 ? `, such as ${event.examples.join(', ')}` : ''}`,
        );
        break;
      case 'vocabulary': {
        endLine();
        const { statistics } = event;
        note(
          `${thousands(event.words)} ${phrases ? 'words and phrases of' : 'of'} ${thousands(statistics.distinctWords)} words${phrases ? '' : ' kept'}, ${thousands(event.tokens)} of ${thousands(statistics.corpusTokens)} tokens, ${thousands(statistics.sentences)} sentences`,
        );
        if (statistics.repairs > 0)
          warn(`${thousands(statistics.repairs)} malformed UTF-8 sequences were replaced by U+FFFD`);
        if (statistics.skippedRecords > 0)
          warn(`${thousands(statistics.skippedRecords)} records without the field were left out`);
        break;
      }
      case 'start':
        note(
          `${thousands(event.words)} words begin with given vectors${event.outputVectors ? ', word and context' : ''}`,
        );
        break;
      case 'resumed':
        note(`resumed from a checkpoint at ${percent(event.share)}`);
        break;
      case 'epoch':
        endLine();
        note(
          `epoch ${event.epoch}/${event.epochs}: loss ${event.loss.toFixed(4)}${event.heldOutLoss === undefined ? '' : `, held-out loss ${event.heldOutLoss.toFixed(4)}`}`,
        );
        break;
      case 'over-training':
        warn(
          `over-training: the held-out loss ${event.heldOutLoss.toFixed(4)} is above the ${event.bestHeldOutLoss.toFixed(4)} of epoch ${event.bestEpoch}; train with --epochs ${event.bestEpoch}, or more text`,
        );
        break;
      case 'checkpoint':
        if (live) break; // often
        note(`checkpoint at ${percent(event.share)}`);
        break;
      case 'setback':
        endLine();
        warn(
          `the training diverged at ${percent(event.share)}; it goes on from the last good state with a learning rate of ${event.learningRate}`,
        );
        break;
      case 'progress':
        overwrite(
          `${percent(event.share)}, epoch ${event.epoch}/${event.epochs}, ${thousands(event.wordsPerSecond)} words/s, ${duration(event.secondsLeft)} left, rate ${event.learningRate.toPrecision(3)}, loss ${Number.isNaN(event.loss) ? '…' : event.loss.toFixed(4)}`,
        );
    }
  };
  return { onEvent, finish: endLine };
}

/** Two figures of each number: a forecast knows no more. */
export function forecastLine({ tokens, words, memoryBytes, seconds }: Forecast): string {
  const about = (value: number | undefined, unit: string, divisor = 1) =>
    value === undefined
      ? `unknown ${unit}`
      : `${Number((value / divisor).toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 10 })} ${unit}`;
  const time =
    seconds === undefined
      ? 'time unknown'
      : seconds < 120
        ? about(Math.max(1, Math.ceil(seconds)), 's')
        : seconds < 7200
          ? about(seconds, 'minutes', 60)
          : about(seconds, 'hours', 3600);
  return [
    `forecast: about ${about(tokens, 'tokens')}`,
    about(words, 'words'),
    memoryBytes === undefined ? 'memory unknown' : about(memoryBytes, 'MB', 1e6),
    time,
  ].join(', ');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const padded = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(whole % 60)}` : `${minutes}:${padded(whole % 60)}`;
}
