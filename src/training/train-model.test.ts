import { describe, expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { cosineSimilarity } from '../math/vector-operations.ts';
import { floatContents } from '../model/embedding-model.ts';
import { textsSource } from '../text/text-source.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { trainFromText } from '../train.ts';
import { cpuTrainer } from './cpu-trainer.ts';
import { localWorker } from './local-worker.ts';
import { trainModel } from './train-model.ts';
import type { TrainEvent } from './train-settings.ts';
import { resolveTrainingOptions } from './training-options.ts';
import { TrainingPause } from './training-pause.ts';
import { memoryStates } from './training-state.ts';

/** Two topics whose words never meet: fruit with eating, animals with running. */
function topicSentences(count: number): string[] {
  const topics = [
    ['apple', 'banana', 'orange', 'eat', 'sweet', 'juice'],
    ['dog', 'cat', 'horse', 'run', 'tail', 'fur'],
  ];
  return Array.from({ length: count }, (_, i) => {
    const words = topics[i % 2];
    return Array.from({ length: 6 }, (_, j) => words[(i * 7 + j * (1 + (i % 5))) % 6]).join(' ');
  });
}

const options = {
  dimensions: 10,
  minCount: 1,
  epochs: 10,
  subsample: 0,
  learningRate: 0.05,
  tokenizer: 'whitespace',
} as const;

describe('trainFromText', () => {
  it.each([
    [
      '😀 😂',
      'words',
      ': the tokenizer "words" passes over signs, marks and emoji, such as "😀"; use the tokenizer "whitespace"',
    ],
    [' \n', 'whitespace', 'the text holds no words: it is empty, or white space alone'],
  ] as const)('tells why %j holds no words', async (text, tokenizer, message) => {
    await expect(trainFromText(textsSource([text]), { ...options, tokenizer })).rejects.toThrow(message);
  });

  it('tells at the end where words of held-out text have not come nearer to those beside them', async () => {
    // Ten topics of 20 words; half of a line is of one topic, half of words that all share.
    const random = new Random(3, 4);
    const lines = Array.from({ length: 4500 }, (_, line) =>
      Array.from({ length: 12 }, (_, i) => `t${i % 2 ? line % 10 : ''}w${random.below(20)}`).join(' '),
    );
    const warningsOf = async (learningRate: number) => {
      const messages: string[] = [];
      await trainFromText(textsSource(lines), {
        ...options,
        dimensions: 20,
        learningRate,
        epochs: 2,
        onEvent: (event) => event.type === 'warning' && messages.push(`${event.code}: ${event.message}`),
      });
      return messages.filter((message) => message.startsWith('degenerate-vectors'));
    };
    expect(await warningsOf(0.0001)).toEqual([expect.stringContaining('The vectors know hardly anything')]);
    expect(await warningsOf(0.05)).toEqual([]);
  });

  it.each([
    ['cbow', 'negative-sampling', {}],
    ['cbow', 'negative-sampling', { cbowGradient: 'exact', learningRate: 0.2 }],
    ['cbow', 'hierarchical-softmax', { cbowInput: 'sum' }],
    ['skip-gram', 'hierarchical-softmax', {}],
    ['skip-gram', 'softmax', { initialOutput: 'normal' }],
    ['cbow', 'softmax', {}],
  ] as const)('learns topics with %s and %s %o', async (algorithm, loss, more) => {
    const { model, report } = await trainFromText(textsSource(topicSentences(600)), {
      ...options,
      algorithm,
      loss,
      ...more,
    });
    if (loss !== 'negative-sampling') {
      // The loss is −ln p of the word: ln 12 for one who knows nothing, ln 6 for one who knows the topic.
      expect(report.epochLosses[0]).toBeLessThan(Math.log(12));
      expect(report.epochLosses[9]).toBeLessThan(Math.log(6) + 0.05);
      if (loss === 'softmax') expect(report.epochLosses[9]).toBeGreaterThan(1);
    } else {
      const cosine = (a: string, b: string) => cosineSimilarity(model.vector(a), model.vector(b));
      expect(cosine('apple', 'banana')).toBeGreaterThan(cosine('apple', 'dog') + 0.5);
      expect(report.epochLosses[9]).toBeLessThan(report.epochLosses[0] - 0.1);
    }
    // The example of skip-gram is a pair, that of CBOW a centre: 600 sentences of 6 words.
    if (algorithm === 'cbow') expect(report.epochPairs[0]).toBe(3600);
  });

  it('brings words of one topic together and those of two apart', async () => {
    const { model, report } = await trainFromText(textsSource(topicSentences(600)), options);
    const cosine = (a: string, b: string) => cosineSimilarity(model.vector(a), model.vector(b));
    expect(cosine('apple', 'banana')).toBeGreaterThan(cosine('apple', 'dog') + 0.5);
    expect(
      model
        .neighbors('cat', { count: 5 })
        .map(({ word }) => word)
        .sort(),
    ).toEqual(['dog', 'fur', 'horse', 'run', 'tail']);
    expect(report.epochLosses).toHaveLength(10);
    expect(report.epochLosses[9]).toBeLessThan(report.epochLosses[0] - 0.1);
    // Before it has learnt anything, every σ is ½: ln 2 for the pair and for each negative sample that is not the centre.
    expect(report.epochLosses[0]).toBeLessThan(6 * Math.LN2);
    expect(report).toMatchObject({ share: 1, threads: 1 });
  });

  it('trains three words by full softmax until the cross-entropy is the entropy of their pairs', async () => {
    // Pairs: apple to banana 2 of 3, to orange 1 of 3; banana and orange always to apple. Half of all pairs begin with
    // apple, so the entropy of a pair is ½ (⅔ ln 3/2 + ⅓ ln 3) = .3183; nothing can have a lower cross-entropy.
    const entropy = ((2 / 3) * Math.log(3 / 2) + (1 / 3) * Math.log(3)) / 2;
    const texts = Array.from({ length: 600 }, (_, i) => (i % 3 ? 'apple banana' : 'apple orange'));
    for (const algorithm of ['skip-gram', 'cbow'] as const) {
      const { model, report } = await trainFromText(textsSource(texts), {
        ...options,
        algorithm,
        loss: 'softmax',
        dimensions: 3,
        window: 1,
        epochs: 60,
        initialOutput: 'uniform',
      });
      expect(report.epochLosses[0]).toBeLessThan(Math.log(3) + 0.01);
      expect(report.epochLosses[59]).toBeGreaterThan(entropy - 1e-3);
      expect(report.epochLosses[59]).toBeLessThan(entropy + 0.005);
      const [first, second] = model.predictContext('apple');
      expect([first.word, second.word]).toEqual(['banana', 'orange']);
      expect(first.probability).toBeCloseTo(2 / 3, 1);
      expect(second.probability).toBeCloseTo(1 / 3, 1);
    }
  });

  it('counts the pairs of every epoch', async () => {
    // Window 1: both neighbors of each word; 3 words make 4 pairs, whatever the draws.
    const { report } = await trainFromText(textsSource(['a b c', 'd', 'e f']), { ...options, window: 1, epochs: 3 });
    expect(report.epochPairs).toEqual([6, 6, 6]);
  });

  it('gives the same vectors for the same seed and others for another', async () => {
    const vectors = async (seed: number) =>
      (await trainFromText(textsSource(topicSentences(50)), { ...options, seed })).model.contents.inputVectors;
    const first = await vectors(1);
    expect(await vectors(1)).toEqual(first);
    expect(await vectors(2)).not.toEqual(first);
  });

  it('draws start values from the distribution that is asked for', async () => {
    const text = [Array.from({ length: 2000 }, (_, i) => `w${i}`).join(' ')];
    const start = async (initial: 'uniform' | 'normal', matrix: 'inputVectors' | 'outputVectors' = 'inputVectors') => {
      // A learning rate that changes nothing: what remains is the start.
      const { model } = await trainFromText(textsSource(text), {
        ...options,
        epochs: 1,
        initial,
        ...(matrix === 'outputVectors' && { initialOutput: initial }),
        initialScale: 0.6,
        learningRate: 1e-9,
        dimensions: 5,
      });
      return floatContents(model.contents)[matrix]!;
    };
    const variance = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0) / values.length;
    const [uniform, normal] = [await start('uniform'), await start('normal')];
    expect(variance(uniform)).toBeCloseTo(0.12, 2);
    expect(variance(normal)).toBeCloseTo(0.12, 2);
    const [uniformOutput, normalOutput] = [
      await start('uniform', 'outputVectors'),
      await start('normal', 'outputVectors'),
    ];
    expect(variance(uniformOutput)).toBeCloseTo(0.12, 2);
    expect(variance(normalOutput)).toBeCloseTo(0.12, 2);
    expect(Math.abs(cosineSimilarity(uniform, uniformOutput))).toBeLessThan(0.05);
    expect(Math.max(...uniform)).toBeLessThanOrEqual(0.6);
    expect(Math.max(...normal)).toBeGreaterThan(0.8);
  });

  it('trains any number of dimensions, and a vocabulary of one word', async () => {
    for (const dimensions of [1, 3, 102]) {
      const { model } = await trainFromText(textsSource(topicSentences(20)), { ...options, dimensions });
      expect(floatContents(model.contents).inputVectors.length).toBe(12 * dimensions);
      expect(floatContents(model.contents).inputVectors.every(Number.isFinite)).toBe(true);
    }
    const { model } = await trainFromText(textsSource(['only only only only']), options);
    expect(model.words).toEqual(['only']);
    expect(floatContents(model.contents).inputVectors.every(Number.isFinite)).toBe(true);
  });

  it('reports what it does, in order', async () => {
    const events: TrainEvent[] = [];
    await trainFromText(textsSource(topicSentences(100)), { ...options, onEvent: (event) => events.push(event) });
    expect([...new Set(events.map(({ type }) => type))].slice(0, 5)).toEqual([
      'options',
      'tokenizer',
      'warning', // of repeated lines
      'prepare',
      'vocabulary',
    ]);
    expect(events.find((event) => event.type === 'vocabulary')).toMatchObject({ words: 12, tokens: 600 });
  });

  it('stops when the signal says so and keeps what there is', async () => {
    const abort = new AbortController();
    const { model, report } = await trainFromText(textsSource(topicSentences(2000)), {
      ...options,
      epochs: 100_000,
      signal: abort.signal,
      onEvent: (event) => event.type === 'progress' && event.share > 0 && abort.abort(),
    });
    expect(report.share).toBeGreaterThan(0);
    expect(report.share).toBeLessThan(1);
    expect(model.size).toBe(12);
  });

  it('trains as long as the time allows, and lets the rate fall to its end by then', async () => {
    const events: TrainEvent[] = [];
    const { report } = await trainFromText(textsSource(topicSentences(2000)), {
      ...options,
      epochs: 100_000,
      timeSeconds: 0.2,
      onEvent: (event) => events.push(event),
    });
    expect(report).toMatchObject({ share: 1, endedBy: 'end' });
    expect(report.epochs).toBeGreaterThan(0);
    expect(report.epochs).toBeLessThan(100_000);
    const told = events.filter((event) => event.type === 'time');
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ ofEpochs: 100_000 });
    const rates = events.flatMap((event) => (event.type === 'progress' ? [event.learningRate] : []));
    expect(rates.every((rate, i) => i === 0 || rate <= rates[i - 1])).toBe(true);
  });

  it('trains all epochs where the time is enough', async () => {
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => events.push(event);
    const { report } = await trainFromText(textsSource(topicSentences(600)), {
      ...options,
      timeSeconds: 1000,
      onEvent,
    });
    expect(report).toMatchObject({ share: 1, epochs: 10, endedBy: 'end' });
    expect(report.epochPairs).toHaveLength(10);
  });

  it('refuses a time that is none, and one for deterministic training', async () => {
    const refused = (settings: object) => expect(trainFromText(textsSource(['a']), settings)).rejects;
    await refused({ timeSeconds: 0 }).toThrow('"timeSeconds" must be above 0, got 0');
    await refused({ timeSeconds: 1, deterministic: true }).toThrow('"timeSeconds" is not for deterministic training');
  });

  it.each([true, false])(
    'holds and goes on with the same vectors as without (deterministic: %s)',
    async (deterministic) => {
      const settings = { ...options, epochs: 20, deterministic };
      const pause = new TrainingPause();
      const seen: string[] = [];
      let sharesWhileHeld = 0;
      const source = () => textsSource(topicSentences(1000));
      const { model } = await trainFromText(source(), {
        ...settings,
        pause,
        onEvent(event) {
          if (event.type === 'epoch' && event.epoch === 2) pause.pause();
          if (event.type === 'paused') setTimeout(() => pause.resume(), 250);
          if (event.type === 'progress' && pause.isPaused) sharesWhileHeld++;
          if (event.type === 'paused' || event.type === 'continued')
            seen.push(`${event.type} ${event.share.toFixed(3)}`);
        },
      });
      expect(seen).toEqual(['paused 0.100', 'continued 0.100']);
      expect(sharesWhileHeld).toBe(0);
      const { model: straight } = await trainFromText(source(), settings);
      expect(floatContents(model.contents).inputVectors).toEqual(floatContents(straight.contents).inputVectors);
    },
  );

  it('can be ended while it is held', async () => {
    const pause = new TrainingPause();
    const abort = new AbortController();
    const { report } = await trainFromText(textsSource(topicSentences(1000)), {
      ...options,
      pause,
      signal: abort.signal,
      onEvent(event) {
        if (event.type === 'epoch') pause.pause();
        if (event.type === 'paused') setTimeout(() => abort.abort(), 20);
      },
    });
    expect(report.endedBy).toBe('abort');
    expect(report.share).toBeLessThan(0.5);
  });

  it('trains the same bits where one memory is too small and the matrices lie outside of it', async () => {
    const ids = Int32Array.from({ length: 3000 }, (_, i) => (i % 12 === 11 ? -1 : (i * i + (i >> 3)) % 30));
    const counts = new Float64Array(30);
    for (const id of ids) if (id >= 0) counts[id]++;
    const corpus = { length: 3000, tokenCount: 2750, fingerprint: 0, place: { kind: 'memory', ids } } as const;
    const vocabulary = { words: Array.from(counts, (_, id) => `w${id}`), counts, tokenCount: 2750 };
    for (const loss of ['negative-sampling', 'hierarchical-softmax'] as const) {
      const resolved = resolveTrainingOptions({ dimensions: 9, loss, minCount: 1, epochs: 3 });
      const worker = localWorker(createTokenizer('whitespace'));
      const [inside, outside] = await Promise.all(
        [undefined, 1].map((memoryLimit) =>
          trainModel({ corpus, vocabulary, options: resolved }, cpuTrainer([worker], memoryLimit)),
        ),
      );
      expect(outside.inputVectors).toEqual(inside.inputVectors);
      expect(outside.outputVectors).toEqual(inside.outputVectors);
      expect(outside.report.epochLosses).toEqual(inside.report.epochLosses);
      expect(outside.report.heldOutLosses).toEqual(inside.report.heldOutLosses);
    }
  });

  it.each([
    { word: 0, epochs: 3, share: 1 / 3 },
    { word: 1499, epochs: 1, share: 1 },
  ])('goes back where the row of word $word is no number after the first of $epochs epochs', async (at) => {
    const ids = Int32Array.from({ length: 6000 }, (_, i) => (i * 7) % 1500);
    const corpus = { length: 6000, tokenCount: 6000, fingerprint: 0, place: { kind: 'memory', ids } } as const;
    const words = Array.from({ length: 1500 }, (_, id) => `w${id}`);
    const vocabulary = { words, counts: new Float64Array(1500).fill(4), tokenCount: 6000 };
    const options = resolveTrainingOptions({ dimensions: 4, minCount: 1, epochs: at.epochs });
    let legs = 0;
    const events: TrainEvent[] = [];
    const { inputVectors } = await trainModel(
      { corpus, vocabulary, options },
      async (plan) => {
        const trainer = await cpuTrainer([localWorker(createTokenizer('whitespace'))])(plan);
        const train = trainer.train.bind(trainer);
        trainer.train = async (leg) => {
          const end = await train(leg);
          if (legs++ === 0) await trainer.addToRows('inputVectors', [at.word], new Float32Array(4).fill(Number.NaN));
          return end;
        };
        return trainer;
      },
      { onEvent: (event) => events.push(event) },
    );
    expect(events.filter(({ type }) => type === 'setback')).toMatchObject([{ share: at.share }]);
    expect(legs).toBe(at.epochs + 1);
    expect(inputVectors.every(Number.isFinite)).toBe(true);
  });

  it('trains all epochs where a run that had less time is resumed without a limit', async () => {
    const ids = Int32Array.from({ length: 3000 }, (_, i) => (i % 12 === 11 ? -1 : (i * i + (i >> 3)) % 30));
    const counts = new Float64Array(30);
    for (const id of ids) if (id >= 0) counts[id]++;
    const corpus = { length: 3000, tokenCount: 2750, fingerprint: 0, place: { kind: 'memory', ids } } as const;
    const vocabulary = { words: Array.from(counts, (_, id) => `w${id}`), counts, tokenCount: 2750 };
    const plan = { corpus, vocabulary, options: resolveTrainingOptions({ dimensions: 9, minCount: 1, epochs: 8 }) };
    const store = memoryStates();
    const trainer = cpuTrainer([localWorker(createTokenizer('whitespace'))]);
    const checkpoints = { store, everyMilliseconds: 0 };
    const abort = new AbortController();
    const onEvent = (event: TrainEvent) => event.type === 'epoch' && event.epoch === 2 && abort.abort();
    const stopped = await trainModel(plan, trainer, { checkpoints, signal: abort.signal, onEvent });
    expect(stopped.report).toMatchObject({ endedBy: 'abort', epochs: 2 });
    // As if it had planned to end after three epochs, because the time is over then.
    const latest = (await store.load('latest'))!;
    const course = { learningRate: 0.05, endBlock: 3 * latest.position.blocks };
    await store.save('latest', { ...latest, position: { ...latest.position, course } });
    const { report } = await trainModel(plan, trainer, { checkpoints, resume: true });
    expect(report).toMatchObject({ endedBy: 'end', share: 1, epochs: 8 });
  });

  it('ends an epoch in the order in which it began, whatever threads go on with it', async () => {
    const ids = Int32Array.from({ length: 3000 }, (_, i) => (i % (5 + (i >> 8)) === 0 ? -1 : (i * i + (i >> 3)) % 30));
    const counts = new Float64Array(30).fill(1);
    const corpus = { length: 3000, tokenCount: 2750, fingerprint: 0, place: { kind: 'memory', ids } } as const;
    const vocabulary = { words: Array.from(counts, (_, id) => `w${id}`), counts, tokenCount: 30 };
    const sequential = { dimensions: 4, epochs: 3, subsample: 0, blockOrder: 'sequential' } as const;
    const plan = { corpus, vocabulary, options: resolveTrainingOptions(sequential) };
    const spans: (number | undefined)[] = [];
    const abort = new AbortController();
    const trainerOf = (threads: number, blocks: number) => async () => {
      const workers = Array.from({ length: threads }, () => localWorker(createTokenizer('whitespace')));
      const trainer = await cpuTrainer(workers)(plan);
      const train = trainer.train.bind(trainer);
      trainer.train = async (leg) => {
        spans.push(leg.spans);
        const end = await train({ ...leg, endBlock: blocks || leg.endBlock });
        if (blocks) abort.abort();
        return end;
      };
      return trainer;
    };
    const checkpoints = { store: memoryStates(), everyMilliseconds: 1e6 };
    const { epochPairs } = (await trainModel(plan, trainerOf(1, 0))).report;
    const stopped = await trainModel(plan, trainerOf(2, 7), { checkpoints, signal: abort.signal });
    expect(stopped.report).toMatchObject({ endedBy: 'abort', threads: 2 });
    const { report } = await trainModel(plan, trainerOf(1, 0), { checkpoints, resume: true });
    expect(spans).toEqual([1, 1, 1, 2, 2, 1, 1]);
    expect(report.epochPairs).toEqual(epochPairs);
  });

  it('refuses what cannot be trained before it begins', async () => {
    await expect(trainFromText(textsSource(['a']), { threads: 0 })).rejects.toThrow(
      '"threads" must be an integer from 1 to 256, got 0',
    );
    await expect(trainFromText(textsSource(['a']), { tokenizer: 'word' as never })).rejects.toThrow(
      'did you mean "words"?',
    );
    await expect(trainFromText([], {})).rejects.toThrow('Cannot train: there is no text');
    const huge = Array.from({ length: 150_000 }, (_, i) => `w${i}`);
    await expect(
      trainFromText(textsSource([huge.join(' ')]), { ...options, dimensions: 4096, deterministic: true }),
    ).rejects.toThrow(
      '150000 words × 4096 dimensions × 2 matrices need 4.97 GiB, more than the 4 GiB of one WebAssembly memory',
    );
  });
});
