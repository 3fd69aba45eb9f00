/** Stands after each sentence in a corpus of word ids. */
export const SENTENCE_END = -1;

/**
 * A corpus as word ids, ready for training: Int32, SENTENCE_END after each sentence, words outside of the
 * vocabulary left out. It lies in memory that workers can share, or in a file that each worker reads
 * for itself. The value can be posted to a worker as it is.
 */
export interface EncodedCorpus {
  /** Ids and sentence ends together. */
  readonly length: number;
  /** Ids alone. */
  readonly tokenCount: number;
  /** 32 bits of all ids in their order: another text has another one. */
  readonly fingerprint: number;
  readonly place:
    | { readonly kind: 'memory'; readonly ids: Int32Array }
    | { readonly kind: 'file'; readonly path: string };
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

/** Collects encoded blocks until the vocabulary is known, then turns their numbers into word ids. */
export interface CorpusStore {
  append(tokens: Int32Array, run: number): void;
  /** Blocks appended so far. */
  readonly blockCount: number;
  /** The tokens are the store's own: whoever changes them gives them back with `replaceBlock`. */
  readBlock(index: number): CorpusBlock;
  /** Puts a block in the place of one that is not shorter. */
  replaceBlock(index: number, block: CorpusBlock): void;
  /** @param wordIds - for each run: number → word id, −1 for words that are dropped */
  finish(wordIds: readonly Int32Array[]): EncodedCorpus;
  /** Frees what it holds; an EncodedCorpus in a file is gone then. */
  dispose(): void;
}

/** A corpus in shared memory where there is such a thing, otherwise in ordinary memory. */
export function createMemoryCorpusStore(): CorpusStore {
  let blocks: CorpusBlock[] = [];
  return {
    append(tokens, run) {
      blocks.push({ tokens, run });
    },
    get blockCount() {
      return blocks.length;
    },
    readBlock: (index) => blocks[index],
    replaceBlock(index, block) {
      blocks[index] = block;
    },
    finish(wordIds) {
      const remapper = new Remapper(wordIds);
      blocks = blocks.map(({ tokens, run }) => ({ tokens: tokens.subarray(0, remapper.remap(tokens, run)), run }));
      const byteLength = 4 * remapper.length;
      const ids = new Int32Array(
        typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(byteLength) : new SharedArrayBuffer(byteLength),
      );
      let length = 0;
      for (const { tokens } of blocks) {
        ids.set(tokens, length);
        length += tokens.length;
      }
      blocks = [];
      return {
        length,
        tokenCount: remapper.tokenCount,
        fingerprint: remapper.fingerprint,
        place: { kind: 'memory', ids },
      };
    },
    dispose() {
      blocks = [];
    },
  };
}

/** Turns blocks of numbers into blocks of word ids, in place and in order; leaves no empty sentence. */
export class Remapper {
  readonly #wordIds: readonly Int32Array[];
  #lastWasEnd = true;
  /** Ids and sentence ends so far. */
  length = 0;
  tokenCount = 0;
  fingerprint = 0;

  constructor(wordIds: readonly Int32Array[]) {
    this.#wordIds = wordIds;
  }

  /** Returns the new length of the block. */
  remap(tokens: Int32Array, run: number): number {
    const wordIds = this.#wordIds[run];
    let length = 0;
    let ends = 0;
    let lastWasEnd = this.#lastWasEnd;
    let hash = this.fingerprint;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      if (token === SENTENCE_END) {
        if (lastWasEnd) continue;
        tokens[length++] = SENTENCE_END;
        lastWasEnd = true;
        ends++;
      } else {
        const id = wordIds[token];
        if (id < 0) continue;
        tokens[length++] = id;
        lastWasEnd = false;
      }
    }
    for (let i = 0; i < length; i++) {
      hash = Math.imul(hash ^ tokens[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.fingerprint = hash;
    this.#lastWasEnd = lastWasEnd;
    this.length += length;
    this.tokenCount += length - ends;
    return length;
  }
}
