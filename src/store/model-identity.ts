import { mixValues } from '../math/mix-values.ts';
import { floatRows, type VectorRows } from '../search/exact-index.ts';
import { defaultSentenceSettings, earlierSentenceSettings, SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import type { ModelIdentity } from './text-store.ts';

/** Begins the fingerprints that cover all vectors. */
const VERSION = 'v2-';
/** Rows that those of version 0.1 cover. */
const SAMPLED_ROWS = 4_096;

/**
 * What tells models apart whose vectors must not be mixed: a hash of the words, of all vectors, and of how sentences are made.
 *
 * @param known - of the store: one that version 0.1 has filled knows a hash of some of the rows only
 */
export async function identifyModel(encoder: SentenceEncoder, known?: ModelIdentity): Promise<ModelIdentity> {
  const { model, settings, tokenizer, dimensions } = encoder;
  const { weights, components, componentShares, projection, ...plain } = settings;
  const { engine: _, ...descriptor } = tokenizer.descriptor; // another segmenter of the same language may serve
  const sampled = known !== undefined && !known.fingerprint.startsWith(VERSION);
  const { subwords } = model.contents;
  const parts = [
    new TextEncoder().encode(JSON.stringify([model.size, model.dimensions, descriptor, plain])),
    new TextEncoder().encode(model.words.join('\n')),
    ...(sampled ? sampleOfRows(encoder) : [bytesOf(hashRows(model.size, model.rows))]),
    ...[weights, components, componentShares, projection].flatMap((values) => (values ? [bytesOf(values)] : [])),
  ];
  if (subwords && !sampled) {
    const { buckets, vectors, options } = subwords;
    parts.push(new TextEncoder().encode(JSON.stringify(options)), bytesOf(buckets));
    parts.push(
      bytesOf(
        hashRows(buckets.length, vectors instanceof Float32Array ? floatRows(vectors, model.dimensions) : vectors),
      ),
    );
  }
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', joined));
  const digits = Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    fingerprint: sampled ? digits : `${VERSION}${digits}`,
    description: `${model.size} words × ${model.dimensions} dimensions, sentences by ${settings.weighting}${settings.standIns ? ' with stand-ins' : ''}, ${digits.slice(0, 8)}`,
    dimensions,
  };
}

/**
 * The encoder for a store, with its identity: the given one, or the one that filled the store where that is what an earlier version made of
 * the model. So old and new vectors are not mixed, and nothing has to be indexed anew.
 *
 * @param known - identity of the model that filled the store
 */
export async function encoderForStore(
  encoder: SentenceEncoder,
  known: ModelIdentity | undefined,
): Promise<{ encoder: SentenceEncoder; identity: ModelIdentity }> {
  const given = { encoder, identity: await identifyModel(encoder, known) };
  if (known === undefined || known.fingerprint === given.identity.fingerprint) return given;
  const { model, settings } = encoder;
  const isDefault = settings.weighting === 'icf' && (await isByDefault(encoder, given.identity, known));
  for (const tokenizer of tokenizersBefore(encoder)) {
    for (const earlier of [settings, ...(isDefault ? earlierSentenceSettings(model) : [])]) {
      const candidate = new SentenceEncoder(model, tokenizer, earlier);
      const identity = await identifyModel(candidate, known);
      if (identity.fingerprint === known.fingerprint) return { encoder: candidate, identity };
    }
  }
  return given;
}

async function isByDefault({ model, tokenizer }: SentenceEncoder, identity: ModelIdentity, known: ModelIdentity) {
  const byDefault = new SentenceEncoder(model, tokenizer, defaultSentenceSettings(model));
  return (await identifyModel(byDefault, known)).fingerprint === identity.fingerprint;
}

/** Its own; before texts of some models of text cut at white space were cut by `words`, they were cut at white space, too. */
function tokenizersBefore({ model, tokenizer }: SentenceEncoder): Tokenizer[] {
  const isRecut = tokenizer.descriptor.name === 'words' && model.contents.tokenizer?.name === 'whitespace';
  return isRecut ? [tokenizer, createTokenizer('whitespace')] : [tokenizer];
}

function sampleOfRows({ model }: SentenceEncoder): Uint8Array[] {
  const step = Math.max(1, Math.floor(model.size / SAMPLED_ROWS));
  const rows: Uint8Array[] = [];
  for (let id = 0; id < model.size; id += step) rows.push(bytesOf(model.row(id)));
  return rows;
}

/** 64 bits of all rows in their order: SHA-256 of a large model would take seconds, and nobody has to be kept from making two models of one hash. */
function hashRows(count: number, rows: Pick<VectorRows, 'row' | 'floats'>): Uint32Array {
  const state = Uint32Array.of(0x9747b28c, 0x3c6ef372);
  if (rows.floats) mixValues(state, rows.floats);
  else for (let id = 0; id < count; id++) mixValues(state, rows.row(id));
  return state;
}

function bytesOf(values: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
