import { describe, expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { Bm25Index } from '../search/bm25-index.ts';
import { fuseRankings } from '../search/rank-fusion.ts';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { evaluateRetrieval, parseRetrievalTask, scoreRanking } from './retrieval.ts';
import { evaluateSentencePairs, sentencePairsOf } from './sentence-pairs.ts';

const model = new EmbeddingModel({
  words: ['cat', 'kitten', 'stone', 'rock'],
  dimensions: 2,
  inputVectors: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9),
});
const encoder = new SentenceEncoder(model, createTokenizer('words'));

it('scores a ranking by hand', () => {
  const relevant = new Map([
    ['a', 2],
    ['b', 1],
  ]);
  const { ndcg10, recall10, mrr10 } = scoreRanking(['x', 'b', 'a'], relevant);
  expect(ndcg10).toBeCloseTo((1 / Math.log2(3) + 2 / 2) / (2 + 1 / Math.log2(3)), 12);
  expect(recall10).toBe(1);
  expect(mrr10).toBe(0.5);
  expect(scoreRanking([...'0123456789', 'a'], relevant)).toEqual({ ndcg10: 0, recall10: 0, mrr10: 0 });
});

it('BM25 by hand', () => {
  const index = new Bm25Index([['cat', 'cat', 'sat'], ['dog'], ['cat', 'dog']]);
  const [first, second, ...rest] = index.search(['cat', 'none']);
  const idf = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
  expect(first.row).toBe(0);
  expect(first.score).toBeCloseTo((idf * 2 * 2.2) / (2 + 1.2 * (0.25 + (0.75 * 3) / 2)), 12);
  expect(second.row).toBe(2);
  expect(second.score).toBeCloseTo((idf * 2.2) / (1 + 1.2 * (0.25 + (0.75 * 2) / 2)), 12);
  expect(rest).toEqual([]);
  expect(new Bm25Index([]).search(['cat'])).toEqual([]);
});

it('joins a ranking by words and one by vectors', () => {
  const words = [
    { item: 'a', score: 8 },
    { item: 'b', score: 7.9 },
    { item: 'far', score: 0.4 },
  ];
  const joined = fuseRankings(words, ['c', 'b', 'd']);
  expect(joined.map(({ item }) => item)).toEqual(['b', 'a', 'c', 'd', 'far']);
  expect(joined[0].score).toBeCloseTo(7.9 / 8 + (0.1 * 21) / 22, 12);
  expect(joined[2].score).toBeCloseTo(0.1, 12);
  // What is well ahead by words stays so.
  expect(fuseRankings([words[0], { item: 'b', score: 5 }], ['b'])[0].item).toBe('a');
  expect(fuseRankings([], ['c', 'b']).map(({ item }) => item)).toEqual(['c', 'b']);
  expect(fuseRankings(words, []).map(({ item }) => item)).toEqual(['a', 'b', 'far']);
});

it('evaluates a retrieval task: vectors find what has no word in common', () => {
  const task = parseRetrievalTask(
    '{"_id":"1","title":"","text":"the kitten"}\n{"_id":"2","title":"A","text":"stone"}\n',
    '{"_id":"q","text":"cat?"}\n{"_id":"unjudged","text":"cat"}\n{"_id":"none","text":"nothing"}',
    'query-id\tcorpus-id\tscore\nq\t1\t1\nnone\t2\t1\n',
  );
  const result = evaluateRetrieval(encoder, task);
  expect(result).toMatchObject({ documents: 2, queries: 2, coverage: 0.5 });
  expect(result.vectors.mrr10).toBe(0.5);
  expect(result.bm25.mrr10).toBe(0);
  expect(result.hybrid.mrr10).toBe(0.5);
  const texts = ['{"_id":"1","text":"a"}\n{"_id":"2","text":"b"}', '{"_id":"2","text":"a"}'] as const;
  const swapped = parseRetrievalTask(...texts, 'corpus-id\tquery-id\tscore\n1\t2\t1\n');
  expect(swapped.relevant).toEqual(new Map([['2', new Map([['1', 1]])]]));
  expect(() => parseRetrievalTask(...texts, 'query-id\tcorpus-id\tscore\n')).toThrow('"judgements" judges no document');
  expect(() => parseRetrievalTask('{"id":1}', '', '')).toThrow(/corpus.jsonl": line 1 must be JSON with "_id"/);
});

it('finds the columns of sentence pairs', () => {
  const expected = [{ first: 'a cat', second: 'a kitten', score: 4.5 }];
  expect(sentencePairsOf([['a cat', 'a kitten', '4.5']])).toEqual(expected);
  expect(sentencePairsOf([['17', 'a cat', 'a kitten', '4.5', 'NEUTRAL']])).toEqual(expected);
  expect(
    sentencePairsOf([
      ['sentence1', 'sentence2', 'score'],
      ['a cat', 'a kitten', '4.5'],
    ]),
  ).toEqual(expected);
  expect(
    sentencePairsOf([
      ['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'], // of MRPC
      ['4.5', '702876', '702977', 'a cat', 'a kitten'],
    ]),
  ).toEqual(expected);
  expect(() =>
    sentencePairsOf([
      ['a cat', 'a kitten', '4.5', '3'],
      ['a dog', 'a cat', '2', '5'],
    ]),
  ).toThrow('name the columns in the first row, sentence1, sentence2 and score');
  expect(() => sentencePairsOf([['a cat', 'a kitten', '4,5']])).toThrow('write numbers with a point');
  expect(() => sentencePairsOf([['a cat', '4.5']])).toThrow(/needs two columns of text and one of numbers/);
  expect(() => sentencePairsOf([])).toThrow(/needs two columns/);
});

it('correlates similarities of sentences with human scores', () => {
  const pairs = [
    { first: 'cat', second: 'kitten', score: 5 },
    { first: 'cat', second: 'rock', score: 1 },
    { first: 'cat', second: 'stone', score: 0.5 },
    { first: 'cat', second: 'unknown', score: 0 },
  ];
  const { spearman, coverage } = evaluateSentencePairs(encoder, pairs);
  // The similarities of the last two are both 0: ranks 4, 3, 1.5, 1.5 beside 4, 3, 2, 1.
  expect(spearman).toBeCloseTo(0.9487, 4);
  expect(coverage).toBe(0.75);
});

describe('parseRetrievalTask', () => {
  const corpus = '{"_id":"d0","text":"apple"}\n{"_id":"d1","text":"pear"}\n';
  const queries = '{"_id":"q0","text":"fruit"}\n';

  it('refuses an id that is there twice: its text would be found twice', () => {
    expect(() => parseRetrievalTask(corpus + corpus, queries, 'q0\td0\t1')).toThrow('line 3 has the id "d0" again');
    expect(() => parseRetrievalTask(corpus, queries + queries, 'q0\td0\t1')).toThrow('line 2 has the id "q0" again');
  });

  it('refuses judgements of other documents, and columns of TREC', () => {
    expect(() => parseRetrievalTask(corpus, queries, 'q0\tx\t1')).toThrow(
      'none of the 1 documents that answer a query',
    );
    expect(() => parseRetrievalTask(corpus, queries, 'q0\t0\td0\t1')).toThrow('line 1 must be query, document, score');
    expect(() => parseRetrievalTask(corpus, queries, 'q0\td0\t0x1\nq0\td0\t0x1')).toThrow('line 2 must be');
  });
});

it('takes nothing else for pairs of sentences', () => {
  for (const pairs of [undefined, null, 3, 'a', {}])
    expect(() => evaluateSentencePairs(encoder, pairs as never)).toThrow('"pairs" must be an array of { first,');
});
