import type { ModelContents } from '../embedding-model.ts';
import { QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { selectNgrams, selectWords } from '../select-words.ts';
import { type ModelFile, refuse } from './model-file.ts';

const SHOWN_WORDS = 3;

/** Whether values begin … end − 1 are numbers, none NaN or infinite. Sums of finite float32 are finite in float64. */
export function areFinite(values: Float32Array, begin: number, end: number): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = begin;
  for (; i + 3 < end; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < end; i++) a += values[i];
  return Number.isFinite(a + b + c + d);
}

/** The rows that hold NaN or infinity. */
export function brokenRows(vectors: Vectors, dimensions: number): number[] {
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
  for (let row = 0; row * dimensions < vectors.length; row++) {
    if (!areFinite(vectors, row * dimensions, (row + 1) * dimensions)) broken.push(row);
  }
  return broken;
}

/**
 * A model as a reader found it, without what holds NaN or infinity, which would turn up in the results of every query: words and
 * n-grams are left out, context vectors all or none. A warning tells of it.
 *
 * @param broken - rows of words that hold NaN or infinity; looked for if absent
 * @throws ModelFormatError if no word is left
 */
export function finiteContents<V extends Vectors>(
  file: Pick<ModelFile, 'name'>,
  contents: ModelContents<V>,
  broken: readonly number[] = brokenRows(contents.inputVectors, contents.dimensions),
): ModelContents<V> {
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
  const brokenNgrams = subwords ? brokenRows(subwords.vectors, dimensions) : [];
  const brokenOutput = outputVectors !== undefined && !areFinite(outputVectors, 0, outputVectors.length);
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
