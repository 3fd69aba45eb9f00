import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTemporaryFiles } from '../node/temporary-files.ts';
import { createPhraseJoiner } from '../text/phrases.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { rankWords } from '../vocabulary/vocabulary.ts';
import { type CorpusStore, createMemoryCorpusStore, SENTENCE_END } from './encoded-corpus.ts';
import { learnPhrases, type PhrasePass } from './learn-phrases.ts';
import { phraseScore } from './phrase-score.ts';

type Options = Partial<Omit<Parameters<typeof learnPhrases>[3], 'onPass'>> & {
  /** The corpus is cut into blocks of so many tokens and sentence ends; 0 makes an empty block. */
  blockLengths?: readonly number[];
  store?: CorpusStore;
};

/** Learns phrases in sentences of words separated by spaces, and gives back the corpus as such sentences. */
async function learn(
  sentences: readonly string[],
  { blockLengths = [1000], store = createMemoryCorpusStore(), ...options }: Options = {},
) {
  const split = sentences.map((sentence) => sentence.split(' ').filter(Boolean));
  const words = [...new Set(split.flat())].sort(compareUtf8);
  const numbers = new Map(words.map((word, number) => [word, number]));
  const counts = words.map(() => 0);
  for (const word of split.flat()) counts[numbers.get(word)!]++;
  const tokens = split.flatMap((sentence) => [...sentence.map((word) => numbers.get(word)!), SENTENCE_END]);
  for (let begin = 0, i = 0; begin < tokens.length; i++) {
    const length = blockLengths[i % blockLengths.length];
    store.append(Int32Array.from(tokens.slice(begin, begin + length)), 0);
    begin += length;
  }

  const settings = {
    passes: 1,
    score: 'word2phrase',
    threshold: 1,
    minCount: 1,
    memoryBudgetBytes: 2 ** 30,
    ...options,
  } as const;
  const kept = words.map((_, number) => number).filter((number) => counts[number] >= settings.minCount);
  const { vocabulary: before, ids } = rankWords(
    kept.map((number) => words[number]),
    Float64Array.from(kept, (number) => counts[number]),
  );
  const wordIds = new Int32Array(words.length).fill(-1);
  kept.forEach((number, i) => {
    wordIds[number] = ids[i];
  });
  const passes: PhrasePass[] = [];
  const learned = await learnPhrases(store, before, [wordIds], { ...settings, onPass: (pass) => passes.push(pass) });
  const corpus = await store.finish(learned.wordIds);
  const encoded = corpus.place.kind === 'memory' ? [...corpus.place.ids] : [];
  const text = encoded
    .map((id) => (id === SENTENCE_END ? '|' : learned.vocabulary.words[id]))
    .join(' ')
    .split('|')
    .map((sentence) => sentence.trim());
  return { ...learned, passes, corpus, text: text.slice(0, -1) };
}

describe('phraseScore', () => {
  // "a b" 4 times among 20 tokens, with a 4 times and b 5 times.
  const counts = { pair: 4, first: 4, second: 5, tokens: 20, minCount: 1 };

  it('is that of word2phrase.c: (4 − 1) / (4 × 5) × 20', () => {
    expect(phraseScore('word2phrase', counts)).toBeCloseTo(3, 12);
    expect(phraseScore('word2phrase', { ...counts, minCount: 4 })).toBe(0);
  });

  it('is the normalised pointwise mutual information: ln(.2 / (.2 × .25)) / −ln .2 = ln 4 / ln 5', () => {
    expect(phraseScore('npmi', counts)).toBeCloseTo(Math.log(4) / Math.log(5), 12);
    // Always together: 1. As often as by chance: 0.
    expect(phraseScore('npmi', { ...counts, second: 4 })).toBeCloseTo(1, 12);
    expect(phraseScore('npmi', { ...counts, pair: 1, first: 4, second: 5 })).toBeCloseTo(0, 12);
  });

  it('leaves out pairs below minCount', () => {
    for (const score of ['word2phrase', 'npmi'] as const)
      expect(phraseScore(score, { ...counts, minCount: 5 })).toBe(-Infinity);
  });
});

describe('learnPhrases', () => {
  // 20 tokens: new 4, york 5, the pair 4 times. Scores as above: word2phrase 3, npmi .861.
  const city = ['in new york', 'to new york', 'new york is x', 'of new york', 'york is y', 'z u v w'];

  it('joins what scores above the threshold, and nothing at it', async () => {
    const { text, phrases, vocabulary, passes } = await learn(city, { threshold: 2.9 });
    expect(text).toEqual(['in new_york', 'to new_york', 'new_york is x', 'of new_york', 'york is y', 'z u v w']);
    expect(phrases).toEqual([[['new', 'york']]]);
    expect(passes).toEqual([{ pass: 1, phrases: 1, examples: ['new_york'] }]);
    // 4 phrases; york and new have what is left of their counts, and new has none.
    expect(vocabulary.words).toEqual(['new_york', 'is', 'in', 'of', 'to', 'u', 'v', 'w', 'x', 'y', 'york', 'z']);
    expect([...vocabulary.counts]).toEqual([4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(vocabulary.tokenCount).toBe(16);

    expect((await learn(city, { threshold: 3 })).phrases).toEqual([]);
    const npmi = { score: 'npmi', minCount: 2 } as const;
    expect((await learn(city, { ...npmi, threshold: 0.86 })).phrases).toEqual([[['new', 'york']]]);
    expect((await learn(city, { ...npmi, threshold: 0.862 })).phrases).toEqual([]);
  });

  it('names the best phrases first', async () => {
    const sentences = Array.from({ length: 12 }, (_, i) => [`a${i % 6} b${i % 6}`, `c${i}`]).flat();
    sentences.push('a0', 'a0', 'b1');
    const { passes } = await learn(sentences, { threshold: 1 });
    // a0 b0 scores (2 − 1) / (4 × 2) × 39, a1 b1 / (2 × 3), the others / (2 × 2).
    expect(passes[0]).toEqual({ pass: 1, phrases: 6, examples: ['a2_b2', 'a3_b3', 'a4_b4', 'a5_b5', 'a1_b1'] });
  });

  it('makes longer phrases in later passes and stops when there are none', async () => {
    const sentences = ['the new york city', 'in new york city', 'new york city', 'of a b c d e'];
    const { text, phrases, passes } = await learn(sentences, { passes: 5, threshold: 2 });
    expect(text.slice(0, 3)).toEqual(['the new_york_city', 'in new_york_city', 'new_york_city']);
    expect(phrases).toEqual([
      [
        ['new', 'york'],
        ['york', 'city'],
      ],
      [['new_york', 'city']],
    ]);
    expect(passes.map(({ phrases: count }) => count)).toEqual([2, 1, 0]);
  });

  it('makes no neighbours of the words around a rare one, nor of two sentences', async () => {
    const sentences = ['a r1 b', 'a r2 b', 'a r3 b', 'c', 'd', 'c', 'd', 'c', 'd'];
    const { phrases, text } = await learn(sentences, { score: 'npmi', threshold: -1, minCount: 2 });
    expect(phrases).toEqual([]);
    expect(text).toEqual(['a b', 'a b', 'a b', 'c', 'd', 'c', 'd', 'c', 'd']);
  });

  it('drops words and phrases that have become rare, and sentences that have become empty', async () => {
    // "a b" makes b rare (1 left) in pass 1; minCount is 2.
    const { text, vocabulary } = await learn(['a b', 'a b', 'b', 'c c'], {
      score: 'npmi',
      threshold: 0.5,
      minCount: 2,
    });
    expect(text).toEqual(['a_b', 'a_b', 'c c']);
    expect(vocabulary.words).toEqual(['a_b', 'c']);
  });

  it('takes the most frequent words and phrases after joining', async () => {
    expect((await learn(city, { threshold: 2.9, maxVocabulary: 2 })).vocabulary.words).toEqual(['new_york', 'is']);
  });

  it('takes a phrase and a word spelt alike for one word', async () => {
    const { vocabulary } = await learn(['new_york', ...city], { threshold: 2.9 });
    expect(vocabulary.words.filter((word) => word === 'new_york')).toHaveLength(1);
    expect(vocabulary.counts[0]).toBe(5);
  });

  it('joins across blocks', async () => {
    const whole = await learn(city, { threshold: 2.9 });
    for (const blockLengths of [[1], [2], [3], [0, 1], [2, 0, 0, 1]]) {
      const cut = await learn(city, { threshold: 2.9, blockLengths });
      expect(cut.text).toEqual(whole.text);
      expect(cut.corpus.fingerprint).toBe(whole.corpus.fingerprint);
    }
  });

  it('gives the same for any memory budget, in memory and in a file', async () => {
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * 60);
    };
    const sentences = Array.from({ length: 400 }, () => Array.from({ length: 20 }, () => `w${next()}`).join(' '));
    const settings = { passes: 2, threshold: 1, minCount: 2, blockLengths: [100, 37] };
    const whole = await learn(sentences, settings);
    expect(whole.phrases[1].length).toBeGreaterThan(10);

    const small = createMemoryCorpusStore();
    let reads = 0;
    const counting: CorpusStore = Object.create(small, {
      readBlock: {
        value: (index: number) => {
          if (index === 0) reads++;
          return small.readBlock(index);
        },
      },
    });
    const bounded = await learn(sentences, { ...settings, store: counting, memoryBudgetBytes: 1 });
    expect(reads).toBeGreaterThan(8); // with all pairs at once it is 1 + 2 × 2
    expect(bounded).toEqual(whole);

    const files = createTemporaryFiles();
    const store = files.createCorpusStore();
    try {
      const { corpus, text: _, ...filed } = await learn(sentences, { ...settings, store });
      expect(whole).toMatchObject(filed);
      const { place: __, ...numbers } = corpus;
      expect(whole.corpus).toMatchObject(numbers);
    } finally {
      store.dispose();
    }
  });

  it('leaves what joining the words of each sentence and dropping rare ones leaves', async () => {
    const word = fc.constantFrom('a', 'a', 'b', 'b', 'c', 'd', 'e', '苹');
    const sentence = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(sentence, { minLength: 1, maxLength: 30 }),
        fc.record({
          passes: fc.integer({ min: 1, max: 3 }),
          score: fc.constantFrom('word2phrase' as const, 'npmi' as const),
          threshold: fc.constantFrom(-0.2, 0, 0.3, 1),
          minCount: fc.integer({ min: 1, max: 4 }),
          blockLengths: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }).map((lengths) => [...lengths, 5]),
        }),
        async (sentences, options) => {
          const { phrases, text, vocabulary, corpus } = await learn(sentences, options);
          const join = createPhraseJoiner(phrases);
          const joined = sentences.map((line) => join(line.split(' ').filter(Boolean)));
          const counts = new Map<string, number>();
          for (const token of joined.flat()) counts.set(token, (counts.get(token) ?? 0) + 1);
          const frequent = joined
            .map((tokens) => tokens.filter((token) => counts.get(token)! >= options.minCount))
            .filter((tokens) => tokens.length > 0);
          expect(text).toEqual(frequent.map((tokens) => tokens.join(' ')));
          const expected = [...counts].filter(([, count]) => count >= options.minCount);
          expected.sort(([wordA, a], [wordB, b]) => b - a || compareUtf8(wordA, wordB));
          expect(vocabulary.words.map((other, id) => [other, vocabulary.counts[id]])).toEqual(expected);
          expect(corpus.tokenCount).toBe(vocabulary.tokenCount);
        },
      ),
      { numRuns: 300 },
    );
  });
});
