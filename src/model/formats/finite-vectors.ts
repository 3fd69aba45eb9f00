import type { ModelContents } from '../embedding-model.ts';
import { QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { selectNgrams, selectWords } from '../select-words.ts';
import { type ModelFile, type ReadOptions, refuse } from './model-file.ts';

const SHOWN_WORDS = 3;

/** The bits of a float32 that are all set in NaN and infinity, and in nothing else. */
export const EXPONENT_BITS = 0x7f800000;

/** A view of the bits of values. Code that is not compiled yet would make an object of each number; of whole ones it makes none. */
export function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/** Whether the bits are those of NaN or infinity. */
function isBroken(bits: number): boolean {
  return (bits & EXPONENT_BITS) === EXPONENT_BITS;
}

/** Whether values begin … end − 1 are numbers, none NaN or infinite. */
export function areFinite(values: Float32Array, begin: number, end: number): boolean {
  return areBitsFinite(bitsOf(values), begin, end);
}

function areBitsFinite(bits: Int32Array, begin: number, end: number): boolean {
  for (let i = begin; i < end; i++) if ((bits[i] & EXPONENT_BITS) === EXPONENT_BITS) return false;
  return true;
}

/** Up to so many values all are looked at; that takes two milliseconds. */
const FEW_VALUES = 1 << 20;

/** Whether a matrix of so many values is not looked through value by value, see `rowCheck`. */
export function isLarge(valueCount: number): boolean {
  return valueCount > FEW_VALUES;
}

/**
 * How the values of a matrix are looked through for NaN and infinity. To look at each takes as long as to read them, so of a
 * large matrix only the first and the last value of each row are: a training that diverged leaves whole rows of NaN.
 *
 * @param isThorough - looks at each value in any case
 */
function rowCheck(valueCount: number, isThorough = false): (bits: Int32Array, begin: number, end: number) => boolean {
  if (isThorough || !isLarge(valueCount)) return areBitsFinite;
  return (bits, begin, end) => !isBroken(bits[begin]) && !isBroken(bits[end - 1]);
}

/** The rows that hold NaN or infinity, as far as `rowCheck` looks. */
export function brokenRows(vectors: Vectors, dimensions: number, isThorough = false): number[] {
  const broken: number[] = [];
  if (vectors instanceof QuantizedVectors) {
    const { size, scales, codes, quantization } = vectors;
    for (let row = 0; row < size; row++) {
      const isBroken =
        quantization === 'float16'
          ? !codes.subarray(row * dimensions, (row + 1) * dimensions).every((bits) => (bits & 0x7c00) !== 0x7c00)
          : !Number.isFinite(scales![row]);
      if (isBroken) broken.push(row);
    }
    return broken;
  }
  const rows = watchRows(vectors.length, dimensions, isThorough);
  rows.look(vectors, vectors.length);
  return [...rows.broken];
}

/** The broken rows of a matrix that is still being read. */
export interface WatchedRows {
  /** The numbers of those that were found so far. */
  readonly broken: readonly number[];
  /** Looks at the rows that have come since the last call; so many values are there. */
  look(values: Float32Array, there: number): void;
}

/** As `brokenRows`, while the matrix is read: what has just come is in the caches, and the disk works on meanwhile. */
export function watchRows(valueCount: number, dimensions: number, isThorough = false): WatchedRows {
  const isRight = rowCheck(valueCount, isThorough);
  const broken: number[] = [];
  let row = 0;
  return {
    broken,
    look(values, there) {
      const bits = bitsOf(values);
      for (; (row + 1) * dimensions <= there; row++) {
        if (!isRight(bits, row * dimensions, (row + 1) * dimensions)) broken.push(row);
      }
    },
  };
}

interface FiniteOptions extends Pick<ReadOptions, 'verify'> {
  readonly broken?: readonly number[] | undefined;
  readonly brokenOutputs?: readonly number[] | undefined;
}

/**
 * A model as a reader found it, without what holds NaN or infinity, which would turn up in the results of every query: words and
 * n-grams are left out, context vectors all or none. A warning tells of it.
 *
 * @param options - `verify`: each value is looked at, also in large models; `broken` and `brokenOutputs`: the rows of words, and the output
 *   vectors, that hold NaN or infinity, looked for if omitted
 * @throws ModelFormatError if no word is left
 */
export function finiteContents<V extends Vectors>(
  file: Pick<ModelFile, 'name'>,
  contents: ModelContents<V>,
  options: FiniteOptions = {},
): ModelContents<V> {
  const { verify } = options;
  const { broken = brokenRows(contents.inputVectors, contents.dimensions, verify) } = options;
  const { dimensions, outputVectors, subwords, classifier, sentences } = contents;
  const shared = [
    ...[contents.inputVectors, subwords?.vectors].map((vectors) =>
      vectors instanceof QuantizedVectors ? [vectors.directions, vectors.codebook] : [],
    ),
    [classifier?.labelVectors, sentences?.weights, sentences?.components, sentences?.componentShares],
    [sentences?.projection],
  ].flat();
  if (!shared.every((values) => !values || areFinite(values, 0, values.length)))
    refuse(file, 'what all of its vectors are made with holds NaN or infinity, which is damage');
  const brokenNgrams = subwords ? brokenRows(subwords.vectors, dimensions, verify) : [];
  const brokenOutput =
    outputVectors !== undefined && (options.brokenOutputs ?? brokenRows(outputVectors, dimensions, verify)).length > 0;
  if (broken.length === 0 && brokenNgrams.length === 0 && !brokenOutput) return contents;

  const { words } = contents;
  if (broken.length === words.length) refuse(file, `the values of all its ${words.length} rows hold NaN or infinity`);
  const warnings = [...(contents.warnings ?? [])];
  let found: ModelContents<V> = contents;
  if (broken.length > 0) {
    const left = new Set(broken);
    found = selectWords(
      contents,
      Uint32Array.from(words.keys()).filter((id) => !left.has(id)),
    );
    const some = broken.slice(0, SHOWN_WORDS).map((id) => JSON.stringify(words[id]));
    warnings.push(
      `${broken.length} of ${words.length} words were left out, whose vectors hold NaN or infinity: ${some.join(', ')}${broken.length > SHOWN_WORDS ? ' …' : ''}`,
    );
  }
  if (brokenOutput) {
    found = { ...found, outputVectors: undefined };
    warnings.push('its output vectors hold NaN or infinity and were left out: it cannot be trained on');
  }
  if (subwords && brokenNgrams.length > 0) {
    const left = new Set(brokenNgrams);
    const rows = Uint32Array.from(subwords.buckets.keys()).filter((row) => !left.has(row));
    found = { ...found, subwords: selectNgrams(subwords, rows, dimensions) };
    warnings.push(`${brokenNgrams.length} n-grams were left out, whose vectors hold NaN or infinity`);
  }
  return { ...found, warnings };
}
