import { describe, expect, it } from 'vitest';
import { EmbeddingModel } from './embedding-model.ts';

const model = new EmbeddingModel({
  words: ['king', 'queen', 'man', 'woman', 'apple'],
  dimensions: 3,
  // Royalty, gender, fruit; of different lengths, which must not matter.
  inputVectors: Float32Array.of(2, 1, 0, 1, -0.5, 0, 0, 3, 0, 0, -2, 0, 0, 0, 1),
});

describe('EmbeddingModel', () => {
  it('finds neighbors by angle, without the words asked for', () => {
    const [first, second] = model.neighbors('king', { count: 2 });
    expect(first.word).toBe('queen');
    expect(first.similarity).toBeCloseTo((2 * 1 - 0.5) / (Math.sqrt(5) * Math.sqrt(1.25)), 6);
    expect(second.word).toBe('man');
    expect(model.neighbors('king', { count: 9 })).toHaveLength(4);
    expect(model.neighbors(['king', 'queen'], { limit: 3 }).map(({ word }) => word)).toEqual(['man']);
  });

  it('solves an analogy', () => {
    expect(model.analogy('man', 'king', 'woman', { count: 1 })[0].word).toBe('queen');
    expect(model.neighbors(['king', 'woman'], { minus: ['man'], count: 1 })[0].word).toBe('queen');
  });

  it('weighs words', () => {
    const unit = (word: string) => Array.from(model.vector(word), (x) => x / Math.hypot(...model.vector(word)));
    const sum = unit('man').map((x, d) => 0.25 * x + 3 * unit('apple')[d]);
    const [{ word, similarity }] = model.neighbors(
      [
        ['man', 0.25],
        ['apple', 3],
      ],
      { count: 1 },
    );
    expect(word).toBe('king');
    const dot = sum.reduce((total, x, d) => total + x * unit('king')[d], 0);
    expect(similarity).toBeCloseTo(dot / Math.hypot(...sum), 6);
    expect(() => model.neighbors([['man', Number.NaN]])).toThrow('The weight of "man" must be a number, got NaN');
  });

  it('multiplies similarities by 3CosMul, worked by hand', () => {
    const [{ word, similarity }] = model.analogy('man', 'king', 'woman', { count: 1, method: '3CosMul' });
    const shifted = (a: string, b: string) => {
      const [x, y] = [model.vector(a), model.vector(b)];
      return (1 + x.reduce((sum, value, d) => sum + value * y[d], 0) / Math.hypot(...x) / Math.hypot(...y)) / 2;
    };
    expect(word).toBe('queen');
    const expected = (shifted('queen', 'king') * shifted('queen', 'woman')) / (shifted('queen', 'man') + 1e-6);
    expect(similarity).toBeCloseTo(expected, 5);
    expect(() => model.neighbors([['man', 2]], { method: '3CosMul' })).toThrow('3CosMul has no weights');
  });

  it('finds the odd one out', () => {
    expect(model.oddOneOut(['king', 'queen', 'apple'])[0].word).toBe('apple');
    expect(() => model.oddOneOut(['king', 'queen'])).toThrow('give at least 3 words, got 2');
  });

  it('compares sets of words by their means', () => {
    // king + man = (2, 4, 0), queen + woman = (1, −2.5, 0).
    const expected = (2 * 1 + 4 * -2.5) / (Math.hypot(2, 4) * Math.hypot(1, 2.5));
    expect(model.setSimilarity(['king', 'man'], ['queen', 'woman'])).toBeCloseTo(expected, 6);
  });

  it('ranks a word among the neighbors of another', () => {
    expect(model.rank('king', 'queen')).toBe(1);
    expect(model.rank('king', 'apple')).toBe(3);
    expect(model.closerThan('king', 'apple').map(({ word }) => word)).toEqual(['queen', 'man']);
  });

  it("predicts contexts by the tutorial's softmax", () => {
    const vectors = Float32Array.of(0.2, 0.4, 0.5, 0.7, 0.3, 0.6);
    const words = ['apple', 'banana', 'orange'];
    const fruits = new EmbeddingModel({ words, dimensions: 2, inputVectors: vectors, outputVectors: vectors });
    const predicted = fruits.predictContext('apple');
    expect(predicted.map(({ word }) => word)).toEqual(['banana', 'orange', 'apple']);
    [0.3625, 0.3347, 0.3028].forEach((p, i) => expect(predicted[i].probability).toBeCloseTo(p, 4));
    expect(() => model.predictContext('king')).toThrow('the model holds no context vectors');
  });

  it('finds words near to a vector', () => {
    expect(model.neighbors(Float32Array.of(0, 0.1, 5), { count: 1 })[0].word).toBe('apple');
  });

  it('names the nearest spelling of an unknown word', () => {
    expect(() => model.vector('quen')).toThrow(
      'Cannot find word "quen" in the vocabulary of 5 words: nearest spelling is "queen"',
    );
    expect(() => model.neighbors(['king', 'xylophone'])).toThrow(
      'Cannot find word "xylophone" in the vocabulary of 5 words',
    );
  });

  it('refuses vectors that do not fit', () => {
    expect(() => new EmbeddingModel({ words: ['a'], dimensions: 2, inputVectors: new Float32Array(3) })).toThrow(
      '1 words × 2 dimensions need 2 values, got 3',
    );
  });
});

describe('questions that make no sense', () => {
  const ask = (query: unknown, options?: unknown) => () => model.neighbors(query as string, options as object);

  it.each([
    [[], undefined, 'give at least one word'],
    ['king', { topn: 3 }, 'no option "topn"'],
    ['king', { count: -1 }, '"count" must be an integer of at least 1, got -1'],
    ['king', { limit: 1.5 }, '"limit" must be an integer'],
    ['king', 3, 'Options must be an object'],
    [[1, 0, 0.1], undefined, 'Float32Array.from'],
    [undefined, undefined, 'give a word'],
    ['king', { minus: ['king'] }, 'the sum of "king", "king" is zero'],
    [
      [
        ['king', 1],
        ['man', 0.7],
      ],
      {
        minus: [
          ['king', 1],
          ['man', 0.7],
        ],
      },
      'is zero',
    ],
    [new Float32Array(3), undefined, 'the vector is zero'],
    [Float32Array.of(Number.NaN, 0, 0), undefined, 'NaN'],
    [Float32Array.of(1, 0, 0), { minus: ['king'] }, '"minus" and "method" go with words'],
  ])('neighbors of %j with %j', (query, options, message) => {
    expect(ask(query, options)).toThrow(message);
  });

  it('names the word of which a foreign model holds no numbers, and answers no NaN', () => {
    const foreign = new EmbeddingModel({
      words: ['a', 'b', 'c', 'bad'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, Number.NaN, Infinity),
    });
    const questions = [
      () => foreign.neighbors('bad'),
      () => foreign.neighbors(['a', 'bad'], { method: '3CosMul' }),
      () => foreign.similarity('a', 'bad'),
      () => foreign.oddOneOut(['a', 'b', 'bad']),
      () => foreign.setSimilarity(['a'], ['bad']),
      () => foreign.closerThan('bad', 'a'),
      () => foreign.rank('a', 'bad'),
    ];
    for (const question of questions) expect(question).toThrow('the vector of "bad"');
    expect(foreign.neighbors('a', { method: '3CosMul' }).map(({ word }) => word)).toEqual(['b', 'c']);
    expect(foreign.similarity('a', 'c')).toBe(0);
  });

  it('finds a word as the tokenizer of the model would have left it', () => {
    const named = (words: string[], tokenizer?: 'words' | 'chinese' | 'segmenter' | 'ids') =>
      new EmbeddingModel({
        words,
        dimensions: 1,
        inputVectors: Float32Array.from(words, () => 1),
        ...(tokenizer && { tokenizer: { name: tokenizer, version: 1 } }),
      });
    const words = named(['paris', 'café', "don't", 'οδος', 'fine', 'c'], 'words');
    for (const [typed, id] of [
      ['Paris', 0],
      ['cafe\u0301', 1],
      ['DON’T', 2],
      ['ΟΔΟΣ', 3],
      ['ﬁne', 4],
    ] as const)
      expect(words.id(typed)).toBe(id);
    expect(() => words.id('C++')).toThrow('Cannot find word "C++"');
    expect(words.has('Paris')).toBe(false);
    expect(named(['paris', 'the']).id('Paris')).toBe(0);
    const chinese = named(["don't", '葛城', '卡拉ok'], 'chinese');
    expect(['Don’t', '葛\u{e0100}城', '卡拉\u2060OK'].map((typed) => chinese.id(typed))).toEqual([0, 1, 2]);
    const thai = named(['ทำงาน', 'ipad'], 'segmenter');
    expect(['ทำงาน', 'ทำงาน'.normalize('NFKC'), 'iPad'].map((typed) => thai.id(typed))).toEqual([0, 0, 1]);
    expect(() => named(['paris', 'Rome']).id('PARIS')).toThrow('nearest spelling is "paris"');
    expect(() => named(['a1'], 'ids').id('A1')).toThrow('nearest spelling is "a1"');
  });

  it('is described in JSON, not written out', () => {
    expect(JSON.parse(JSON.stringify(model))).toMatchObject({
      words: 5,
      dimensions: 3,
      vectors: 'float32',
      counts: false,
    });
  });
});

it('has no row and no word beyond its size', () => {
  const model = new EmbeddingModel({ words: ['a', 'b'], dimensions: 1, inputVectors: Float32Array.of(1, 2) });
  for (const id of [2, -1, 0.5, Number.NaN, '1' as never]) {
    expect(() => model.row(id)).toThrow('"id" must be below 2');
    expect(() => model.word(id)).toThrow('"id" must be below 2');
  }
});
