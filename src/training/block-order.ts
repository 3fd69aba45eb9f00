import { type EncodedCorpus, shareOf } from '../corpus/encoded-corpus.ts';
import { SLOTS } from '../kernels/word2vec/word2vec.ts';

/**
 * The order in which an epoch takes the blocks of a text. `interleaved`: 64 spans of the text give a block each by turns. `sequential`: from the
 * beginning of the text to its end, as word2vec.c, gensim and fastText do; of several threads each has a span of its own, in deterministic
 * training always four.
 */
export const BLOCK_ORDERS = ['interleaved', 'sequential'] as const;

/** See `BLOCK_ORDERS`. */
export type BlockOrder = (typeof BLOCK_ORDERS)[number];

/**
 * Workers are not at the same article then, where they would write to the same rows, those of its rare words. Where the cores are near to each
 * other it makes no difference to the speed (1.95x one thread in either order). It does to what is learned: `sequential` is better for
 * SimLex-999 and worse for analogies, and epochs of both kinds lie between (docs/experiments.md, "The order of the text").
 */
export const INTERLEAVED_SPANS = 64;

/** Spans of the text that take turns, where so many threads train at once. */
export function spansFor({ blockOrder, deterministic }: OrderOptions, threads: number): number {
  if (blockOrder === 'interleaved') return INTERLEAVED_SPANS;
  return deterministic ? SLOTS : threads;
}

interface OrderOptions {
  readonly blockOrder: BlockOrder;
  readonly deterministic: boolean;
}

/** The block that is trained as number `place` of an epoch: each is trained once. `spans` parts of the text, as long as each other, take turns. */
export function blockAt(place: number, blocks: number, spans: number): number {
  const count = Math.min(spans, blocks);
  const rounds = Math.floor(blocks / count);
  const span = place % count;
  // The first spans have one block more, which the last, unfinished round takes.
  return span * rounds + Math.min(span, blocks % count) + Math.floor(place / count);
}

/** About so many of the first `number` blocks of all epochs lie here, where each machine has a part of the corpus. */
export function blocksHere(number: number, blocks: number, spans: number, corpus: EncodedCorpus): number {
  const count = Math.min(spans, blocks);
  const { begin, end } = shareOf(corpus);
  const [first, last] = [begin, end].map((token) => (token / corpus.length) * count);
  // Each epoch begins with a round of its own, and ends with one that may not be full.
  const hereOf = (places: number) =>
    Math.floor(places / count) * (last - first) + Math.min(last - first, Math.max(0, (places % count) - first));
  const done = Math.max(0, number);
  return Math.floor(done / blocks) * hereOf(blocks) + hereOf(done % blocks);
}
