import { type ModelFormat, writeModel } from '../model/formats/write-model.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';

/** A value as a decimal with the digits that it has, and what parts it from the next one: no less than this. */
const DECIMAL_BYTES = 10;
const TEXT_FORMATS: readonly ModelFormat[] = ['word2vec-text', 'glove-text', 'fasttext-text', 'projector'];
/** New n-grams of a word, with many words. */
const NGRAMS_OF_WORD = 5;

/**
 * How many bytes a model with these words is going to take, or a little more; known before it is trained.
 *
 * @throws RangeError for a word that the format cannot hold
 */
export function expectedByteLength(
  { words, counts }: Pick<Vocabulary, 'words' | 'counts'>,
  { dimensions, subwords, buckets }: Pick<TrainingOptions, 'dimensions' | 'subwords' | 'buckets'>,
  format: ModelFormat,
): number {
  // The words are written as they are going to be, with one value each: by that the format itself says whether it holds them.
  let byteLength = 0;
  const trial = { words, counts, dimensions: 1, inputVectors: new Float32Array(words.length) };
  for (const [, chunks] of writeModel(trial, format).files) for (const chunk of chunks) byteLength += chunk.length;
  const rowsInUse = subwords ? Math.min(buckets, NGRAMS_OF_WORD * words.length) : 0;
  const rows =
    format === 'safetensors'
      ? 2 * words.length + rowsInUse
      : format === 'fasttext-binary'
        ? 2 * words.length + (subwords ? buckets : 0)
        : words.length;
  return byteLength + rows * dimensions * (TEXT_FORMATS.includes(format) ? DECIMAL_BYTES : 4);
}
