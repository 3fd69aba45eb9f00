import { tokenizerTraits } from '../../text/tokenizer.ts';
import { floatContents, type ModelContents } from '../embedding-model.ts';
import { QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { fastTextSubwords, writeFastText } from './fasttext-format.ts';
import { writeStaticEmbedding } from './model2vec-format.ts';
import { writeNumpy, writeWordLines } from './numpy-format.ts';
import { MOST_POINTS, writeProjector } from './projector-format.ts';
import { writeGloveText, writeWord2vecBinary, writeWord2vecText } from './word2vec-format.ts';
import { writeSafetensors } from './wordkin-format.ts';

/** The formats that are written; more are read. */
export const MODEL_FORMATS = [
  ...(['safetensors', 'word2vec-binary', 'word2vec-text', 'glove-text', 'fasttext-binary'] as const),
  ...(['fasttext-text', 'model2vec', 'numpy', 'projector'] as const),
] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];

/** A file of a written model: its name in the folder, or what the path of the model ends in. */
export type WrittenFile = readonly [name: string, chunks: Iterable<Uint8Array>];

export interface WrittenModel {
  /** The files belong into a folder of their own. */
  readonly folder: boolean;
  /** Written one after the other as they are asked for. */
  readonly files: Iterable<WrittenFile>;
}

/**
 * A model as files. Vectors of fewer bits stay so in safetensors, and become floats in all other formats.
 *
 * @throws RangeError, when the files are read, for a word that the format cannot hold
 */
export function writeModel(model: ModelContents<Vectors>, format: ModelFormat): WrittenModel {
  const file = (chunks: Iterable<Uint8Array>): WrittenModel => ({ folder: false, files: [['', chunks]] });
  if (format === 'safetensors') return file(writeSafetensors(model));
  const contents = floatContents(model);
  switch (format) {
    case 'word2vec-binary':
      return file(writeWord2vecBinary(contents));
    case 'word2vec-text':
    case 'fasttext-text': // fastText's .vec is word2vec's text format
      return file(writeWord2vecText(contents));
    case 'glove-text':
      return file(writeGloveText(contents));
    case 'fasttext-binary':
      return file(writeFastText(contents));
    case 'numpy': {
      const words: WrittenFile = ['.words.txt', writeWordLines(contents)];
      return { folder: false, files: [words, ['.npy', writeNumpy(contents)]] };
    }
    case 'model2vec':
      return { folder: true, files: writeStaticEmbedding(contents) };
    case 'projector':
      return { folder: true, files: writeProjector(contents) };
  }
}

/** Endings of formats that are read only, or of no format of models. */
const NOT_WRITTEN = /\.(fifu|ftz|kv|model|pkl|gz|zst|zip|json|tsv|csv)$/i;

/**
 * The format that a name asks for: .bin, .txt and .vec as word2vec and fastText write them, .fasttext.bin, .glove.txt, .npy, a
 * slash at the end for a folder (of the projector if its name says so, else of Model2Vec), otherwise safetensors.
 *
 * @throws RangeError for an ending of a format that is not written
 */
export function formatByName(path: string): ModelFormat {
  if (/[\\/]$/.test(path)) return /projector[\\/]$/i.test(path) ? 'projector' : 'model2vec';
  if (/\.fasttext\.bin$/i.test(path)) return 'fasttext-binary';
  if (/\.bin$/i.test(path)) return 'word2vec-binary';
  if (/[./\\]glove(\.txt)?$/i.test(path)) return 'glove-text';
  if (/\.txt$/i.test(path)) return 'word2vec-text';
  if (/\.vec$/i.test(path)) return 'fasttext-text';
  if (/\.npy$/i.test(path)) return 'numpy';
  const ending = NOT_WRITTEN.exec(path)?.[0];
  if (ending !== undefined) {
    throw new RangeError(
      `Cannot write model "${path}": no format that is written ends in "${ending}"; name one of ${MODEL_FORMATS.join(', ')}`,
    );
  }
  return 'safetensors';
}

/** What of a model a format cannot hold, in words for the user; empty if it holds all. */
export function lossesIn(contents: ModelContents<Vectors>, format: ModelFormat): string[] {
  const { inputVectors, words, counts, outputVectors, subwords, tokenizer, sentences, classifier, training } = contents;
  if (format === 'safetensors') return [];
  const lost: string[] = [];
  const isFastText = format === 'fasttext-binary';
  const isModel2Vec = format === 'model2vec';
  if (inputVectors instanceof QuantizedVectors)
    lost.push(`the small form of the vectors: ${inputVectors.quantization} becomes float32`);
  if (counts && !isFastText && format !== 'projector') lost.push(`the counts of ${words.length} words`);
  if (outputVectors && (!isFastText || classifier)) lost.push('the output vectors: it cannot be trained on');
  if (subwords) {
    const { length } = subwords.buckets;
    if (!isFastText) lost.push(`the ${length} rows of n-grams: unknown words have no vector`);
    else if (!fastTextSubwords(contents))
      lost.push(`the ${length} rows of n-grams, which have no hash of fastText: unknown words have no vector`);
    else if (length < subwords.options.buckets)
      lost.push(
        `that ${subwords.options.buckets - length} buckets of n-grams are not in use: fastText counts them as zeros, so vectors of unknown words get shorter${classifier ? ' and labels change' : ''}`,
      );
  }
  if (classifier && !isFastText) lost.push(`the ${classifier.labels.length} labels`);
  const keepsTokenizer = isModel2Vec && tokenizer?.name === 'huggingface';
  if (tokenizer?.phrases) lost.push(`the ${tokenizer.phrases.reduce((sum, { length }) => sum + length, 0)} phrases`);
  if (tokenizer && !keepsTokenizer) {
    const nearly = isModel2Vec && !tokenizerTraits(tokenizer)?.opaque;
    lost.push(
      `the tokenizer ${tokenizer.name}${nearly ? ': one of whole words that is near to it takes its place' : ''}`,
    );
  }
  if (isModel2Vec) {
    if (sentences?.components || sentences?.projection) lost.push('the components and axes of the sentence settings');
    if (sentences?.divideBy !== 'tokens') lost.push('the length of sentence vectors: it becomes 1');
    if (sentences?.weights || sentences?.unitWords)
      lost.push('the vectors as they were: the weights of the words in sentences are multiplied in');
  } else if (sentences) lost.push(`the sentence settings ${sentences.weighting}`);
  if (training)
    lost.push(isFastText ? 'how it was trained, but for options that fastText knows' : 'how it was trained');
  if (format === 'projector' && words.length > MOST_POINTS)
    lost.push(`nothing, but the projector shows ${MOST_POINTS} points at most`);
  return lost;
}
