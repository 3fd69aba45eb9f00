import { expect, it } from 'vitest';
import { textsSource } from '../text/text-source.ts';
import { trainFromText } from '../train.ts';
import type { TrainOptions } from './train-input.ts';
import type { TrainingPlan } from './trainer.ts';
import type { TrainingReport } from './training-events.ts';
import { resolveTrainingOptions } from './training-options.ts';
import { warningAtEnd } from './warning-at-end.ts';

const LINES = Array.from({ length: 75 }, (_, line) =>
  Array.from({ length: 20 }, (_, at) => `w${Math.floor(60 * ((Math.sin(17 * line + at) + 1) / 2) ** 2)}`).join(' '),
);

async function warningsOf(options: TrainOptions, texts: readonly string[] = LINES): Promise<string[]> {
  const found: string[] = [];
  await trainFromText(textsSource(texts), {
    ...{ seed: 1, dimensions: 16, ...options },
    onEvent: (event) => {
      if (event.type === 'warning' && event.code === 'nothing-learned') found.push(event.message);
    },
  });
  return found;
}

it('is told of a training whose subsampling left hardly a pair', async () => {
  expect(await warningsOf({ preset: 'fasttext', subwords: false })).toEqual([
    expect.stringMatching(
      /^Next to nothing was learned: .*; subsampling leaves out 9\d % of the tokens: set subsample to 0 \(it is 0\.0001\), or give more text, more epochs \(there were 5\) or .*$/,
    ),
  ]);
});

it.each<[string, TrainOptions]>([
  ['too low a rate', { learningRate: 1e-6, endLearningRate: 1e-6 }],
  ['too few epochs', { epochs: 1, learningRate: 0.001 }],
  ['CBOW of another tool', { preset: 'gensim', algorithm: 'cbow', epochs: 1 }],
  ['full softmax at too low a rate', { loss: 'softmax', learningRate: 1e-6, epochs: 1 }],
])('is told of a training at whose end the loss is that of vectors that know nothing: %s', async (_, options) => {
  expect(await warningsOf(options)).toEqual([
    expect.stringMatching(
      /the loss of an example is .* at the end, that of vectors that know nothing .*give more text, more epochs/,
    ),
  ]);
});

it('is told of a training that diverged: its rate is not to be raised', () => {
  const report = { endedBy: 'end', epochPairs: [1e5], epochLosses: [4.16], learningRate: 0.001, heldOutContrasts: [] };
  const plan = {
    options: resolveTrainingOptions({ window: 1000 }),
    vocabulary: { words: ['a', 'b'], counts: Float64Array.of(500, 500) },
    corpus: { tokenCount: 1000 },
  };
  const warningOf = (found: object) =>
    warningAtEnd(found as unknown as TrainingReport, plan as unknown as TrainingPlan) as { message: string };
  expect(warningOf(report).message).toMatch(
    /diverged at learningRate 0.025 and went on with 0.001: give a lower learningRate from .*, or a smaller window \(it was 1000\)$/,
  );
  expect(warningOf({ ...report, learningRate: 0.025 }).message).toContain('or a higher learningRate (it was 0.025)');
});

it('is told of lines that hardly hold a pair', async () => {
  const single = LINES.join(' ').split(' ');
  expect(await warningsOf({ epochs: 2, minCount: 1 }, [...single, 'w1 w2'])).toEqual([
    expect.stringMatching(/^Next to nothing was learned: \d+ examples were trained in 2 epochs.* or longer lines$/),
  ]);
});

it('is not told of trainings that learned', async () => {
  expect(await warningsOf({})).toEqual([]);
  expect(await warningsOf({ loss: 'hierarchical-softmax' })).toEqual([]);
  expect(await warningsOf({ loss: 'softmax', epochs: 20, subsample: 0, learningRate: 0.1 })).toEqual([]);
});
