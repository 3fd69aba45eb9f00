import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import type { ModelIdentity } from './text-store.ts';

const ROWS = 4_096;

/** What tells models apart whose vectors must not be mixed: hash of the words, of rows spread over the model, and of how sentences are made. */
export async function identifyModel(encoder: SentenceEncoder): Promise<ModelIdentity> {
  const { model, settings, tokenizer, dimensions } = encoder;
  const { weights, components, componentShares, projection, ...plain } = settings;
  const { engine: _, ...descriptor } = tokenizer.descriptor; // another segmenter of the same language may serve
  const step = Math.max(1, Math.floor(model.size / ROWS));
  const rows: Uint8Array[] = [];
  for (let id = 0; id < model.size; id += step) rows.push(bytesOf(model.row(id)));
  const parts = [
    new TextEncoder().encode(JSON.stringify([model.size, model.dimensions, descriptor, plain])),
    new TextEncoder().encode(model.words.join('\n')),
    ...rows,
    ...[weights, components, componentShares, projection].flatMap((values) => (values ? [bytesOf(values)] : [])),
  ];
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', joined));
  const fingerprint = Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    fingerprint,
    description: `${model.size} words × ${model.dimensions} dimensions, sentences by ${settings.weighting}, ${fingerprint.slice(0, 8)}`,
    dimensions,
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
