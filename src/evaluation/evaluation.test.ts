import { describe, expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { ANALOGY_PROTOCOLS, evaluateAnalogies } from './analogies.ts';
import { evaluateWordPairs, pearsonCorrelation, ranks } from './word-pairs.ts';

// Two capitals, their countries, and a decoy; b − a + c is worked by hand for each question.
const model = new EmbeddingModel({
  words: ['paris', 'France', 'rome', 'Italy', 'decoy', 'Paris', 'late'],
  dimensions: 4,
  inputVectors: Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0.2, 0.2, 1, 5, 5, 5, 5, 0, 1, 0, 1),
});

describe('evaluateAnalogies', () => {
  it('scores by section, skips unknown words, upper-cases, and takes the first of equal words', () => {
    const text =
      ': capitals\nParis France Rome Italy\nparis FRANCE rome decoy\nParis France London England\n\n: gram1-x\nrome italy paris france\n';
    const { sections, semantic, syntactic, total, coverage } = evaluateAnalogies(model, text, { restrict: 6 });
    expect(sections).toEqual([
      { name: 'capitals', correct: 1, attempted: 2, questions: 3, accuracy: 0.5 },
      { name: 'gram1-x', correct: 1, attempted: 1, questions: 1, accuracy: 1 },
    ]);
    expect([semantic.correct, syntactic.correct, total.correct]).toEqual([1, 1, 2]);
    expect(coverage).toBe(0.75);
  });

  it('knows only the first words of the model', () => {
    expect(evaluateAnalogies(model, 'paris france rome italy', { restrict: 3 }).total).toMatchObject({
      attempted: 0,
      questions: 1,
    });
  });

  it('follows the protocol that is named', () => {
    const text = 'Paris France rome Italy\nparis France rome nowhere\nparis France rome Italy\n';
    // ca8: words as they are; an unknown fourth word is wrong, not skipped.
    expect(evaluateAnalogies(model, text, { protocol: 'ca8' }).total).toMatchObject({ attempted: 3, questions: 3 });
    expect(evaluateAnalogies(model, text, { protocol: 'gensim' }).total).toMatchObject({ correct: 2, attempted: 2 });
    // Here the nearest word to cased − small + upper is "CASED", another spelling of a word of the question: an answer
    // for word2vec.c, none for gensim.
    const spelled = new EmbeddingModel({
      words: ['small', 'cased', 'upper', 'CASED', 'right'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 0, 0, 1, 1, 0.2, 0, 1, -0.5, 1),
    });
    const question = 'small cased upper right';
    expect(evaluateAnalogies(spelled, question).total.correct).toBe(0);
    expect(evaluateAnalogies(spelled, question, { protocol: 'gensim' }).total.correct).toBe(1);
  });

  it('multiplies similarities by 3CosMul, as the model does', () => {
    const answer = model.analogy('paris', 'France', 'rome', { count: 1, method: '3CosMul', limit: 5 })[0].word;
    const question = `paris France rome ${answer}`;
    expect(evaluateAnalogies(model, question, { method: '3CosMul', restrict: 5 }).total.correct).toBe(1);
    expect(evaluateAnalogies(model, 'paris France rome rome', { method: '3CosMul' }).total.correct).toBe(0);
  });

  it('names the line that is wrong', () => {
    expect(() => evaluateAnalogies(model, ': a\nparis france rome\n')).toThrow(
      'line 2 must be four words or ": section", got "paris france rome"',
    );
  });
});

describe('evaluateWordPairs', () => {
  it('correlates cosines with scores and counts what it leaves out', () => {
    const text = '# comment\nparis france 3\nparis rome 2\nFRANCE\titaly\t2\nparis nowhere 9\nparis italy 0.5\n';
    const result = evaluateWordPairs(model, text);
    // Cosines .5, .5, .5 and 0 against 3, 2, 2 and .5.
    expect(result).toMatchObject({ pairs: 5, attempted: 4, coverage: 0.8 });
    expect(result.pearson).toBeCloseTo(pearsonCorrelation([0.5, 0.5, 0.5, 0], [3, 2, 2, 0.5]), 10);
    expect(result.spearman).toBeCloseTo(pearsonCorrelation([3, 3, 3, 1], [4, 2.5, 2.5, 1]), 10);
    expect(() => evaluateWordPairs(model, 'a b\n')).toThrow('line 1 must be two words and a score');
    for (const score of ['0x10', 'Infinity', '1e999', '0,5', '5 %', 'nan'])
      expect(() => evaluateWordPairs(model, `a\tb\t${score}\n`)).toThrow('line 1 must be two words and a score');
  });

  it('takes "#" for a comment at the beginning of a line only, and no byte order mark for a part of a word', () => {
    const sharp = new EmbeddingModel({
      words: ['c#', 'java', 'apple'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 0, 0.9, 0.2, 0, 1),
    });
    const text = '\ufeff# languages\r\nc#\tjava\t8\r\n\r\njava c# 7\r\napple c# 1';
    expect(evaluateWordPairs(sharp, text)).toMatchObject({ pairs: 3, attempted: 3 });
    expect(evaluateAnalogies(sharp, '\ufeff:\u00a0 all \r\nc# java apple c#\r\n').sections[0]).toMatchObject({
      name: 'all',
      questions: 1,
    });
  });

  it.each([
    ['WordSim-353', 'Word 1,Word 2,Human (mean)\nparis,france,3\nparis,italy,2\n'],
    ['tabs', 'Word 1\tWord 2\tHuman (mean)\r\nparis\tfrance\t3\r\nparis\titaly\t2\r\n'],
    ['SimLex-999', 'word1\tword2\tPOS\tSimLex999\tSD\nparis\tfrance\tN\t3\t8\nparis\titaly\tN\t2\t9\n'],
    ['semicolons', 'paris;france;3\nparis;italy;2'],
    ['SimVerb-3500', 'paris\tfrance\tV\t3\tSYNONYMS\nparis\titaly\tV\t2\tNONE\n'],
    ['RareWords', 'paris\tfrance\t3\t1\t4\t4\t4\nparis\titaly\t2\t1\t3\t2\t2\n'],
    ['WordSim-353 with all ratings', 'Word 1,Word 2,Human (mean),1,2\nparis,france,3,2,4\nparis,italy,2,1,3\n'],
    ['numbered pairs', 'id,word1,word2,score\n1,paris,france,3\n2,paris,italy,2\n'],
    ['the score in front', 'score\tword1\tword2\n3\tparis\tfrance\n2\tparis\titaly\n'],
    ['quotes', '"paris","france",3\n"paris","italy","2"\n'],
    ['quotes between tabs', '"paris"\t"france"\t3\nparis\titaly\t"2"\n'],
    ['no-break spaces', 'paris\u00a0france\u00a03\nparis\u3000italy\u30002\n'],
  ])('reads the layout of %s', (_, text) => {
    // Cosines .5 and 0: another column of numbers would rise where the score falls.
    expect(evaluateWordPairs(model, text)).toEqual(evaluateWordPairs(model, 'paris france 3\nparis italy 2'));
  });

  it.each([
    ['0\tparis\tfrance\t3\n', 'without a number in front'],
    ['paris\tfrance\t3,5\n', 'with a point and not a comma'],
    ['paris\tfrance\t3\t200\n', 'several columns hold numbers'],
    ['paris\tfrance\tA\t1.58\t2.72\t2.81\t2\t7.25\n', 'several columns hold numbers'],
  ])('refuses %j, whose score is not known', (text, message) => {
    expect(() => evaluateWordPairs(model, text)).toThrow(message);
  });

  it('takes é as one character and as two for the same letter, in analogies, too', () => {
    const words = ['caf\u00e9', 'the\u0301', 'eau'];
    const french = new EmbeddingModel({ words, dimensions: 2, inputVectors: Float32Array.of(1, 0, 0.9, 0.2, 0, 1) });
    expect(evaluateWordPairs(french, 'cafe\u0301 th\u00e9 8\n')).toMatchObject({ attempted: 1 });
    for (const protocol of ANALOGY_PROTOCOLS)
      expect(evaluateAnalogies(french, 'cafe\u0301 th\u00e9 eau eau\n', { protocol }).total.attempted).toBe(1);
  });

  it('ranks with ties at their mean', () => {
    expect(ranks([10, 20, 10, 5])).toEqual([2.5, 4, 2.5, 1]);
  });

  it('gives the correlation of a textbook', () => {
    expect(pearsonCorrelation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(0.8, 12);
  });
});
