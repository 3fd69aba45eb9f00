// What a long training needs: held-out loss, early stop, setbacks, checkpoints, start from vectors, events.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createSentenceEncoder,
  EmbeddingModel,
  memoryFile,
  type PartialTrainingOptions,
  readModel,
  startTraining,
  type TrainEvent,
  type TrainOptions,
  train,
  writeSafetensors,
} from 'wordkin';

type Options = PartialTrainingOptions & TrainOptions;

const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sentences whose words follow each other by chance, but within one of ten topics. */
function topicTexts(count: number, seed = 1): string[] {
  let state = seed;
  const next = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: 10 }, () => `t${i % 10}w${Math.min(next(40), next(40))}`).join(' '),
  );
}
const texts = topicTexts(5000);
const bytesOf = (model: EmbeddingModel) => Buffer.concat([...writeSafetensors(model.contents)]);
const small = { dimensions: 12, epochs: 3, minCount: 1, threads: 1, tokenizer: 'whitespace' } as const;

describe('held-out loss', () => {
  it.each([
    ['negative-sampling', 2],
    ['hierarchical-softmax', 1],
    ['softmax', 1],
  ] as const)('falls as the model learns: %s, threads: %s', async (loss, threads) => {
    const { report } = await train({ texts }, { ...small, loss, threads, window: 3 });
    expect(report.heldOutPairs).toBeGreaterThan(300);
    expect(report.heldOutLosses).toHaveLength(3);
    expect(report.heldOutLosses[2]).toBeLessThan(report.heldOutLosses[0]);
    // What is held out is not much harder than what is trained.
    expect(report.heldOutLosses[2]).toBeLessThan(report.epochLosses[2] * 1.2);
  });

  it('tells of over-training, goes back to the best epoch and ends soon', async () => {
    // 75 topics of 20 words, but two words in five are chance: what is learned of them is learned by heart.
    let state = 7;
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x80000000;
    };
    const wordOf = (topic: number) => (next() < 0.6 ? 20 * topic : 1480 * next()) + 20 * next();
    const noise = Array.from({ length: 4800 }, () => {
      const topic = Math.floor(75 * next());
      return Array.from({ length: 10 }, () => `w${Math.floor(wordOf(topic))}`).join(' ');
    });
    const options: Options = {
      ...small,
      dimensions: 32,
      epochs: 30,
      learningRate: 0.05,
      window: 3,
      subsample: 0,
    };
    const events: TrainEvent[] = [];
    const { report, model } = await train(
      { texts: noise },
      { ...options, deterministic: true, earlyStop: true, onEvent: (event) => events.push(event) },
    );
    expect(report.endedBy).toBe('early-stop');
    // It went back to its best epoch, and let the rate fall from there to its end.
    const alarm = events.find((event) => event.type === 'over-training');
    const { bestEpoch, endEpoch } = alarm!;
    expect(report).toMatchObject({ share: 1, epochs: endEpoch });
    expect(endEpoch).toBeGreaterThan(bestEpoch);
    expect(endEpoch).toBeLessThan(30);
    expect(report.heldOutLosses).toHaveLength(endEpoch!);
    expect(report.heldOutContrasts[bestEpoch - 1]).toBe(alarm!.bestHeldOutContrast);
    expect(alarm!.heldOutContrast).toBeLessThan(alarm!.bestHeldOutContrast);
    // Ending there, words of one window are nearer to each other than they were when the alarm spoke.
    expect(report.heldOutContrasts.at(-1)).toBeGreaterThan(alarm!.heldOutContrast);
    const rates = events.flatMap((event) => (event.type === 'progress' ? [event.learningRate] : []));
    expect(rates.every((rate) => rate <= 0.05)).toBe(true);
    // So does one that is stopped behind its best epoch, and resumed: that epoch is still there to go back to.
    const abort = new AbortController();
    const exact = { ...options, deterministic: true, earlyStop: true, checkpointFolder: join(folder, 'early') };
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'epoch' && event.epoch === bestEpoch + 1) abort.abort();
    };
    const stopped = await train({ texts: noise }, { ...exact, signal: abort.signal, onEvent });
    expect(stopped.report).toMatchObject({ endedBy: 'abort', epochs: bestEpoch + 1 });
    const again = await train({ texts: noise }, { ...exact, resume: true });
    expect(again.report).toMatchObject({ endedBy: 'early-stop', epochs: endEpoch });
    expect(again.model.contents.inputVectors).toEqual(model.contents.inputVectors);
  });
});

describe('divergence', () => {
  it.each([false, true])('is set back to a lower rate and said (deterministic %s)', async (deterministic) => {
    const events: TrainEvent[] = [];
    const { report, model } = await train(
      { texts },
      {
        ...small,
        threads: 2,
        learningRate: 10,
        cbowInput: 'sum',
        algorithm: 'cbow',
        deterministic,
        onEvent: (e) => events.push(e),
      },
    );
    expect(events.some((event) => event.type === 'setback')).toBe(true);
    expect(report.learningRate).toBeLessThan(10);
    expect(model.rows.floats!.every(Number.isFinite)).toBe(true);
    expect(report.share).toBe(1);
  });
});

describe('checkpoints', () => {
  const interrupted = async (options: Options, checkpointFolder: string, stops: number) => {
    const abort = new AbortController();
    let left = stops;
    return train(
      { texts },
      {
        ...options,
        checkpointFolder,
        checkpointSeconds: 0.01,
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type === 'checkpoint' && --left === 0) abort.abort();
        },
      },
    );
  };
  const long = { ...small, threads: 2, dimensions: 30, epochs: 6 };
  const exact: Options = { ...long, deterministic: true };
  let whole: Promise<Buffer> | undefined;

  it.each([1, 2])(
    'resume makes the file of the uninterrupted training in deterministic mode, stop %s',
    async (stops) => {
      whole ??= train({ texts }, exact).then(({ model }) => bytesOf(model));
      const expected = await whole;
      const place = join(folder, `exact-${stops}`);
      const stopped = await interrupted(exact, place, stops);
      expect(stopped.report.endedBy).toBe('abort');
      expect(stopped.report.share).toBeLessThan(1);
      const events: TrainEvent[] = [];
      const resumed = await train(
        { texts },
        { ...exact, threads: 1, checkpointFolder: place, resume: true, onEvent: (event) => events.push(event) },
      );
      expect(events.find(({ type }) => type === 'resumed')).toMatchObject({ share: stopped.report.share });
      expect(bytesOf(resumed.model).equals(expected)).toBe(true);
    },
  );

  it('are kept as well where each epoch is shorter than the time between two', async () => {
    const shares: number[] = [];
    const onEvent = (event: TrainEvent) => event.type === 'checkpoint' && shares.push(event.share);
    const place = { checkpointFolder: join(folder, 'short'), checkpointSeconds: 0.02, onEvent };
    const epochs = 400; // of about a millisecond
    const { report } = await train({ texts: texts.slice(0, 20) }, { ...small, epochs, heldOutTokens: 0, ...place });
    expect(report.epochLosses).toHaveLength(epochs);
    expect(shares.length).toBeGreaterThan(0);
    expect(shares.every((share) => share > 0 && share < 1)).toBe(true);
  });

  it.each(['interleaved', 'sequential'] as const)(
    'go on in Hogwild training with another number of threads, %s',
    async (blockOrder) => {
      const place = join(folder, blockOrder);
      const options = { ...long, blockOrder };
      const stopped = await interrupted(options, place, 1);
      expect(stopped.report.share).toBeLessThan(1);
      const { report } = await train({ texts }, { ...options, threads: 1, checkpointFolder: place, resume: true });
      expect(report.share).toBe(1);
      // No example is lost or trained twice, up to subsampling and windows, which depend on the block alone.
      const whole = await train({ texts }, options);
      expect(report.epochPairs).toEqual(whole.report.epochPairs);
      expect(report.heldOutLosses).toHaveLength(6);
    },
  );

  it('of another training are refused with the difference', async () => {
    const place = join(folder, 'other');
    await interrupted({ ...long, threads: 1 }, place, 1);
    const resume = (more: Options, input = texts) =>
      train({ texts: input }, { ...long, threads: 1, checkpointFolder: place, resume: true, ...more });
    await expect(resume({ window: 8 })).rejects.toThrow(/option "window" was 10, now it is 8/);
    await expect(resume({ blockOrder: 'sequential' })).rejects.toThrow(
      /option "blockOrder" was "interleaved", now it is "sequential"/,
    );
    await expect(resume({ minCount: 100 })).rejects.toThrow(/option "minCount" was 1, now it is 100/);
    await expect(resume({ tokenizer: 'words' })).rejects.toThrow(
      /tokenizer's name was "whitespace", now it is "words"/,
    );
    await expect(resume({}, [...texts, 'more'])).rejects.toThrow(
      /the text is another one: its vocabulary was 400, now/,
    );
    await expect(resume({}, [...texts, 't0w0'])).rejects.toThrow(/the text is another one: word \d+ was/);
    await expect(resume({}, texts.toReversed())).rejects.toThrow(/the same words in another order/);
    await expect(train({ texts }, { ...long, checkpointFolder: place })).rejects.toThrow(/holds a checkpoint; resume/);
    expect(readdirSync(place)).toEqual(['latest.checkpoint.safetensors']);
  });

  it('of a training that began with other vectors are refused', async () => {
    const place = join(folder, 'started');
    const startOf = (first: number, factor?: number) => {
      const inputVectors = Float32Array.from({ length: 30 }, (_, i) => first + i);
      return { model: new EmbeddingModel({ words: ['t0w0'], dimensions: 30, inputVectors }), factor };
    };
    const single = { ...long, threads: 1 };
    await interrupted({ ...single, start: startOf(1) }, place, 1);
    const resume = (start: ReturnType<typeof startOf>) =>
      train({ texts }, { ...single, checkpointFolder: place, resume: true, start });
    await expect(resume(startOf(1, 0.5))).rejects.toThrow('the start vectors had another factor');
    await expect(resume(startOf(2))).rejects.toThrow('the vectors that it began with were others');
  });

  it('need a place', async () => {
    await expect(train({ texts }, { ...small, resume: true })).rejects.toThrow('there is no place for checkpoints');
  });
});

describe('start from vectors', () => {
  const start = () =>
    new EmbeddingModel({
      words: ['t0w0', 'elsewhere', 't1w0'],
      dimensions: 12,
      inputVectors: Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)),
      counts: Float64Array.of(5, 4, 3),
    });

  it('uses, freezes or slows them', async () => {
    const model = start();
    const some = texts.slice(0, 1000);
    const drift = async (factor?: number | ((word: string) => number)) => {
      const { model: after, drift } = await train({ texts: some }, { ...small, start: { model, factor } });
      expect(drift!.words).toBe(2);
      return { drift: drift!, vector: after.vector('t0w0') };
    };
    const [free, slow, frozen] = [await drift(), await drift(0.1), await drift(0)];
    expect(Array.from(frozen.vector)).toEqual(Array.from(model.vector('t0w0')));
    expect(frozen.drift.meanSimilarity).toBeCloseTo(1, 6);
    expect(slow.drift.meanSimilarity).toBeGreaterThan(free.drift.meanSimilarity);
    expect(slow.drift.meanSimilarity).toBeLessThan(0.9999);
    const one = await drift((word) => (word === 't0w0' ? 0 : 1));
    expect(Array.from(one.vector)).toEqual(Array.from(model.vector('t0w0')));
    expect(one.drift.farthest[0].word).toBe('t1w0');
    await expect(drift(2)).rejects.toThrow('must be from 0 (frozen) to 1, got 2');
    await expect(train({ texts }, { ...small, dimensions: 10, start: { model } })).rejects.toThrow(
      'Cannot start from a model of 12 dimensions',
    );
  });

  it('goes on with a model on new text: keeps its words, adds new ones', async () => {
    const first = await train({ texts }, { ...small, minCount: 5 });
    const more = Array.from({ length: 2000 }, (_, i) => `t0w${i % 20} t0w${(i + 3) % 20} new${i % 3} rare${i}`);
    const { model, drift, vocabulary } = await train(
      { texts: more },
      { ...small, minCount: 5, start: { model: first.model, keepWords: true } },
    );
    expect(model.size).toBe(first.model.size + 3);
    expect(drift!.words).toBe(first.model.size);
    const countOf = (word: string, words: readonly string[], counts: Float64Array) => counts[words.indexOf(word)];
    expect(countOf('new0', model.words, vocabulary.counts)).toBe(667);
    expect(countOf('t0w0', model.words, vocabulary.counts)).toBe(
      countOf('t0w0', first.model.words, first.vocabulary.counts) + 200,
    );
    // Words that the new text does not have stay where they are; the others move, but not out of their topic.
    expect(Array.from(model.vector('t5w3'))).toEqual(Array.from(first.model.vector('t5w3')));
    expect(drift!.farthest[0].word).toMatch(/^t0/);
    expect(model.neighbors('t0w5', { count: 10 }).filter(({ word }) => /^(t0|new)/.test(word)).length).toBeGreaterThan(
      7,
    );
  });
});

describe('subwords', () => {
  // Ten topics; the words of a topic share a stem.
  const stems = ['apple', 'house', 'river', 'stone', 'music', 'horse', 'light', 'paper', 'cloud', 'metal'];
  const stemTexts = texts.map((text, i) =>
    text.replace(/t\dw(\d+)/g, (_, n) => `${stems[i % 10]}${'abcdefghij'[n % 10]}`),
  );
  const options: Options = { ...small, subwords: true, buckets: 20_000, epochs: 5, dimensions: 16 };

  it.each([
    ['skip-gram', 'negative-sampling'],
    ['cbow', 'negative-sampling'],
    ['skip-gram', 'hierarchical-softmax'],
  ] as const)('give a word that was never seen the vector of its kind: %s, %s', async (algorithm, loss) => {
    const { model } = await train({ texts: stemTexts }, { ...options, algorithm, loss });
    expect(model.has('applezz')).toBe(false);
    const near = model.neighbors('applezz', { count: 5 }).map(({ word }) => word.slice(0, -1));
    expect(near).toEqual(['apple', 'apple', 'apple', 'apple', 'apple']);
    expect(() => model.vector('qqqq')).toThrow('Cannot find word "qqqq"');
    // The file keeps what unseen words are made of.
    const read = await readModel(memoryFile(bytesOf(model)));
    expect(read.vector('applezz')).toEqual(model.vector('applezz'));
    expect(read.contents.training).toMatchObject({ options: { minNgram: 3, maxNgram: 6 } });
    const encoder = await createSentenceEncoder(read);
    expect(encoder.encode('applezz qqqq')).toMatchObject({ knownTokens: 1, unknownTokens: ['qqqq'] });
  });

  it('are deterministic, resumed and gone on with as other models', async () => {
    const exact: Options = { ...options, threads: 2, deterministic: true };
    const { model, report } = await train({ texts: stemTexts }, exact);
    expect(report.heldOutLosses.at(-1)).toBeLessThan(report.heldOutLosses[0]);
    const place = join(folder, 'subwords');
    const abort = new AbortController();
    const stopping: Options = {
      ...exact,
      threads: 1,
      checkpointFolder: place,
      checkpointSeconds: 0.01,
      signal: abort.signal,
      onEvent: ({ type }) => type === 'checkpoint' && abort.abort(),
    };
    expect((await train({ texts: stemTexts }, stopping)).report.endedBy).toBe('abort');
    const resumed = await train({ texts: stemTexts }, { ...exact, checkpointFolder: place, resume: true });
    expect(bytesOf(resumed.model).equals(bytesOf(model))).toBe(true);

    // A start with a rate of nothing gives back what it started from.
    const still: Options = { ...options, epochs: 1, learningRate: 1e-9, endLearningRate: 0 };
    const { drift } = await train({ texts: stemTexts }, { ...still, start: { model } });
    expect(drift!.farthest[0].similarity).toBeGreaterThan(0.9999);
    await expect(train({ texts: stemTexts }, { ...still, subwords: false, start: { model } })).rejects.toThrow(
      'Cannot start from a model with subwords without subwords',
    );
    await expect(train({ texts: stemTexts }, { ...still, maxNgram: 4, start: { model } })).rejects.toThrow(
      'Cannot start from a model with n-grams of 3 to 6 characters in 20000 buckets: here they are of 3 to 4',
    );
  });

  it('are refused where they make no sense', async () => {
    await expect(train({ texts }, { subwords: true, loss: 'softmax' })).rejects.toThrow('"subwords" are not for');
    await expect(train({ texts }, { subwords: true, minNgram: 5, maxNgram: 4 })).rejects.toThrow(
      '"minNgram" is 5, more than "maxNgram", 4',
    );
  });
});

describe('startTraining', () => {
  it('hands out events in order, and the result', async () => {
    const run = startTraining({ texts }, { ...small, deterministic: true });
    const types = new Set<string>();
    for await (const event of run) types.add(event.type);
    expect([...types].filter((type) => type !== 'progress' && type !== 'prepare')).toEqual([
      'options',
      'tokenizer',
      'vocabulary',
      'adapted',
      'warning', // of little text
      'epoch',
    ]);
    expect((await run.result).report.share).toBe(1);
  });

  it('stops the training when the loop is left', async () => {
    const run = startTraining({ texts }, { ...small, epochs: 1000 });
    for await (const event of run) if (event.type === 'epoch') break;
    expect((await run.result).report).toMatchObject({ endedBy: 'abort' });
  });

  it('ends with the error that the training ends with', async () => {
    const run = startTraining({ texts: ['a b'] }, small);
    await expect(
      (async () => {
        for await (const _ of startTraining({ texts: [] }, small));
      })(),
    ).rejects.toThrow('the text holds no words');
    await run.result;
  });
});
