import { EmbeddingModel, type ModelContents } from './embedding-model.ts';
import { QuantizedVectors, type Vectors } from './quantized-vectors.ts';
import type { SentenceSettings } from './sentence-settings.ts';
import { deferredWords, deferWords, WordList, type WordListParts, wordListOf } from './word-list.ts';

/** A model as it goes to another thread: plain objects whose numbers lie in shared memory. */
export interface SharedModel {
  readonly words: WordListParts;
  readonly contents: object;
}

type NumberArray = Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Uint32Array | Int32Array;

/**
 * Puts a model into shared memory, but for what its words and vectors are not asked with: labels.
 *
 * @param sentences - put in the place of the model's own, so that no thread has to make its defaults
 */
export function shareModel(model: EmbeddingModel, sentences?: SentenceSettings): SharedModel {
  const { words: _, classifier: __, ...contents } = describeContents(model.contents);
  const list = deferredWords(model.contents) ?? wordListOf(model.words);
  return share({ words: list.parts, contents: { ...contents, ...(sentences && { sentences }) } }) as SharedModel;
}

/** The model of another thread, in the same memory. */
export function openSharedModel({ words, contents }: SharedModel): EmbeddingModel {
  const rest = contents as Omit<ModelContents<Vectors>, 'words'>;
  const { inputVectors, subwords } = rest;
  return new EmbeddingModel(
    deferWords(WordList.fromParts(words), {
      ...rest,
      inputVectors: toVectors(inputVectors),
      ...(subwords && { subwords: { ...subwords, vectors: toVectors(subwords.vectors) } }),
    }),
  );
}

/** The contents without making strings of all words. */
function describeContents(contents: ModelContents<Vectors>): Record<string, unknown> {
  const names = Object.keys(contents).filter((name) => name !== 'words') as (keyof ModelContents)[];
  return Object.fromEntries(names.map((name) => [name, contents[name]]));
}

/** Quantised vectors have lost their class on their way. */
function toVectors(vectors: Vectors): Vectors {
  return vectors instanceof Float32Array ? vectors : new QuantizedVectors(vectors);
}

/** The value with each array of numbers in shared memory: a copy, where it is not there yet. */
function share(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof SharedArrayBuffer) return value;
    const source = value as NumberArray;
    const Class = source.constructor as new (buffer: SharedArrayBuffer) => NumberArray;
    const shared = new Class(new SharedArrayBuffer(source.byteLength));
    shared.set(source);
    return shared;
  }
  if (Array.isArray(value)) return value.map(share);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, share(part)]));
}
