import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { createVocabulary, mergeRuns, type VocabularyOptions } from '../vocabulary/vocabulary.ts';
import { memoryRun, type WordRun } from '../vocabulary/word-run.ts';
import { inProcessRanks } from './in-process-ranks.ts';
import { mergeVocabulary } from './merge-vocabulary.ts';
import { factsOf } from './run-stretches.ts';

/** The words of a text, as an encoder counts them; `numbers`: the words by their numbers. */
function runOf(text: string): { run: WordRun; words: string[] } {
  const encoder = new BlockEncoder(createTokenizer('whitespace'));
  const { tokens } = encoder.encode(new TextEncoder().encode(text), { name: 'test' });
  const words: string[] = [];
  const found = text.split(/\s+/).filter((word) => word !== '');
  let at = 0;
  for (const token of tokens) if (token >= 0) words[token] = found[at++];
  const { run, wordCount } = takeWholeRun(encoder);
  return { run: memoryRun(run, wordCount, piecesOf(run)), words };
}

/** Smaller ones than an encoder writes, so that stretches part within short texts. */
function piecesOf(run: Uint8Array): number[] {
  const view = new DataView(run.buffer);
  const pieces: number[] = [];
  for (let at = 0, next = 0; at < run.length; at += 16 + view.getUint32(at + 12, true)) {
    if (at < next) continue;
    pieces.push(at);
    next = at + 300;
  }
  return pieces;
}

const texts = Array.from({ length: 6 }, (_, part) =>
  Array.from(
    { length: 3000 },
    (_, i) => `w${(i * i * (part + 1)) % 700} ä${i % (40 * part + 3)} 字${(i * part) % 11}`,
  ).join('\n'),
);

const runs = texts.map(runOf);

/** Texts shared out among ranks, some of which have none, or several. */
async function mergeOn(ranks: number, options: VocabularyOptions, memoryBudgetBytes = 2 ** 30) {
  const shares = Array.from({ length: ranks }, (_, rank) => runs.filter((_, part) => part % ranks === rank));
  const ofRanks = shares.map((share) => share.map(({ run }) => run));
  const facts = ofRanks.map(factsOf);
  const merged = await Promise.all(
    inProcessRanks(ranks).map((communicator, rank) =>
      mergeVocabulary(communicator, ofRanks[rank], facts, options, memoryBudgetBytes),
    ),
  );
  return { merged, shares };
}

it('the vocabulary of several ranks is that of one process where a run is long, and a word is longer than what is read at a time', async () => {
  const words = Array.from({ length: 12_000 }, (_, i) => `word-number-${i}`);
  const large = [`${'long'.repeat(80_000)} ${words.join(' ')}`, words.slice(5000).join(' ')].map(
    (text) => runOf(text).run,
  );
  const options = { minCount: 1 };
  const { vocabulary } = mergeRuns(large, options);
  expect(vocabulary.words).toHaveLength(12_001);
  const facts = large.map((run) => factsOf([run]));
  const merged = await Promise.all(
    inProcessRanks(2).map((ranks, rank) => mergeVocabulary(ranks, [large[rank]], facts, options, 2 ** 30)),
  );
  for (const found of merged) {
    expectSame(found.vocabulary.words, vocabulary.words);
    expectSame(found.vocabulary.counts, vocabulary.counts);
  }
});

/** Long lists are compared as a whole first: `toEqual` takes ten times as long. */
function expectSame(got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted);
}

const given = createVocabulary(['w9', '字3', 'nowhere', 'w1'], Float64Array.of(9, 8, 7, 6));
const cases: [string, VocabularyOptions][] = [
  ['all words', { minCount: 1 }],
  ['frequent words', { minCount: 12 }],
  ['the most frequent words', { minCount: 5, maxVocabulary: 100 }],
  ['given words', { minCount: 5, given }],
  ['earlier words', { minCount: 50, earlier: given }],
  ['no word', { minCount: 1e9 }],
];

describe.each(cases)('the vocabulary of several ranks: %s', (_, options) => {
  it.each([
    [1, 2 ** 30],
    [2, 2 ** 30],
    [3, 4000],
    [8, 2 ** 30],
  ])('is that of one process on %i ranks, with a budget of %i bytes', async (ranks, budget) => {
    const expected = mergeRuns(
      runs.map(({ run }) => run),
      options,
    );
    const idOf = new Map(expected.vocabulary.words.map((word, id) => [word, id]));
    const { merged, shares } = await mergeOn(ranks, options, budget);
    const sum = new Float64Array(expected.vocabulary.words.length);
    merged.forEach(({ vocabulary, wordIds, countsHere, ...facts }, rank) => {
      const { wordIds: _, vocabulary: wanted, ...expectedFacts } = expected;
      expectSame(vocabulary.words, wanted.words);
      expectSame(vocabulary.counts, wanted.counts);
      expect(facts).toEqual(expectedFacts);
      shares[rank].forEach(({ words }, run) => {
        const wrong = words.filter((word, number) => wordIds[run][number] !== (idOf.get(word) ?? -1));
        expect(wrong).toEqual([]);
      });
      countsHere.forEach((count, id) => {
        sum[id] += count;
      });
    });
    if (!options.given && !options.earlier) expectSame(sum, expected.vocabulary.counts);
  });
});
