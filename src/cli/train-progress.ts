import type { Command } from 'commander';
import type { Forecast, TrainEvent, TrainingOptions } from '../entries/training.ts';
import { counted } from '../text/counted.ts';
import { printable } from '../text/printable.ts';
import { withFlags } from './error-message.ts';
import { note, repairsMessage, warn } from './output.ts';

type EventOf<T extends TrainEvent['type']> = Extract<TrainEvent, { type: T }>;
/** A line that people should not overlook. */
class Yellow {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
type Line = string | Yellow;
/** Contrasts below are chance: nothing was learned that could get worse. */
const CHANCE = 0.2;
const yellow = (text: string) => new Yellow(text);

/** The lines that an event is told by; an event without an entry is a type error. */
const LINES: { readonly [T in TrainEvent['type']]: (event: EventOf<T>) => Line[] } = {
  options: ({ options, threads }) => [optionsLine(options, threads)],
  tokenizer: ({ tokenizer: { name, engine }, reason }) => [
    `tokenizer ${name}${engine ? ` (${engine})` : ''}: ${reason}`,
  ],
  adapted: ({ reason }) => [reason],
  forecast: (event) => [forecastLine(event)],
  warning: ({ message }) => [yellow(`warning: ${message}`)],
  prepare: ({ bytesTotal, bytesRead, tokens }) => {
    const share = bytesTotal ? `${percent(bytesRead / bytesTotal)}, ` : '';
    return [`reading ${share}${(bytesRead / 1e6).toFixed(0)} MB, ${many(tokens, 'token')}`];
  },
  phrases: ({ pass, phrases, examples }) => [
    `phrases, pass ${pass}: ${thousands(phrases)}${examples.length > 0 ? `, such as ${examples.join(', ')}` : ''}`,
  ],
  vocabulary: ({ words, phrases, tokens, statistics }) => {
    const { distinctWords, corpusTokens, sentences, repairs, skippedRecords } = statistics;
    // Words of an earlier model need not be words of this text.
    const found = many(distinctWords, 'word');
    const kept =
      phrases > 0
        ? `${many(words, 'word or phrase', 'words and phrases')} of ${found}`
        : words <= distinctWords
          ? `${thousands(words)} of ${found} kept`
          : `${many(words, 'word')}, ${many(distinctWords, 'different one', 'different ones')} in the text`;
    const lines: Line[] = [
      `${kept}, ${thousands(tokens)} of ${many(corpusTokens, 'token')}, ${many(sentences, 'sentence')}`,
    ];
    if (repairs > 0) lines.push(yellow(repairsMessage(repairs)));
    if (skippedRecords > 0)
      lines.push(
        yellow(`${many(skippedRecords, 'record without the field was', 'records without the field were')} left out`),
      );
    return lines;
  },
  start: ({ words, outputVectors }) => [
    `${many(words, 'word begins', 'words begin')} with given vectors${outputVectors ? ', word and context' : ''}`,
  ],
  resumed: ({ share }) => [`resumed from a checkpoint at ${percent(share)}`],
  epoch: ({ epoch, epochs, loss, heldOutLoss }) => {
    const learned = Number.isNaN(loss) ? 'no pair of words was trained' : `loss ${loss.toFixed(4)}`;
    return [
      `epoch ${epoch}/${epochs}: ${learned}${heldOutLoss === undefined ? '' : `, held-out loss ${heldOutLoss.toFixed(4)}`}`,
    ];
  },
  'over-training': ({ epoch, heldOutContrast, bestHeldOutContrast, bestEpoch, noGainSince, endEpoch }) => {
    const fell = bestHeldOutContrast >= CHANCE;
    const what =
      noGainSince !== undefined
        ? `since about epoch ${noGainSince} words that stand together in held-out text come no nearer: more epochs bring words nothing`
        : fell
          ? `words that stand together in held-out text were ${bestHeldOutContrast.toFixed(2)} standard deviations nearer than chance after epoch ${bestEpoch}, and are ${heldOutContrast.toFixed(2)} now`
          : 'words that stand together in held-out text are hardly nearer than chance: the text is learned by heart';
    const advice =
      noGainSince !== undefined
        ? `about --epochs ${Math.min(epoch, 2 * noGainSince)} are enough, search in texts may still gain a little`
        : fell
          ? `nearest words are best with about --epochs ${2 * bestEpoch}, search in texts may still gain`
          : 'more text may help, more epochs will not';
    const next =
      endEpoch === undefined ? advice : `the training goes on from epoch ${bestEpoch}, and ends with epoch ${endEpoch}`;
    return [yellow(`over-training: ${what}; ${next}`)];
  },
  paused: ({ share }) => [`held at ${percent(share)}`],
  continued: ({ share }) => [`goes on at ${percent(share)}`],
  time: ({ epochs, ofEpochs, wordsPerSecond }) => {
    const speed = `${thousands(wordsPerSecond)} words/s`;
    if (epochs >= ofEpochs) return [`the time is enough for all ${counted(ofEpochs, 'epoch')} at ${speed}`];
    const line = `the time is enough for ${epochs.toPrecision(2)} of ${counted(ofEpochs, 'epoch')} at ${speed}`;
    return [epochs < 1 ? yellow(`${line}; the vectors of less than one know little, so give more time`) : line];
  },
  checkpoint: ({ share }) => [`checkpoint at ${percent(share)}`],
  setback: ({ share, learningRate }) => [
    yellow(
      `the training diverged at ${percent(share)}; it goes on from the last good state with a learning rate of ${learningRate}`,
    ),
  ],
  progress: ({ share, epoch, epochs, wordsPerSecond, secondsLeft, learningRate, loss }) => [
    [
      percent(share),
      `epoch ${epoch}/${epochs}`,
      `${thousands(wordsPerSecond)} words/s`,
      `${duration(secondsLeft)} left`,
      `rate ${learningRate.toPrecision(3)}`,
      `loss ${Number.isNaN(loss) ? '…' : loss.toFixed(4)}`,
    ].join(', '),
  ],
};

/** What is told before the options, some of which follow the text: they are shown as they are trained with. */
const BEFORE_OPTIONS: readonly TrainEvent['type'][] = [
  'tokenizer',
  'forecast',
  'warning',
  'prepare',
  'phrases',
  'vocabulary',
  'start',
];
/** What is written over and over on a terminal, and not at all elsewhere. */
const OVERWRITTEN: readonly TrainEvent['type'][] = ['prepare', 'progress'];
const JSON_PREPARE_MILLISECONDS = 200;

/**
 * Prints training events: with --json each as a JSON line on stderr; on a terminal as one line that is written
 * over and over; elsewhere only what was decided and found, no progress.
 */
export function eventPrinter(
  { json, quiet, silent }: { json?: boolean | undefined; quiet?: boolean | undefined; silent?: boolean },
  command: Command,
) {
  const live = process.stderr.isTTY && !json && !quiet;
  let lineOpen = false;
  let lastLine = 0;
  let held: EventOf<'options'> | undefined;

  const endLine = () => {
    if (lineOpen) process.stderr.write('\n');
    lineOpen = false;
  };
  const showOptions = (adapted?: EventOf<'adapted'>) => {
    if (!held) return;
    endLine();
    for (const line of linesOf({ ...held, ...(adapted && { options: adapted.options }) })) note(String(line));
    held = undefined;
  };
  const onEvent = (event: TrainEvent): void => {
    if (silent) return;
    if (quiet) {
      // What was read otherwise than it was written is no progress.
      if (event.type === 'vocabulary') for (const line of linesOf(event)) if (line instanceof Yellow) warn(line.text);
      return;
    }
    if (json) {
      // Preparation reports once a block; programs want it about as often as training progress.
      if (event.type === 'prepare' && performance.now() - lastLine < JSON_PREPARE_MILLISECONDS) return;
      lastLine = performance.now();
      note(JSON.stringify(event, withoutDictionary));
      return;
    }
    if (event.type === 'options') {
      held = event;
      return;
    }
    if (!BEFORE_OPTIONS.includes(event.type)) showOptions(event.type === 'adapted' ? event : undefined);
    if (OVERWRITTEN.includes(event.type)) {
      if (!live) return;
      const [line] = linesOf(event);
      process.stderr.write(`\r\x1b[2K${printable(String(line)).slice(0, (process.stderr.columns ?? 80) - 1)}`);
      lineOpen = true;
      return;
    }
    if (event.type === 'checkpoint' && live) return; // often
    endLine();
    for (const line of linesOf(event)) {
      if (line instanceof Yellow)
        warn(line.text.replace(/^(warning: )?(.*)$/s, (_, label = '', text) => label + withFlags(text, command)));
      else note(line);
    }
  };
  const finish = () => {
    showOptions();
    endLine();
  };
  return { onEvent, finish };
}

function linesOf<T extends TrainEvent['type']>(event: EventOf<T>): Line[] {
  return (LINES[event.type as T] as (event: EventOf<T>) => Line[])(event);
}

/** All options of a training. */
export function optionsLine(options: TrainingOptions, threads: number): string {
  const shown = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  return `${shown.join(', ')}, threads ${threads}`;
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

function many(count: number, one: string, several?: string): string {
  return counted(count, one, several, thousands(count));
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

/** Its length says enough of a dictionary. */
function withoutDictionary(key: string, value: unknown): unknown {
  return key === 'dictionary' && typeof value === 'string' ? value.split('\n').length - 1 : value;
}
