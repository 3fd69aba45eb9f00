// The lesson's engine: its numbers beside formulas worked out here, and its reading of texts.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plane } from '../web/src/engine/api.ts';
import { Engine } from '../web/src/engine/engine.ts';
import { costs, drawNoise, gradientStep, softmax, startVectors, treePath } from '../web/src/engine/lesson.ts';
import { faultOf } from '../web/src/engine/page-error.ts';
import { Projection } from '../web/src/engine/projection.ts';
import { MOST_BYTES, readText } from '../web/src/engine/read-text.ts';
import { decimal, similar } from '../web/src/language/languages.ts';
import { TUTORIAL_PLANE } from '../web/src/planes.ts';
import { DEFAULT_SETTINGS } from '../web/src/state.ts';
import { commandLine, typeScript } from '../web/src/take-along.ts';
import { paintPixels, pixelPainter, webglPainter } from '../web/src/views/point-painter.ts';
import { contextOf, pairCount } from '../web/src/windows.ts';

const rowsOf = (values: readonly number[]) => [0, 1, 2].map((id) => values.slice(2 * id, 2 * id + 2));
const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1];
const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, d) => sum + value * b[d], 0);

/** Softmax and its gradients by their formulas, for three words of two dimensions. */
function byHand({ inputs, outputs }: Plane, centre: number, target: number) {
  const v = rowsOf(inputs)[centre];
  const us = rowsOf(outputs);
  const powers = us.map((u) => Math.exp(dot(u, v)));
  const sum = powers[0] + powers[1] + powers[2];
  const p = powers.map((power) => power / sum);
  const contextGradients = us.flatMap((_, id) => v.map((value) => (p[id] - (id === target ? 1 : 0)) * value));
  const centreGradient = [0, 1].map((d) => p[0] * us[0][d] + p[1] * us[1][d] + p[2] * us[2][d] - us[target][d]);
  return { p, sum, loss: -Math.log(p[target]), contextGradients, centreGradient };
}

describe('softmax and its gradient', () => {
  it("gives the tutorial's numbers", () => {
    const { logits, powers, sum, probabilities } = softmax(TUTORIAL_PLANE, 0);
    const near = (found: readonly number[], wanted: number[]) =>
      found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 3));
    near(logits, [0.2, 0.38, 0.3]);
    near(powers, [1.221, 1.462, 1.35]);
    expect(sum).toBeCloseTo(4.034, 3);
    near(probabilities, [0.303, 0.363, 0.335]);
  });

  it('is what the formulas say, for any vectors, pair and rate', () => {
    const numbers = fc.array(fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround), {
      minLength: 6,
      maxLength: 6,
    });
    const word = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(
        numbers,
        numbers,
        word,
        word,
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (inputs, outputs, centre, target, rate) => {
          const plane: Plane = { words: ['a', 'b', 'c'], dimensions: 2, inputs, outputs };
          const view = gradientStep(plane, centre, target, rate);
          const hand = byHand(plane, centre, target);
          const near = (found: readonly number[], wanted: readonly number[]) =>
            found.forEach((value, i) => expect(Math.abs(value - wanted[i])).toBeLessThan(1e-5));
          expect(view.loss).toBeCloseTo(hand.loss, 5);
          near(view.before.probabilities, hand.p);
          near(view.centreGradient, hand.centreGradient);
          near(view.contextGradients, hand.contextGradients);
          near(
            view.plane.outputs,
            outputs.map((value, i) => value - rate * hand.contextGradients[i]),
          );
          near(
            rowsOf(view.plane.inputs)[centre],
            rowsOf(inputs)[centre].map((value, d) => value - rate * hand.centreGradient[d]),
          );
          expect(view.lossAfter).toBeCloseTo(byHand(view.plane, centre, target).loss, 4);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('falls at a low rate and rises at one that is too high', () => {
    expect(gradientStep(TUTORIAL_PLANE, 0, 1, 0.5).lossAfter).toBeLessThan(
      gradientStep(TUTORIAL_PLANE, 0, 1, 0.5).loss,
    );
    let plane = TUTORIAL_PLANE;
    const losses = Array.from({ length: 8 }, (_, step) => {
      const view = gradientStep(plane, 0, step % 2, 50);
      plane = view.plane;
      return view.loss;
    });
    expect(Math.max(...losses)).toBeGreaterThan(10);
  });
});

describe('the other steps', () => {
  it('begins with vectors as a training does', () => {
    const { inputs, outputs } = startVectors({
      words: 300,
      dimensions: 5,
      initial: 'uniform',
      initialOutput: 'zeros',
      initialScale: 0.05,
      seed: 3,
    });
    expect(Math.max(...inputs)).toBeLessThanOrEqual(0.05);
    expect(Math.max(...inputs)).toBeGreaterThan(0.045);
    expect(outputs.every((value) => value === 0)).toBe(true);
  });

  it('draws a window', () => {
    expect(contextOf(5, 0, 2)).toEqual([1, 2]);
    expect(contextOf(5, 2, 2)).toEqual([0, 1, 3, 4]);
    expect(pairCount(5, 2)).toBe(14);
    expect(pairCount(1, 3)).toBe(0);
  });

  it('counts what each loss visits, and shows the way in the tree', () => {
    const counts = Float64Array.of(8, 4, 2, 1, 1);
    expect(costs(counts, 5)).toEqual({
      words: 5,
      softmaxRows: 5,
      treeRows: (8 * 1 + 4 * 2 + 2 * 3 + 2 * 4) / 16,
      samplingRows: 6,
    });
    const way = treePath(['a', 'b', 'c', 'd', 'e'], counts, 3);
    expect(way.steps.map(({ otherWords, otherExamples }) => [otherWords, otherExamples])).toEqual([
      [1, ['a']],
      [1, ['b']],
      [1, ['c']],
      [1, ['e']],
    ]);
  });

  it('draws noise by count to the power .75', () => {
    const drawn = drawNoise(['a', 'b'], Float64Array.of(16, 1), 10_000, 0.75, 1);
    expect(drawn.map(({ word }) => word)).toEqual(['a', 'b']);
    expect(drawn[0].noiseShare).toBeCloseTo(8 / 9, 10);
    expect(drawn[0].times / 10_000).toBeCloseTo(8 / 9, 1);
    expect(drawn[0].times + drawn[1].times).toBe(10_000);
  });
});

describe('the map', () => {
  it('keeps its frame while the vectors turn into others', () => {
    const rows = Float32Array.from(
      { length: 600 * 4 },
      (_, i) => Math.sin(i * 12.9898) * (i % 4 === 0 ? 5 : i % 4 === 1 ? 2 : 0.3),
    );
    const projection = new Projection(4);
    const before = projection.project(rows);
    const moved = rows.map((value, i) => value + 0.01 * Math.cos(i));
    projection.findAxes(moved);
    const after = projection.project(moved);
    let difference = 0;
    before.forEach((value, i) => {
      difference = Math.max(difference, Math.abs(value - after[i]));
    });
    expect(difference).toBeLessThan(0.2);
    expect(Math.max(...before.map(Math.abs))).toBeGreaterThan(0.8);
  });

  it('has its points in the middle of the frame, also where most of them lie at one side', () => {
    const rows = Float32Array.from({ length: 900 * 3 }, (_, i) => {
      const far = Math.floor(i / 3) % 10 === 0 ? 1 : 0;
      return [1, far * (0.2 + 0.8 * Math.abs(Math.sin(i))), 0.2 * Math.sin(7 * i)][i % 3];
    });
    const positions = new Projection(3).project(rows, true);
    for (const axis of [0, 1]) {
      const values = [...positions].filter((_, i) => i % 2 === axis).sort((a, b) => a - b);
      expect(Math.abs(values[17] + values[values.length - 18])).toBeLessThan(0.1);
    }
  });
});

describe('the painter', () => {
  it('sends to the graphics card what has changed, and no more', () => {
    const sent: string[] = [];
    let bound: string | undefined;
    const known: Record<string, unknown> = {
      getAttribLocation: (_: unknown, name: string) => name,
      getProgramParameter: () => true,
      bindBuffer: (_: unknown, buffer: string) => {
        bound = buffer;
      },
      bufferData: () => sent.push(bound!),
    };
    let buffers = 0;
    const gl = new Proxy(known, {
      get: (own, name: string) => own[name] ?? (name === 'createBuffer' ? () => `buffer ${buffers++}` : () => ({})),
    });
    const canvas = { width: 10, height: 10, getContext: () => gl, addEventListener() {}, removeEventListener() {} };
    const painter = webglPainter(canvas as unknown as HTMLCanvasElement, () => {})!;
    const points = { positions: new Float32Array(2), colours: new Uint8Array(4), sizes: new Float32Array(1) };
    const sentBy = (change: () => void) => {
      sent.length = 0;
      change();
      painter.paint(points, { scale: 1, x: 0, y: 0 }, 1, Infinity);
      return [...sent];
    };
    expect(sentBy(() => {})).toEqual(['buffer 0', 'buffer 1', 'buffer 2']);
    expect(sentBy(() => {})).toEqual([]);
    expect(sentBy(() => painter.refresh('positions'))).toEqual(['buffer 0']);
    expect(sentBy(() => painter.refresh())).toEqual(['buffer 0', 'buffer 1', 'buffer 2']);
  });
});

describe('the pixels of the map', () => {
  const camera = { scale: 1, x: 0, y: 0 };
  const picture = (width: number, height: number) => ({
    data: new Uint8ClampedArray(4 * width * height),
    width,
    height,
  });
  const alphas = ({ data }: { data: Uint8ClampedArray }) => Array.from(data).filter((_, at) => at % 4 === 3);

  it('are a disc with soft edges about each point', () => {
    const image = picture(7, 7);
    const points = {
      positions: Float32Array.of(3.5, -3.5),
      colours: Uint8Array.of(10, 20, 30, 200),
      sizes: Float32Array.of(5),
    };
    paintPixels(image, points, camera, 1);
    const area = alphas(image).reduce((sum, alpha) => sum + alpha / 200, 0);
    expect(area).toBeCloseTo(Math.PI * 2.5 ** 2, 0);
    expect(Array.from(image.data.subarray(4 * 24, 4 * 25))).toEqual([10, 20, 30, 200]);
    expect(alphas(image)[0]).toBe(0);
  });

  it('mix with those beneath as the browser mixes colours', () => {
    const image = picture(1, 1);
    const positions = Float32Array.of(0.5, -0.5, 0.5, -0.5);
    const colours = Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 51);
    paintPixels(image, { positions, colours, sizes: Float32Array.of(3, 3) }, camera, 1);
    expect(Array.from(image.data)).toEqual([204, 0, 51, 255]);
    const clear = picture(1, 1);
    paintPixels(
      clear,
      { positions, colours: Uint8Array.of(80, 0, 0, 128, 80, 0, 0, 128), sizes: Float32Array.of(3, 3) },
      camera,
      1,
    );
    expect(Array.from(clear.data)).toEqual([80, 0, 0, 192]);
  });

  it('are the same painted at once and in pieces, whatever changes meanwhile', () => {
    const count = 3000;
    const points = {
      positions: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : -1) * ((i * 7919) % 60)),
      colours: Uint8Array.from({ length: 4 * count }, (_, i) => (i * 31) % 256),
      sizes: Float32Array.from({ length: count }, (_, id) => 2 + (id % 3)),
    };
    const whole = picture(60, 60);
    paintPixels(whole, points, camera, 1);
    let shown: ReturnType<typeof picture> | undefined;
    const context = {
      createImageData: picture,
      putImageData: (image: ReturnType<typeof picture>) => {
        shown = { ...image, data: image.data.slice() };
      },
    };
    const canvas = { width: 60, height: 60, getContext: () => context } as unknown as HTMLCanvasElement;
    const painter = pixelPainter(canvas);
    const moved = { ...points, positions: points.positions.map((value) => value / 2) };
    let calls = 1;
    while (!painter.paint(calls === 1 ? points : moved, { ...camera, x: calls - 1 }, 1, 0)) {
      expect(shown).toBeUndefined();
      calls++;
    }
    expect(calls).toBe(6); // 512 points each
    expect(shown?.data).toEqual(whole.data);
    expect(painter.paint(moved, camera, 1, Infinity)).toBe(true);
    const after = picture(60, 60);
    paintPixels(after, moved, camera, 1);
    expect(shown?.data).toEqual(after.data);
  });

  it('stay within the picture', () => {
    const image = picture(3, 2);
    const positions = Float32Array.of(-1, 1, 3, -2, -50, 0, Number.NaN, 0);
    paintPixels(
      image,
      { positions, colours: new Uint8Array(16).fill(255), sizes: new Float32Array(4).fill(4) },
      camera,
      1,
    );
    expect(alphas(image).map((alpha) => alpha > 0)).toEqual([true, true, true, false, true, true]);
  });
});

it('writes numbers as they are read: a next to nothing with its power where it matters, 0 where it is a similarity', () => {
  expect([decimal(-0.00454, 2), decimal(-0.00454), decimal(1.8e-4), decimal(2.5e7)]).toEqual([
    '−4.54e−3',
    '−0.005',
    '1.80e−4',
    '2.50e7',
  ]);
  expect([similar(-0.00454, 2), similar(-0.00454), similar(1.8e-4), similar(-1)]).toEqual([
    '0.00',
    '−0.005',
    '0.000',
    '−1.000',
  ]);
});

describe('texts', () => {
  const file = (name: string, content: string | Uint8Array) => new File([content as BlobPart], name);
  const textOf = async (input: Parameters<typeof readText>[0]) =>
    new TextDecoder().decode((await readText(input)).bytes);
  const fault = (work: Promise<unknown>) => work.then(() => undefined, faultOf);

  it('reads plain text, gzip, JSON lines, CSV and TSV', async () => {
    expect(await textOf({ name: 'pasted', text: 'a b\nc' })).toBe('a b\nc');
    expect(await textOf({ file: file('a.txt.gz', gzipSync('一 二\n')) })).toBe('一 二\n');
    expect(await textOf({ file: file('a.jsonl', '{"text":"one"}\n{"text":"two"}\n') })).toBe('one\ntwo\n');
    expect(await textOf({ file: file('a.csv', 'id,body\n1,"a, b"\n2,c\n'), field: 'body' })).toBe('a, b\nc\n');
    expect(await textOf({ file: file('a.tsv', 'id\ttext\n1\tx\n') })).toBe('x\n');
  });

  it('says what it cannot read', async () => {
    expect(await fault(readText({ file: file('e.txt', '') }))).toMatchObject({
      fault: 'empty-text',
      facts: { name: 'e.txt' },
    });
    expect(await fault(readText({ name: 'pasted', text: ' \n ' }))).toMatchObject({ fault: 'empty-text' });
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]);
    expect(await fault(readText({ file: file('p.png', png) }))).toMatchObject({
      fault: 'not-text',
      facts: { name: 'p.png' },
    });
    expect(await fault(readText({ file: file('a.csv', 'id,body\n1,x\n') }))).toMatchObject({
      fault: 'no-field',
      facts: { fields: 'id, body' },
    });
  });

  it('takes the beginning of a long text, up to a line end', async () => {
    const line = `${'word '.repeat(199)}\n`;
    const read = await readText({ file: file('long.txt', line.repeat(Math.ceil(MOST_BYTES / line.length) + 10)) });
    expect(read).toMatchObject({ isCut: true, isPlainFile: false });
    expect(read.bytes.length).toBeLessThanOrEqual(MOST_BYTES);
    expect(read.bytes.length % line.length).toBe(0);
  });

  it('shows the command line and the code of the same training', () => {
    const text = {
      name: 'my text.txt',
      byteLength: 1,
      usedByteLength: 1,
      isCut: false,
      isPlainFile: true,
      field: undefined,
      identity: '1 2',
      lines: [],
    };
    const settings = { ...DEFAULT_SETTINGS, minCount: 1, learningRate: 0.1 };
    expect(commandLine(settings, text)).toBe(
      "npx wordkin train 'my text.txt' --output model.safetensors --min-count 1 --learning-rate 0.1 --deterministic",
    );
    expect(typeScript(settings, { ...text, isPlainFile: false })).toContain('files: "text.txt"');
  });
});

it('counts by the min count and the subsampling that a training of the text chooses', async () => {
  const chosen: unknown[] = [];
  const engine = new Engine((event) => {
    if (event.type === 'training' && event.event.type === 'adapted') chosen.push(event.event.options);
  });
  for (const [text, subsample, keptTokens] of [
    ['apple banana orange\nbanana apple\n'.repeat(20), 0, 100],
    ['apple banana orange\nbanana apple\n'.repeat(2000), 1e-4, undefined],
  ] as const) {
    await engine.openText({ name: 'toy.txt', text });
    const vocabulary = await engine.vocabulary({
      tokenizer: 'auto',
      minCount: undefined,
      subsample: undefined,
      line: '',
    });
    expect(vocabulary).toMatchObject({ minCount: 2, subsample });
    if (keptTokens !== undefined) expect(vocabulary.keptTokens).toBe(keptTokens);
    else expect(vocabulary.keptTokens).toBeLessThan(1000);
    await engine.train({ ...DEFAULT_SETTINGS, dimensions: 4, epochs: 1, threads: 1 }, []);
    expect(chosen.pop()).toMatchObject({ minCount: 2, subsample });
  }
});

it('shows the vectors that a training begins with', async () => {
  const engine = new Engine(() => {});
  await engine.openText({ name: 'toy.txt', text: 'apple banana orange\nbanana apple\n'.repeat(20) });
  // At this rate nothing moves that could be seen.
  const dimensions = 7;
  await engine.train({ ...DEFAULT_SETTINGS, dimensions, epochs: 1, learningRate: 1e-9 }, []);
  const { inputs } = startVectors({
    words: 5,
    dimensions,
    initial: 'uniform',
    initialOutput: 'zeros',
    initialScale: 0.05,
    seed: 1,
  });
  const { rows } = engine.rows('lesson', 3);
  expect(rows.length).toBe(3 * dimensions);
  rows.forEach((value, i) => expect(value).toBeCloseTo(inputs[i], 6));
  const { examples, exampleIds } = await engine.vocabulary({
    tokenizer: 'auto',
    minCount: undefined,
    subsample: undefined,
    line: '',
  });
  expect(examples).toEqual(exampleIds.map((id) => engine.modelWords('lesson')[id]));
});

it('says that an analogy has no answer where the model has no fourth word', async () => {
  const engine = new Engine(() => {});
  await engine.openText({ name: 'toy.txt', text: 'apple banana orange\nbanana apple\n'.repeat(20) });
  await engine.train({ ...DEFAULT_SETTINGS, dimensions: 4, epochs: 1, threads: 1 }, []);
  const fault = await Promise.resolve()
    .then(() => engine.analogy('lesson', 'apple', 'banana', 'orange'))
    .catch(faultOf);
  expect(fault).toMatchObject({ fault: 'no-fourth-word' });
});

it('explains the plain mean by the plain mean, and the weighted one by its weights', async () => {
  const engine = new Engine(() => {});
  await engine.openText({ name: 'toy.txt', text: 'apple banana orange\nbanana apple\n'.repeat(20) });
  await engine.train({ ...DEFAULT_SETTINGS, dimensions: 4, threads: 1 }, []);
  const { rows } = engine.rows('lesson', 3);
  const vectorOf = (word: string) => {
    const id = engine.modelWords('lesson').indexOf(word);
    return Array.from(rows.subarray(4 * id, 4 * id + 4));
  };
  for (const plain of [false, true]) {
    const { cosine, first, second } = engine.explain('apple orange apple', 'banana', plain);
    for (const words of [first, second])
      expect(words.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(cosine, 5);
    // ln(1 + .03 · N / count) of 100 tokens; so few words leave the axes as they are.
    const weight = (count: number) => (plain ? 1 : Math.log(1 + (0.03 * 100) / count));
    const [apple, orange, banana] = ['apple', 'orange', 'banana'].map(vectorOf);
    const mean = apple.map((value, d) => 2 * weight(40) * value + weight(20) * orange[d]);
    const wanted = product(mean, banana) / Math.sqrt(product(mean, mean) * product(banana, banana));
    expect(cosine).toBeCloseTo(wanted, 5);
    const { parts } = engine.encodeSentence('apple orange', plain);
    expect(parts.map((part) => part.weight)).toEqual([expect.closeTo(weight(40), 5), expect.closeTo(weight(20), 5)]);
  }
});

it('counts, trains, asks and explains as one engine', async () => {
  const events: string[] = [];
  const engine = new Engine(({ type }) => void events.push(type));
  await expect(engine.train(DEFAULT_SETTINGS, [])).rejects.toThrow(/no-text/);
  const topics = [
    ['apple', 'banana', 'orange', 'sweet', 'juice'],
    ['horse', 'saddle', 'gallop', 'stable', 'rider'],
  ];
  const lines = Array.from({ length: 400 }, (_, i) =>
    Array.from({ length: 6 }, (_, j) => topics[i % 2][(i * 7 + j * (1 + (i % 4))) % 5]).join(' '),
  );
  await engine.openText({ name: 'topics.txt', text: lines.join('\n') });
  const vocabulary = await engine.vocabulary({ tokenizer: 'auto', minCount: 5, subsample: 0, line: 'apple plum' });
  expect(vocabulary).toMatchObject({ minCount: 5, allTokens: 2400, allWords: 10, words: 10, keptTokens: 2400 });
  expect(vocabulary.tokens.map(({ count }) => count > 0)).toEqual([true, false]);
  // Longer than a slice of 50 ms, so that the vectors are looked at meanwhile.
  const model = await engine.train({ ...DEFAULT_SETTINGS, dimensions: 12, epochs: 200, threads: 1 }, ['apple']);
  expect(model).toMatchObject({
    words: 10,
    dimensions: 12,
    isDeterministic: true,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(new Set(events)).toEqual(new Set(['training', 'words', 'map', 'neighbours']));
  expect(
    engine
      .neighbours('lesson', 'apple', 4)
      .map(({ word }) => word)
      .sort(),
  ).toEqual(['banana', 'juice', 'orange', 'sweet']);
  const explained = engine.explain('apple juice', 'sweet orange', false);
  expect(explained.first.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(explained.cosine, 5);
  const analogy = engine.analogy('lesson', 'apple', 'banana', 'horse');
  // a at the origin, b on the first axis, b − a + c closes the parallelogram.
  const [ax, ay, bx, by, cx, cy, wantedX, wantedY] = analogy.points;
  expect([ax, ay]).toEqual([0, 0]);
  expect(by).toBeCloseTo(0, 5);
  expect([wantedX, wantedY]).toEqual([expect.closeTo(bx + cx, 5), expect.closeTo(by + cy, 5)]);
});
