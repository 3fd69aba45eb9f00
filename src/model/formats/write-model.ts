import { counted } from '../../text/counted.ts';
import { checkContents, checkWritable } from '../check-contents.ts';
import { floatContents, type ModelContents } from '../embedding-model.ts';
import { QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import type { WrittenFile } from './model-format.ts';
import { formatNamed, type ModelFormat } from './writable-formats.ts';

export type { WrittenFile } from './model-format.ts';
export type { ModelFormat } from './writable-formats.ts';
export { formatByName, MODEL_FORMATS } from './writable-formats.ts';

/** A model in the bytes of its files. */
export interface WrittenModel {
  /** The files belong into a folder of their own. */
  readonly folder: boolean;
  /** Written one after the other as they are asked for. */
  readonly files: Iterable<WrittenFile>;
}

/**
 * A model as files. Vectors of fewer bits stay so in safetensors, and become floats in all other formats.
 *
 * @throws RangeError for parts that do not fit together; at the call or when the files are read, for a word that the format cannot hold
 */
export function writeModel(model: ModelContents<Vectors>, format: ModelFormat): WrittenModel {
  checkContents(model);
  checkWritable(model);
  const { folder, keeps, write } = formatNamed(format);
  const contents = keeps.includes('quantization') ? (model as ModelContents) : floatContents(model);
  return { folder, files: write(contents) };
}

/** What of a model a format cannot hold, in words for the user; empty if it holds all. */
export function lossesIn(contents: ModelContents<Vectors>, format: ModelFormat): string[] {
  const { inputVectors, words, counts, outputVectors, subwords, tokenizer, sentences, classifier, training } = contents;
  const { keeps, losses } = formatNamed(format);
  const kept = new Set(keeps);
  const lost: string[] = [];
  if (!kept.has('quantization') && inputVectors instanceof QuantizedVectors)
    lost.push(`the small form of the vectors: ${inputVectors.quantization} becomes float32`);
  if (!kept.has('counts') && counts) lost.push(`the counts of ${counted(words.length, 'word')}`);
  if (!kept.has('outputVectors') && outputVectors) lost.push('the output vectors: it cannot be trained on');
  if (!kept.has('subwords') && subwords)
    lost.push(`the ${counted(subwords.buckets.length, 'row')} of n-grams: unknown words have no vector`);
  if (!kept.has('classifier') && classifier) lost.push(`the ${counted(classifier.labels.length, 'label')}`);
  if (!kept.has('phrases') && tokenizer?.phrases)
    lost.push(`the ${tokenizer.phrases.reduce((sum, { length }) => sum + length, 0)} phrases`);
  if (!kept.has('tokenizer') && tokenizer) lost.push(`the tokenizer ${tokenizer.name}`);
  if (!kept.has('sentences') && sentences) lost.push(`the sentence settings ${sentences.weighting}`);
  if (!kept.has('training') && training) lost.push('how it was trained');
  return [...lost, ...(losses?.(contents) ?? [])];
}
