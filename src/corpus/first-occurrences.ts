import type { ReadCorpus } from './encoded-corpus.ts';

const CHUNK_TOKENS = 1 << 16;
/** .3 seconds of work. */
const MOST_TOKENS = 1 << 27;

/**
 * For each word its place in the order in which they occur first in a corpus of `length` ids and sentence ends. Those that are not among
 * the first 134 million follow in the order of their ids.
 */
export function firstOccurrences(read: ReadCorpus, length: number, wordCount: number): Uint32Array {
  const UNSEEN = 0xffffffff;
  const places = new Uint32Array(wordCount).fill(UNSEEN);
  const chunk = new Int32Array(CHUNK_TOKENS);
  const end = Math.min(length, MOST_TOKENS);
  let seen = 0;
  for (let begin = 0; begin < end && seen < wordCount; begin += CHUNK_TOKENS) {
    const tokens = chunk.subarray(0, Math.min(CHUNK_TOKENS, end - begin));
    read(begin, tokens);
    for (const word of tokens) if (word >= 0 && places[word] === UNSEEN) places[word] = seen++;
  }
  for (let word = 0; word < wordCount; word++) if (places[word] === UNSEEN) places[word] = seen++;
  return places;
}
