// A model for the tests of the server: words of a small language, vectors by a fixed rule.
import { EmbeddingModel } from '../model/embedding-model.ts';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';

export const WORDS = 'the king queen man woman harbour ship sea river city news war peace bread apple green'.split(' ');

export function testModel(dimensions = 10): EmbeddingModel {
  const values = Array.from({ length: WORDS.length * dimensions }, (_, i) => Math.sin(1 + i * i * 0.37) + (i % 3) / 10);
  return new EmbeddingModel({
    words: WORDS,
    dimensions,
    inputVectors: Float32Array.from(values),
    outputVectors: Float32Array.from(values, (value) => value / 2),
    counts: Float64Array.from(WORDS, (_, i) => 1000 - 50 * i),
    tokenizer: { name: 'words', version: 2 },
  });
}

export function testEncoder(dimensions = 10): SentenceEncoder {
  return new SentenceEncoder(testModel(dimensions), createTokenizer('words'));
}
