import type { EmbeddingModel } from '../model/embedding-model.ts';
import { chooseTokenizer, type Tokenizer, type TokenizerName } from '../text/tokenizer.ts';

export interface EncodedSentence {
  /** The mean of the known words' vectors; all zeros if none is known. */
  readonly vector: Float32Array;
  /** Number of tokens that the model has a vector for, of their own or made of n-grams. */
  readonly knownTokens: number;
  /** Tokens that it does not know, in order. They are left out and do not dilute the mean. */
  readonly unknownTokens: readonly string[];
}

/** Turns texts into vectors: cut into words by the tokenizer, then the mean of the words' vectors. */
export class SentenceEncoder {
  readonly model: EmbeddingModel;
  readonly tokenizer: Tokenizer;

  /** @param tokenizer - the one that the model was trained with, as `createSentenceEncoder` chooses it */
  constructor(model: EmbeddingModel, tokenizer: Tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  encode(text: string): EncodedSentence {
    return this.encodeTokens(this.tokenizer.tokenize(text));
  }

  encodeTokens(tokens: readonly string[]): EncodedSentence {
    const { model } = this;
    const sums = new Float64Array(model.dimensions);
    const unknownTokens: string[] = [];
    let knownTokens = 0;
    for (const token of tokens) {
      const row = model.findVector(token);
      if (row === undefined) {
        unknownTokens.push(token);
        continue;
      }
      for (let d = 0; d < sums.length; d++) sums[d] += row[d];
      knownTokens++;
    }
    const vector = Float32Array.from(sums, (sum) => sum / Math.max(1, knownTokens));
    return { vector, knownTokens, unknownTokens };
  }
}

/**
 * The tokenizer for a model that does not name one (another tool wrote it): by its words, `chinese` where they
 * are, `words` if all are lower-cased, otherwise `whitespace`, which changes nothing.
 */
export function inferTokenizer(model: EmbeddingModel): TokenizerName {
  const words = model.words.slice(0, 10_000);
  const choice = chooseTokenizer(words.join('')).name;
  if (choice === 'chinese') return choice;
  return words.every((word) => word === word.toLowerCase()) ? 'words' : 'whitespace';
}
