import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { preflight, type TrainEvent, train } from 'wordkin';
import { Random } from '../src/math/random.ts';
import { temporaryFolder, wordkin, wordkinEach, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);

/** Words by Zipf's law, as many as text has. */
const random = new Random(3);
const lines = Array.from({ length: 90_000 }, () =>
  Array.from({ length: 12 }, () => `w${Math.floor(50_000 ** random.uniform())}`).join(' '),
);
const long = path('long.txt');
writeFileSync(long, lines.join('\n'));
writeFileSync(`${long}.gz`, gzipSync(readFileSync(long)));
const tokenCount = 12 * lines.length;
const quick = ['--dimensions', '16', '--epochs', '1', '--threads', '1', '--tokenizer', 'whitespace'];

/** A forecast trains for a second with each thread, by a clock: no test looks at its speed, so a fifth of a second will do. */
beforeEach(() => {
  const { setTimeout } = globalThis;
  vi.stubGlobal('setTimeout', (run: () => void, milliseconds = 0) => setTimeout(run, milliseconds / 5));
});
afterEach(() => vi.unstubAllGlobals());

describe('preflight', () => {
  it.each(['long.txt', 'long.txt.gz'])('forecasts what the training then finds: %s', async (name) => {
    const file = path(name);
    const before = readdirSync(folder);
    const threads = ['--threads', file === long ? '2' : '1'];
    const { code, stdout, stderr } = await wordkinHere(['train', file, ...quick, ...threads, '--preflight', '--json']);
    expect(code, stderr).toBe(0);
    const { tokens, words, memoryBytes, seconds, warnings } = JSON.parse(stdout);
    expect(tokens / tokenCount).toBeGreaterThan(0.9);
    expect(tokens / tokenCount).toBeLessThan(1.1);
    expect(seconds).toBeGreaterThan(0);
    expect(warnings).toEqual([]);
    expect(readdirSync(folder)).toEqual(before);
    expect(memoryBytes).toBeGreaterThan(words * 16 * 8);
    if (file !== long) return; // the same text

    const events: TrainEvent[] = [];
    const { vocabulary } = await train(
      { files: file },
      { dimensions: 16, epochs: 1, threads: 1, tokenizer: 'whitespace', onEvent: (event) => events.push(event) },
    );
    expect(vocabulary.words.length / words).toBeGreaterThan(0.5);
    expect(vocabulary.words.length / words).toBeLessThan(2);
    const types = events.map(({ type }) => type).filter((type) => type !== 'prepare' && type !== 'progress');
    expect(types.slice(0, 4)).toEqual(['options', 'tokenizer', 'forecast', 'vocabulary']);
  });

  it('says it in a line, with the warnings', async () => {
    const { stdout, code } = await wordkinHere([
      'train',
      long,
      ...quick,
      '--preflight',
      '--quiet',
      '--learning-rate',
      '2',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^forecast: about 1,\d00,000 tokens, [\d,]+ words, [\d.]+ MB, \d+ s\nchosen by the text, 1\.\d M tokens: .*\nalgorithm skip-gram, .*, dimensions 16, learningRate 2, .*, threads 1\nwarning: A learning rate of 2 is likely to diverge with skip-gram and negative-sampling: .* give --learning-rate 0.025/,
    );
  });

  it('takes its sample out of a pipe, too, and says what it cannot know', async () => {
    const input = lines.slice(0, 20_000).join('\n');
    const { stdout, code } = await wordkin(['train', '-', ...quick, '--preflight'], { input });
    expect(code).toBe(0);
    const [forecast, why, options] = stdout.split('\n');
    expect(forecast).toBe('forecast: about unknown tokens, unknown words, memory unknown, time unknown');
    expect(why).toMatch(/^it is not known how long the text is: .* may follow it$/);
    expect(options).toMatch(/^algorithm skip-gram, .*, epochs 1, .*, dimensions 16, .*, threads 1$/);
  });

  it('tells the options that a training of a small text then has', async () => {
    const texts = lines.slice(0, 3000);
    const events: TrainEvent[] = [];
    const settings = { dimensions: 4, window: 3, tokenizer: 'whitespace', threads: 1 } as const;
    const found = await preflight({ texts }, settings);
    await train({ texts }, { ...settings, onEvent: (event) => events.push(event) });
    const { options, chosen, reason } = events.find((event) => event.type === 'adapted')!;
    expect(found).toMatchObject({ options, chosen, reason, tokenizer: 'whitespace', threads: 1 });
    expect(chosen).toContain('epochs');
    expect(chosen).not.toContain('window');
    const gensim = await preflight({ texts }, { ...settings, preset: 'gensim' });
    expect(gensim).toMatchObject({ chosen: [], reason: undefined, options: { epochs: 5, window: 3 } });
  });

  it('counts the tokens of several files, and the memory of large models', async () => {
    const found = await preflight(
      { files: long },
      { dimensions: 1024, minCount: 1, threads: 1, tokenizer: 'whitespace' },
    );
    const huge = await preflight(
      { files: [long, long, long, long] },
      { dimensions: 1024, threads: 1, tokenizer: 'whitespace' },
    );
    expect(found.memoryBytes).toBeGreaterThan(found.words! * 1024 * 2 * 4);
    expect(huge.tokens! / (4 * tokenCount)).toBeGreaterThan(0.9);
    expect(found.words).toBeGreaterThan(10_000);
  });

  it('refuses what the training would refuse', async () => {
    const { code, stderr, stdout } = await wordkinHere(['train', path('missing.txt'), '--preflight']);
    expect(stderr).toMatch(/Cannot read ".*missing\.txt": there is no such file or folder\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    await expect(preflight({ texts: 'a text' as never })).rejects.toThrow('for one text give [text]');
    await expect(preflight({ files: long }, { dimensions: 0 })).rejects.toThrow('"dimensions" must be an integer');
  });
});

describe('warnings of a training', () => {
  it('come before and after the text is read, never twice, and do not stop it', async () => {
    // Sentences of words that occur once or twice, again and again the same line between them.
    const texts = Array.from({ length: 2000 }, (_, i) => (i % 2 ? 'one line that comes again' : `a${i} b${i} c${i}`));
    const more = Array.from({ length: 5000 }, (_, i) => `u${i} v${i} w${i % 9} x${i} y${i}`);
    const events: TrainEvent[] = [];
    const options = { dimensions: 4, epochs: 20, onEvent: (event: TrainEvent) => events.push(event) };
    const { model } = await train({ texts: [...texts, ...more.slice(0, 600)] }, options);
    expect(model.size).toBeGreaterThan(0);
    const found = events.filter(({ type }) => type === 'warning' || type === 'vocabulary');
    expect(found.map((event) => (event.type === 'warning' ? event.code : event.type))).toEqual([
      'repeated-lines',
      'vocabulary',
      'min-count',
    ]);
    events.length = 0;
    await train({ texts: more }, options);
    const warning = events.find((event) => event.type === 'warning');
    expect(warning).toMatchObject({
      code: 'min-count',
      message:
        'Of 20009 words only 9 occur 2 times, with 20 % of the tokens: minCount 1 keeps 100 %; give it, or more text',
    });
  });

  it('are printed as lines, or as JSON', async () => {
    const file = path('wrong.txt');
    writeFileSync(file, lines.slice(0, 1000).join('\n'));
    const chinese = ['--output', path('wrong.safetensors'), ...quick, '--tokenizer', 'chinese', '--threads', '1'];
    const [plain, json] = await wordkinEach([
      ['train', file, ...chinese],
      ['train', file, ...chinese, '--json'],
    ]);
    expect(plain.code).toBe(0);
    expect(plain.stderr).toMatch(/warning: The tokenizer is "chinese", but 100 % of the tokens hold no Chinese/);
    const events = json.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === 'warning').map(({ code }) => code)).toEqual([
      'tokenizer',
      'little-text',
      'nothing-learned',
    ]);
    expect(existsSync(path('wrong.safetensors'))).toBe(true);
  });
});
