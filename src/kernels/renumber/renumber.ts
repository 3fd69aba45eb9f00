import { HASH_FACTOR } from './constants.ts';

/** What is left of a block when its numbers have become word ids. */
export interface RenumberedBlock {
  /** Ids and sentence ends. */
  readonly length: number;
  readonly sentenceEnds: number;
  readonly startsWithEnd: boolean;
  readonly endsWithEnd: boolean;
  /** See `appendHash`. */
  readonly hash: number;
}

/** Turns blocks of numbers into blocks of word ids. */
export interface Renumberer {
  /** Tells the lists that are about to be used: those that are not too long are copied to where the fast version reads them. */
  setWordIds(lists: readonly Int32Array[]): void;
  /** Memory for a block of so many numbers, good until the next call. */
  tokens(length: number): Int32Array<ArrayBuffer>;
  /** As `renumber` of `renumber-reference.ts`, for the block that has been filled in. */
  renumber(wordIds: Int32Array): RenumberedBlock;
}

/** The hash of some ids with `id` behind them, from the `hash` of those without it. */
export function appendHash(hash: number, id: number): number {
  const scattered = Math.imul(id ^ (id >>> 15), 0x9e3779b1);
  return (Math.imul(hash, HASH_FACTOR) + (scattered ^ (scattered >>> 16))) | 0;
}
