import { checkContents, checkWritable } from '../check-contents.ts';
import type { ModelContents } from '../embedding-model.ts';
import { type Quantization, QuantizedVectors, type Vectors } from '../quantized-vectors.ts';
import { checkWords } from './check-words.ts';
import { areFinite, brokenRows } from './finite-vectors.ts';
import { fileFormat } from './model-format.ts';
import { safetensorsHeader, type TensorData, tensorData } from './safetensors.ts';
import { NO_HASH, withContentHash } from './wordkin-hash.ts';
import { CODE_TYPES } from './wordkin-layout.ts';

/** Our own format, see `FORMAT_VERSION`. */
export const wordkinFormat = fileFormat({
  name: 'safetensors',
  keeps: [
    ...(['quantization', 'counts', 'outputVectors', 'subwords', 'classifier'] as const),
    ...(['phrases', 'tokenizer', 'sentences', 'training'] as const),
  ],
  write: (contents: ModelContents<Vectors>) => [['', writeSafetensors(contents)]],
});

/**
 * A model as a file of our own format, piece by piece.
 *
 * @throws RangeError for parts that do not fit together, a word that is there twice, or that is not well-formed
 */
export function writeSafetensors(contents: ModelContents<Vectors>): Generator<Uint8Array> {
  checkContents(contents);
  checkWritable(contents);
  checkWords(contents.words);
  return fileChunks(contents);
}

function* fileChunks(contents: ModelContents<Vectors>): Generator<Uint8Array> {
  const quantization: Record<string, Quantization | number> = {};
  const tensors = tensorsOf(contents, quantization);
  const metadata = metadataOf(contents, quantization);
  const header = withContentHash(safetensorsHeader(tensors, metadata), tensors);
  yield header.subarray(0, 8);
  yield header.subarray(8);
  for (const { chunks } of tensors) yield* chunks();
}

function tensorsOf(
  contents: ModelContents<Vectors>,
  quantization: Record<string, Quantization | number>,
): TensorData[] {
  const { words, dimensions, counts, inputVectors, outputVectors, subwords, sentences, classifier } = contents;
  const tensors: TensorData[] = [];
  const coded: TensorData[] = []; // of fewer bytes a value, so they come last: all begin where they may
  const push = (name: string, dtype: string, shape: number[], data: ArrayBufferView) =>
    tensors.push(tensorData(name, dtype, shape, data));
  const pushVectors = (name: string, shape: number[], vectors: Vectors) => {
    if (vectors instanceof Float32Array) return push(name, 'F32', shape, vectors);
    const { size, dimensions, rowLength, codes, scales, directions, codebook } = vectors;
    quantization.dimensions = dimensions;
    quantization[name] = vectors.quantization;
    coded.push(tensorData(name, CODE_TYPES[vectors.quantization][0], [size, rowLength], codes));
    if (scales) push(`${name}_scales`, 'F32', [size], scales);
    if (directions) push(`${name}_directions`, 'F32', [directions.length / dimensions, dimensions], directions);
    if (codebook) push(`${name}_codebook`, 'F32', [codebook.length / dimensions, dimensions], codebook);
  };
  const pushIf = (name: string, values: Float32Array | undefined, width?: number) => {
    if (values) push(name, 'F32', width ? [values.length / width, width] : [values.length], values);
  };
  const { joined, offsets } = joinWords(words);
  if (counts) {
    const integers = BigInt64Array.from(counts, (count) => BigInt(Math.round(count)));
    push('counts', 'I64', [words.length], integers);
  }
  push('word_offsets', 'I64', [offsets.length], offsets);
  pushVectors('input_vectors', [words.length, dimensions], inputVectors);
  pushIf('output_vectors', outputVectors, dimensions);
  if (subwords) {
    const count = subwords.buckets.length;
    push('ngram_buckets', 'I64', [count], BigInt64Array.from(subwords.buckets, BigInt));
    pushVectors('ngram_vectors', [count, dimensions], subwords.vectors);
  }
  pushIf('sentence_weights', sentences?.weights);
  pushIf('sentence_components', sentences?.components, dimensions);
  pushIf('sentence_component_shares', sentences?.componentShares);
  pushIf('sentence_projection', sentences?.projection, dimensions);
  pushIf('label_vectors', classifier?.labelVectors, dimensions);
  coded.sort((a, b) => Number(b.dtype === 'F16') - Number(a.dtype === 'F16'));
  return [...tensors, ...coded, tensorData('words', 'U8', [joined.length], joined)];
}

function joinWords(words: readonly string[]): { joined: Uint8Array; offsets: BigInt64Array } {
  const encoder = new TextEncoder();
  const encoded = words.map((word) => encoder.encode(word));
  const offsets = new BigInt64Array(words.length + 1);
  let byteLength = 0;
  encoded.forEach((word, id) => {
    byteLength += word.length;
    offsets[id + 1] = BigInt(byteLength);
  });
  const joined = new Uint8Array(byteLength);
  encoded.forEach((word, id) => joined.set(word, Number(offsets[id])));
  return { joined, offsets };
}

function metadataOf(
  contents: ModelContents<Vectors>,
  quantization: Record<string, Quantization | number>,
): Record<string, string> {
  const { tokenizer, subwords, classifier, training } = contents;
  const isQuantized = Object.keys(quantization).length > 0;
  const metadata: Record<string, string> = {
    format: 'wordkin',
    format_version: isQuantized ? '2' : '1',
    content_hash: NO_HASH,
  };
  if (holdsOnlyNumbers(contents)) metadata.values = 'finite';
  if (isQuantized) metadata.quantization = JSON.stringify(quantization);
  if (tokenizer) metadata.tokenizer = JSON.stringify(tokenizer);
  if (subwords) metadata.subwords = JSON.stringify(subwords.options);
  if (contents.sentences) {
    const { weights: _, components: __, componentShares: ___, projection: ____, ...sentences } = contents.sentences;
    metadata.sentences = JSON.stringify(sentences);
  }
  if (classifier) {
    const { labels, labelCounts, loss, wordNgrams } = classifier;
    metadata.classifier = JSON.stringify({ labels, counts: Array.from(labelCounts), loss, wordNgrams });
  }
  if (training) metadata.training = JSON.stringify(training);
  return metadata;
}

/** Whether no number of the model is NaN or infinite, so that readers need not look. */
function holdsOnlyNumbers({
  inputVectors,
  dimensions,
  outputVectors,
  subwords,
  classifier,
  sentences,
}: ModelContents<Vectors>): boolean {
  const vectors = [inputVectors, subwords?.vectors].filter((values) => values !== undefined);
  const { weights, components, componentShares, projection } = sentences ?? {};
  const others = [
    ...[outputVectors, classifier?.labelVectors, weights, components, componentShares, projection],
    ...vectors.flatMap((values) => (values instanceof QuantizedVectors ? [values.directions, values.codebook] : [])),
  ];
  return (
    vectors.every((values) => brokenRows(values, dimensions, true).length === 0) &&
    others.every((values) => !values || areFinite(values, 0, values.length))
  );
}
