import { HASH_FACTOR, SENTENCE_END } from '../kernels/renumber/constants.ts';
import { appendHash, type RenumberedBlock } from '../kernels/renumber/renumber.ts';
import { renumber } from '../kernels/renumber/renumber-reference.ts';
import { sharedBuffer } from '../vocabulary/word-run.ts';

export { SENTENCE_END };

/**
 * A corpus as word ids, ready for training: Int32, SENTENCE_END after each sentence, words outside of the
 * vocabulary left out. It lies in memory that workers can share, or in files that each worker reads
 * for itself. The value can be posted to a worker as it is.
 */
export interface EncodedCorpus {
  /** Ids and sentence ends together. */
  readonly length: number;
  /** Ids alone. */
  readonly tokenCount: number;
  /** 32 bits of all ids in their order: another text has another one. */
  readonly fingerprint: number;
  /**
   * The stretch of it that lies here, where machines have shared it out: begin and end, in ids and sentence ends. All of it if omitted.
   * What reads `place` counts from its begin.
   */
  readonly share?: CorpusShare | undefined;
  readonly place:
    | { readonly kind: 'memory'; readonly ids: Int32Array }
    /** `parts`: for each part the id it begins with, the number of its file, and the byte where it begins there. */
    | { readonly kind: 'files'; readonly paths: readonly string[]; readonly parts: Float64Array };
}

export interface CorpusShare {
  readonly begin: number;
  /** Exclusive. */
  readonly end: number;
}

/** The stretch of a corpus that lies here. */
export function shareOf({ share, length }: EncodedCorpus): CorpusShare {
  return share ?? { begin: 0, end: length };
}

/** Ids and sentence ends that lie here. */
export function lengthHere(corpus: EncodedCorpus): number {
  const { begin, end } = shareOf(corpus);
  return end - begin;
}

/** Copies ids [begin, begin + target.length) into `target`; the caller stays inside of the corpus. */
export type ReadCorpus = (begin: number, target: Int32Array) => void;

export function readMemoryCorpus(ids: Int32Array): ReadCorpus {
  return (begin, target) => target.set(ids.subarray(begin, begin + target.length));
}

/** A piece of a corpus that is being prepared: numbers of words in the table of a run, and sentence ends. */
export interface CorpusBlock {
  readonly tokens: Int32Array;
  readonly run: number;
}

/** Numbers in a file, where the encoder has written them itself. */
export interface FilePart {
  readonly path: string;
  /** In bytes. */
  readonly position: number;
  /** Numbers of 4 bytes. */
  readonly length: number;
}

/** Turns the numbers of parts of files into word ids, in place; `wordIds` has one entry a part. */
export type RenumberFiles = (
  parts: readonly FilePart[],
  wordIds: readonly Int32Array[],
) => Promise<readonly RenumberedBlock[]>;

/** Collects encoded blocks until the vocabulary is known, then turns their numbers into word ids. */
export interface CorpusStore {
  /** Where encoder number `encoder` is to write its blocks and runs itself; absent where there are no files. */
  readonly fileOf?: (encoder: number) => string;
  append(tokens: Int32Array | FilePart, run: number): void;
  /** Blocks appended so far. */
  readonly blockCount: number;
  /** The tokens are the store's own: whoever changes them gives them back with `replaceBlock`. */
  readBlock(index: number): CorpusBlock;
  /** Puts a block in the place of one that is not shorter. */
  replaceBlock(index: number, block: CorpusBlock): void;
  /**
   * @param wordIds - for each run: number → word id, −1 for words that are dropped
   * @param helpers - other threads that share the work on files
   */
  finish(wordIds: readonly Int32Array[], helpers?: readonly RenumberFiles[]): Promise<EncodedCorpus>;
  /** Frees what it holds; an EncodedCorpus in a file is gone then. */
  dispose(): void;
}

/** A corpus in shared memory where there is such a thing, otherwise in ordinary memory. */
export function createMemoryCorpusStore(): CorpusStore {
  let blocks: CorpusBlock[] = [];
  return {
    append(tokens, run) {
      if (!ArrayBuffer.isView(tokens)) throw new TypeError('Cannot keep a part of a file in memory');
      blocks.push({ tokens, run });
    },
    get blockCount() {
      return blocks.length;
    },
    readBlock: (index) => blocks[index],
    replaceBlock(index, block) {
      blocks[index] = block;
    },
    async finish(wordIds) {
      const total = new CorpusTotal();
      const parts = blocks.map(({ tokens, run }) => {
        const block = renumber(tokens, wordIds[run]);
        return { tokens: tokens.subarray(0, block.length), ...total.add(block) };
      });
      const ids = new Int32Array(sharedBuffer(4 * total.length));
      for (const { tokens, begin, skip } of parts) ids.set(tokens.subarray(skip), begin);
      blocks = [];
      const { length, tokenCount, fingerprint } = total;
      return { length, tokenCount, fingerprint, place: { kind: 'memory', ids } };
    },
    dispose() {
      blocks = [];
    },
  };
}

/** Joins renumbered blocks in their order; leaves no empty sentence. */
export class CorpusTotal {
  #lastWasEnd = true;
  /** Ids and sentence ends so far. */
  length = 0;
  tokenCount = 0;
  fingerprint = 0;

  /** Where the block begins in the corpus, when the first `skip` of its ids have been left out. */
  add(block: RenumberedBlock): { begin: number; skip: number } {
    const begin = this.length;
    const skip = block.startsWithEnd && this.#lastWasEnd ? 1 : 0;
    const length = block.length - skip;
    let { hash } = block;
    if (skip > 0) hash = (hash - Math.imul(appendHash(0, SENTENCE_END), hashPower(length))) | 0;
    this.fingerprint = joinFingerprints(this.fingerprint, hash, length);
    this.length += length;
    this.tokenCount += block.length - block.sentenceEnds;
    if (block.length > 0) this.#lastWasEnd = block.endsWithEnd;
    return { begin, skip };
  }
}

/** The fingerprint of two stretches of a corpus, the second of `length` ids and sentence ends. */
export function joinFingerprints(first: number, second: number, length: number): number {
  return (Math.imul(first, hashPower(length)) + second) | 0;
}

/** HASH_FACTOR to the power of `exponent`. */
function hashPower(exponent: number): number {
  let result = 1;
  for (let rest = exponent, factor = HASH_FACTOR; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, factor);
    factor = Math.imul(factor, factor);
  }
  return result;
}
