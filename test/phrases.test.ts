// Phrases on the whole way: text, training, model file, queries.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createSentenceEncoder,
  EmbeddingModel,
  loadModel,
  loadTokenizer,
  ModelFormatError,
  memoryFile,
  readModel,
  type TrainEvent,
  train,
  writeSafetensors,
} from 'wordkin';
import { temporaryFolder, wordkin, wordkinEach, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const lines = Array.from(
  { length: 300 },
  (_, i) =>
    ['We flew to New York City.', 'A city of new things', 'The old town, and new roads', 'York is far'][i % 4] +
    ` word${i % 7} word${i % 11}`,
);
const corpus = join(folder, 'corpus.txt');
writeFileSync(corpus, `${lines.join('\n')}\n`);
const small = { dimensions: 8, epochs: 1, minCount: 2, phraseThreshold: 3, tokenizer: 'words' } as const;

describe('wordkin train --phrases', () => {
  const model = join(folder, 'model.safetensors');
  const options = ['--dimensions', '8', '--epochs', '1', '--min-count', '2', '--threads', '2'];

  it('joins, says what, and the model joins in texts', async () => {
    const { code, stderr } = await wordkin(
      ['train', corpus, '--output', model, ...options].concat('--phrases', '2', '--phrase-threshold', '3'),
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/ phrasePasses 2, phraseScore word2phrase, .* phraseThreshold 3, /);
    expect(stderr).toMatch(/^phrases, pass 1: \d+, such as \w+_\w+, /m);
    expect(stderr).toMatch(/^phrases, pass 2: \d+/m);
    expect(stderr).toMatch(/^\d+ words and phrases of 27 words, \d+ of 2,100 tokens, 300 sentences$/m);

    const info = JSON.parse((await wordkinHere(['info', model, '--json'])).stdout);
    expect(info.tokenizer).toMatchObject({ name: 'words', phrases: [expect.any(Number), expect.any(Number)] });
    const phrase = (await loadModel(model)).words.find((word) => word.split('_').length > 2)!;
    expect(phrase).toBeDefined();

    // A text with the words of the phrase has the phrase's vector.
    const embed = async (text: string) => JSON.parse((await wordkinHere(['embed', model, text])).stdout) as number[];
    const vector = await embed(phrase.replaceAll('_', ' '));
    const row = (await loadModel(model)).vector(phrase);
    vector.forEach((value, d) => expect(value).toBeCloseTo(row[d], 6));
    const { stdout } = await wordkinHere([
      'similarity',
      model,
      phrase,
      phrase.replaceAll('_', ' ').toUpperCase(),
      '--json',
    ]);
    expect(JSON.parse(stdout).cosine).toBeCloseTo(1, 6);
    expect((await wordkinHere(['neighbors', model, phrase, '--count', '3', '--json'])).code).toBe(0);
  });

  it('says in one sentence what is wrong', async () => {
    const other = join(folder, 'other.safetensors');
    const vocabulary = join(folder, 'vocabulary.txt');
    writeFileSync(vocabulary, 'new 7\nyork 3\n');
    const cases: [more: string[], message: string][] = [
      [['--phrases', '11'], 'must be an integer from 0 to 10, got 11'],
      [['--phrase-score', 'nmpi'], 'Did you mean npmi?'],
      [['--phrases', '1', '--read-vocabulary', vocabulary], 'Cannot join phrases with a given vocabulary'],
      [['--phrases', '1', '--continue', model], 'Cannot join phrases and keep the words of a model'],
      [['--continue', model], 'Cannot keep the words of a model with phrases'],
    ];
    const results = await wordkinEach(cases.map(([more]) => ['train', corpus, '--output', other, ...options, ...more]));
    for (const [i, [, message]] of cases.entries()) {
      const { code, stdout, stderr } = results[i];
      expect(stdout).toBe('');
      expect(code).toBeGreaterThan(0);
      expect(stderr.trimEnd().split('\n').at(-1)).toContain(message);
    }
  });
});

describe('train with phrases', () => {
  it('gives the same file with any number of threads and any memory budget', async () => {
    const file = async (more: object) => {
      const { model } = await train({ texts: lines }, { ...small, phrasePasses: 2, deterministic: true, ...more });
      return createHash('sha256')
        .update(Buffer.concat([...writeSafetensors(model.contents)]))
        .digest('hex');
    };
    const expected = await file({ threads: 1 });
    expect(await file({ threads: 3 })).toBe(expected);
    expect(await file({ threads: 2, memoryBudgetBytes: 1000 })).toBe(expected);
    expect(await file({ threads: 1, phrasePasses: 1 })).not.toBe(expected);
  });

  it('reports each pass before the vocabulary', async () => {
    const events: TrainEvent[] = [];
    const { model, vocabulary } = await train(
      { texts: lines },
      { ...small, phrasePasses: 2, phraseScore: 'npmi', phraseThreshold: 0.6, onEvent: (event) => events.push(event) },
    );
    const types = events.map(({ type }) => type).filter((type) => ['phrases', 'vocabulary', 'epoch'].includes(type));
    expect(types).toEqual(['phrases', 'phrases', 'vocabulary', 'epoch']);
    expect(events.find(({ type }) => type === 'phrases')).toMatchObject({
      pass: 1,
      phrases: model.contents.tokenizer!.phrases![0].length,
      examples: expect.arrayContaining([expect.stringMatching(/_/)]),
    });
    expect(model.words).toEqual(vocabulary.words);
  });

  it('joins token lists and Chinese words', async () => {
    const tokens = Array.from({ length: 50 }, (_, i) => ['New York', 'SKU 1', `x${i % 5}`, `y${i % 7}`]);
    const { model } = await train({ tokens }, { ...small, tokenizer: undefined, phrasePasses: 1 });
    expect(model.words).toContain('New York_SKU 1');

    const texts = Array.from({ length: 40 }, (_, i) => ['我喜欢苹果', '他在图书馆学习', '学生在学校'][i % 3]);
    const chinese = await train({ texts }, { ...small, phrasePasses: 1, tokenizer: 'chinese', threads: 1 });
    expect(chinese.model.words).toContain('我_喜欢');
    const encoder = await createSentenceEncoder(chinese.model);
    expect(encoder.encode('我喜欢').unknownTokens).toEqual([]);
    expect(encoder.tokenizer.tokenize('我喜欢')).toEqual(['我_喜欢']);
  });

  it('goes on from a checkpoint of a training with phrases', async () => {
    const abort = new AbortController();
    const settings = {
      ...small,
      phrasePasses: 1,
      deterministic: true,
      epochs: 20,
      checkpointFolder: join(folder, 'checkpoints'),
    };
    const texts = Array.from({ length: 6000 }, (_, i) => lines[i % lines.length]);
    const stopped = await train(
      { texts },
      {
        ...settings,
        checkpointSeconds: 0.01,
        signal: abort.signal,
        onEvent: ({ type }) => {
          if (type === 'checkpoint') abort.abort();
        },
      },
    );
    expect(stopped.report.endedBy).toBe('abort');
    const resumed = await train({ texts }, { ...settings, resume: true });
    const { model } = await train({ texts }, { ...settings, checkpointFolder: undefined });
    expect(resumed.model.contents.inputVectors).toEqual(model.contents.inputVectors);
    expect(resumed.model.contents.tokenizer).toEqual(model.contents.tokenizer);
  });

  it('refuses when joining leaves nothing', async () => {
    // "a a" 4 times among 10 tokens, which makes "a_a" 2 times and leaves one a.
    const texts = ['a a a a a', 'b', 'c', 'd', 'e', 'f'];
    const options = { ...small, phrasePasses: 1, phraseScore: 'npmi', phraseThreshold: 0.5, minCount: 4 } as const;
    await expect(train({ texts }, options)).rejects.toThrow(
      'when phrases were joined, no word was left that occurs 4 times',
    );
  });
});

describe('a model file with phrases', () => {
  const contents = (phrases: unknown) => ({
    words: ['new_york', 'new'],
    dimensions: 2,
    inputVectors: Float32Array.of(1, 2, 3, 4),
    tokenizer: { name: 'words', version: 1, phrases } as never,
  });
  const read = (phrases: unknown) =>
    readModel(memoryFile(Buffer.concat([...writeSafetensors(new EmbeddingModel(contents(phrases)).contents)]), 'x'));

  it('gives them back', async () => {
    const model = await read([[['new', 'york']]]);
    expect((await loadTokenizer(model.contents.tokenizer!)).tokenize('New York, new')).toEqual(['new_york', 'new']);
    const { vector, knownTokens } = (await createSentenceEncoder(model)).encode('in New York');
    expect([[...vector], knownTokens]).toEqual([[1, 2], 1]);
  });

  it.each([[3], [null], ['new york'], [{}], [[['new', 'york']]], [[[['new']]]], [[[['new', 7]]]]])(
    'is refused if they are %j',
    async (phrases) => {
      await expect(read(phrases)).rejects.toThrow(ModelFormatError);
      await expect(read(phrases)).rejects.toThrow(
        `Cannot read model "x": the phrases of its tokenizer must be a list of pairs of words for each pass, got ${JSON.stringify(phrases)}`,
      );
    },
  );
});
