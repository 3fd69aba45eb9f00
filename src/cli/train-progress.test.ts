import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { resolveTrainingOptions } from '../training/training-options.ts';
import { withFlags } from './error-message.ts';
import { eventPrinter } from './train-progress.ts';

afterEach(() => vi.restoreAllMocks());

function printed(work: (printer: ReturnType<typeof eventPrinter>) => void): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text).trimEnd());
    return true;
  });
  work(eventPrinter({}, new Command('train')));
  return lines;
}

const options = resolveTrainingOptions({ dimensions: 20 });
const begun = { type: 'options', options, threads: 2 } as const;
const tokenizer = { type: 'tokenizer', tokenizer: { name: 'words', version: 2 }, reason: 'as asked' } as const;

it('shows the options as they are trained with, not as they were before the text was known', () => {
  const adapted = { ...options, epochs: 57 };
  const lines = printed(({ onEvent, finish }) => {
    onEvent(begun);
    onEvent(tokenizer);
    onEvent({ type: 'adapted', options: adapted, tokens: 100, chosen: ['epochs'], reason: '100 tokens: 57 epochs' });
    finish();
  });
  expect(lines).toEqual([
    'tokenizer words: as asked',
    expect.stringMatching(/epochs 57, .*threads 2$/),
    '100 tokens: 57 epochs',
  ]);
});

it('shows the options also where none follows the text, and where nothing is trained', () => {
  const shown = expect.stringMatching(/epochs 5, .*threads 2$/);
  const epoch = { type: 'epoch', epoch: 1, epochs: 5, loss: 1 } as const;
  const trained = printed(({ onEvent }) => {
    for (const event of [begun, tokenizer, epoch] as const) onEvent(event as Parameters<typeof onEvent>[0]);
  });
  expect(trained.slice(1)).toEqual([shown, 'epoch 1/5: loss 1.0000']);
  const looked = printed(({ onEvent, finish }) => {
    onEvent(begun);
    finish();
    finish();
  });
  expect(looked).toEqual([shown]);
});

it('names options with a value by their flags', () => {
  const command = new Command('train');
  for (const name of ['epochs', 'dimensions', 'min-count', 'format', 'time', 'subsample'])
    command.option(`--${name} <x>`);
  expect(withFlags('give more text, or epochs 100', command)).toBe('give more text, or --epochs 100');
  expect(withFlags('give dimensions 64, or a larger minCount', command)).toBe(
    'give --dimensions 64, or a larger --min-count',
  );
  expect(withFlags('; give "epochs"', command)).toBe('; give --epochs');
  expect(withFlags('leave it out, or give the "format"', command)).toBe('leave it out, or give the --format');
  expect(withFlags('leave out "timeSeconds" and give "epochs"', command)).toBe('leave out --time and give --epochs');
  expect(withFlags('set subsample to 0 (it is 0.1)', command)).toBe('set --subsample to 0 (it is 0.1)');
  expect(withFlags('57 epochs, or window 5', command)).toBe('57 epochs, or window 5');
});

it('says what over-training costs, and how many epochs are enough', () => {
  const event = {
    type: 'over-training',
    epoch: 30,
    heldOutContrast: 0.52,
    bestEpoch: 12,
    bestHeldOutContrast: 0.72,
  } as const;
  const lines = printed(({ onEvent }) => {
    onEvent({ ...event, noGainSince: undefined, endEpoch: undefined });
    onEvent({ ...event, heldOutContrast: 0.69, noGainSince: 14, endEpoch: undefined });
    // Twice the best would be more epochs than have been trained in vain.
    onEvent({ ...event, heldOutContrast: 0.69, noGainSince: 20, endEpoch: undefined });
    onEvent({ ...event, noGainSince: 14, endEpoch: 24 });
    onEvent({
      ...event,
      heldOutContrast: 0.05,
      bestHeldOutContrast: 0.08,
      noGainSince: undefined,
      endEpoch: undefined,
    });
  });
  expect(lines).toEqual([
    expect.stringMatching(
      /0\.72 standard deviations nearer than chance after epoch 12, and are 0\.52 now.* --epochs 24,/,
    ),
    expect.stringMatching(/since about epoch 14 .*more epochs bring words nothing; about --epochs 28 are enough/),
    expect.stringContaining('about --epochs 30 are enough'),
    expect.stringMatching(/bring words nothing; the training goes on from epoch 12, and ends with epoch 24$/),
    expect.stringContaining('the text is learned by heart; more text may help, more epochs will not'),
  ]);
});
