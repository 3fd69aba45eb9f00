import { type Phrases, phraseWord } from '../text/phrases.ts';
import { compareUtf8 } from '../text/utf8.ts';
import { rankWords, type Vocabulary } from '../vocabulary/vocabulary.ts';
import { sharedBuffer } from '../vocabulary/word-run.ts';
import { type CorpusStore, SENTENCE_END } from './encoded-corpus.ts';
import { ALL_HASHES, PairTable } from './pair-table.ts';
import { type PhraseScore, phraseScore } from './phrase-score.ts';

export interface PhraseOptions {
  /** How often the corpus is gone through; each pass joins what earlier ones made, so n passes make up to 2^n words. */
  readonly passes: number;
  readonly score: PhraseScore;
  /** Pairs that score above it are joined. */
  readonly threshold: number;
}

/** What a pass over the pairs of words has joined. */
export interface PhrasePass {
  /** Counted from 1. */
  readonly pass: number;
  /** Pairs that are joined. */
  readonly phrases: number;
  /** Up to five of them, best score first. */
  readonly examples: readonly string[];
}

interface LearnOptions extends PhraseOptions {
  readonly minCount: number;
  readonly maxVocabulary?: number | undefined;
  /** Bytes that the table of pairs may take. Never changes the result. */
  readonly memoryBudgetBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onPass?: ((pass: PhrasePass) => void) | undefined;
}

/** The words of a corpus in which phrases are being joined: those of the vocabulary, RARE_WORD, phrases. */
interface WorkingWords {
  readonly words: string[];
  readonly counts: number[];
  /** Number of the word that stands for all rare ones: it keeps their neighbours apart and is part of no phrase. */
  readonly rare: number;
  /** Words that a phrase may be equal to: phrases, and words that hold an underscore already. */
  readonly phraseNumbers: Map<string, number>;
  /** All tokens, those of rare words, too. */
  tokens: number;
}

const EXAMPLES = 5;
const YIELD_MILLISECONDS = 50;

/**
 * Joins collocations in a corpus before it is finished: counts the pairs of neighbours in each sentence, exactly;
 * joins those that score above the threshold, from left to right; and so on for each pass. Then drops what has become
 * rare and ranks the words anew.
 *
 * Rare words stay in their places until the end, so that their neighbours do not become neighbours of each other. An
 * occurrence of a word that was too rare before any phrase was joined stays dropped even if a phrase is spelt alike.
 *
 * @param wordIds - for each run of the store: number → word id of `vocabulary`, −1 for rare words
 * @returns the pairs joined in each pass, the new vocabulary, and what the store is to be finished with
 */
export async function learnPhrases(
  store: CorpusStore,
  vocabulary: Vocabulary,
  wordIds: readonly Int32Array[],
  options: LearnOptions,
): Promise<{ phrases: Phrases; vocabulary: Vocabulary; wordIds: readonly Int32Array[] }> {
  const working = await toWorkingWords(store, vocabulary, wordIds, options.signal);
  const phrases: (readonly [string, string])[][] = [];
  for (let pass = 1; pass <= options.passes; pass++) {
    const found = await scorePairs(store, working, options);
    const pairs = found.map(({ first, second }) => [working.words[first], working.words[second]] as const);
    const examples = pairs.slice(0, EXAMPLES).map(([first, second]) => phraseWord(first, second));
    options.onPass?.({ pass, phrases: pairs.length, examples });
    if (pairs.length === 0) break; // nor would any later pass find one
    phrases.push(pairs);
    await joinPairs(store, working, found, options.signal);
  }
  return { phrases, ...dropAndRank(working, options) };
}

/** Numbers of all runs to numbers of the working words. */
async function toWorkingWords(
  store: CorpusStore,
  vocabulary: Vocabulary,
  wordIds: readonly Int32Array[],
  signal: AbortSignal | undefined,
): Promise<WorkingWords> {
  const rare = vocabulary.words.length;
  let tokenCount = 0;
  for await (const { index, tokens, run } of blocksOf(store, signal)) {
    const ids = wordIds[run];
    for (let i = 0; i < tokens.length; i++) {
      if (tokens[i] === SENTENCE_END) continue;
      const id = ids[tokens[i]];
      tokens[i] = id < 0 ? rare : id;
      tokenCount++;
    }
    store.replaceBlock(index, { tokens, run: 0 });
  }
  const phraseNumbers = new Map<string, number>();
  vocabulary.words.forEach((word, id) => {
    if (word.includes('_')) phraseNumbers.set(word, id);
  });
  return {
    words: [...vocabulary.words, ''],
    counts: [...vocabulary.counts, 0],
    rare,
    phraseNumbers,
    tokens: tokenCount,
  };
}

interface ScoredPair {
  readonly first: number;
  readonly second: number;
  readonly score: number;
}

/** The pairs that score above the threshold, best first. As many passes over the corpus as the memory budget asks for. */
async function scorePairs(store: CorpusStore, working: WorkingWords, options: LearnOptions): Promise<ScoredPair[]> {
  const { counts, tokens: tokenCount } = working;
  const { score, threshold, minCount } = options;
  const scoreOf = (first: number, second: number, pair: number) =>
    phraseScore(score, { pair, first, second, tokens: tokenCount, minCount });
  // No pair with a word scores higher than two words of its count that always stand together. So pairs with the most
  // frequent words, half of all in English, need no counting; with rare words neither. 1e-9 for rounding.
  const mayJoin = Uint8Array.from(counts, (count) =>
    scoreOf(count, count, count) > threshold - 1e-9 * Math.abs(threshold) ? 1 : 0,
  );
  const found: ScoredPair[] = [];
  for (let next = ALL_HASHES.first; next <= ALL_HASHES.last; ) {
    const table = new PairTable({ first: next, last: ALL_HASHES.last }, options.memoryBudgetBytes);
    let previous = SENTENCE_END;
    for await (const { tokens } of blocksOf(store, options.signal)) {
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i];
        const open = token !== SENTENCE_END && mayJoin[token] === 1;
        if (open && previous !== SENTENCE_END) table.add(previous, token, 1);
        previous = open ? token : SENTENCE_END;
      }
    }
    table.forEach((first, second, pair) => {
      const scored = scoreOf(counts[first], counts[second], pair);
      if (scored > threshold) found.push({ first, second, score: scored });
    });
    next = table.range.last + 1;
  }
  return found.sort((a, b) => b.score - a.score || a.first - b.first || a.second - b.second);
}

async function joinPairs(
  store: CorpusStore,
  working: WorkingWords,
  pairs: readonly ScoredPair[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { words, counts, phraseNumbers } = working;
  const joined = new PairTable(); // pair → number of the phrase + 1
  for (const { first, second } of pairs) {
    const word = phraseWord(words[first], words[second]);
    let number = phraseNumbers.get(word);
    if (number === undefined) {
      number = words.length;
      words.push(word);
      counts.push(0);
      phraseNumbers.set(word, number);
    }
    joined.add(first, second, number + 1);
  }
  const beginsPair = new Uint8Array(words.length);
  for (const { first } of pairs) beginsPair[first] = 1;

  // Where the last word stands, if the next block goes on with the same sentence.
  let begin: { index: number; tokens: Int32Array; at: number } | undefined;
  let previous = SENTENCE_END;
  for await (const { index, tokens } of blocksOf(store, signal)) {
    let length = 0;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      const maybe = previous !== SENTENCE_END && token !== SENTENCE_END && beginsPair[previous] === 1;
      const phrase = maybe ? joined.get(previous, token) : 0;
      if (phrase === 0) {
        tokens[length++] = token;
        previous = token;
        continue;
      }
      counts[previous]--;
      counts[token]--;
      counts[phrase - 1]++;
      working.tokens--;
      if (length > 0) {
        tokens[length - 1] = phrase - 1;
      } else {
        const { index: earlier, tokens: written, at } = begin!;
        written[at] = phrase - 1;
        store.replaceBlock(earlier, { tokens: written, run: 0 });
      }
      previous = SENTENCE_END; // the phrase begins no other one in this pass
    }
    const kept = tokens.subarray(0, length);
    store.replaceBlock(index, { tokens: kept, run: 0 });
    if (length > 0) begin = { index, tokens: kept, at: length - 1 };
  }
}

function dropAndRank(
  { words, counts, rare }: WorkingWords,
  { minCount, maxVocabulary }: LearnOptions,
): { vocabulary: Vocabulary; wordIds: readonly Int32Array[] } {
  const kept = words.map((_, number) => number).filter((number) => number !== rare && counts[number] >= minCount);
  kept.sort((a, b) => compareUtf8(words[a], words[b]));
  const { vocabulary, ids } = rankWords(
    kept.map((number) => words[number]),
    Float64Array.from(kept, (number) => counts[number]),
    maxVocabulary,
  );
  const wordIds = new Int32Array(sharedBuffer(4 * words.length)).fill(-1);
  kept.forEach((number, candidate) => {
    wordIds[number] = ids[candidate];
  });
  return { vocabulary, wordIds: [wordIds] };
}

/** All blocks in order; gives way now and then, so that a page stays alive and the signal is heard. */
async function* blocksOf(store: CorpusStore, signal: AbortSignal | undefined) {
  let paused = performance.now();
  for (let index = 0; index < store.blockCount; index++) {
    if (performance.now() - paused > YIELD_MILLISECONDS) {
      await new Promise((resolve) => setTimeout(resolve));
      paused = performance.now();
    }
    signal?.throwIfAborted();
    yield { index, ...store.readBlock(index) };
  }
}
