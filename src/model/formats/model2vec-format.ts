import { type TokenizerDefinition, tokensOfDefinition } from '../../text/token-ids.ts';
import { type TokenizerDescriptor, tokenizerTraits } from '../../text/tokenizer.ts';
import type { ModelContents } from '../embedding-model.ts';
import type { SentenceSettings } from '../sentence-settings.ts';
import {
  allocateFloats,
  formatBytes,
  type ModelFile,
  type ModelFolder,
  ModelFormatError,
  type ReadOptions,
} from './model-file.ts';
import { openSafetensors, type SafetensorsFile } from './wordkin-format.ts';

/**
 * Folders of Model2Vec (model2vec/persistence, model.py) and of sentence-transformers' StaticEmbedding: model.safetensors
 * with a row for each token (or for groups of tokens, which `mapping` leads to) and perhaps a weight for each; tokenizer.json;
 * config.json. A text's vector is Σ weight · row / number of tokens.
 */
const TENSORS = ['embeddings', 'embedding.weight', '0'];
/** As model2vec's `encode` has it by default. */
const MAXIMUM_TOKENS = 512;
const MAXIMUM_JSON_BYTES = 1 << 28;
const CHUNK_VALUES = 1 << 20;

/** Whether a folder holds such a model. */
export async function holdsStaticEmbedding(folder: ModelFolder): Promise<boolean> {
  return (await placeOf(folder)) !== undefined;
}

async function placeOf(folder: ModelFolder): Promise<string | undefined> {
  for (const place of ['', '0_StaticEmbedding/']) {
    if ((await folder.open(`${place}tokenizer.json`)) && (await folder.open(`${place}model.safetensors`))) return place;
  }
  return undefined;
}

/** @throws ModelFormatError */
export async function readStaticEmbedding(
  folder: ModelFolder,
  { limit = Infinity }: ReadOptions = {},
): Promise<ModelContents> {
  const place = (await placeOf(folder)) ?? '';
  const [tensorFile, tokenizerFile] = [
    await folder.open(`${place}model.safetensors`),
    await folder.open(`${place}tokenizer.json`),
  ];
  if (!tensorFile || !tokenizerFile)
    throw new ModelFormatError(`Cannot read model "${folder.name}": it must hold model.safetensors and tokenizer.json`);
  const definition = await readJson<TokenizerDefinition>(tokenizerFile);
  let tokens: string[];
  try {
    tokens = tokensOfDefinition(definition);
  } catch (error) {
    throw new ModelFormatError(`Cannot read model "${tokenizerFile.name}": ${(error as Error).message}`);
  }

  const safetensors = await openSafetensors(tensorFile);
  const { fail, info } = safetensors;
  const name = TENSORS.find((candidate) => info(candidate)) ?? fail(`it has no tensor "embeddings"`);
  const shape = info(name)!.shape;
  if (shape.length !== 2 || shape[0] < 1 || shape[1] < 1)
    fail(`tensor "${name}" must have the shape [rows, dimensions], got [${shape}]`);
  const [rowCount, dimensions] = shape;
  const mapping = await numbers(safetensors, 'mapping', undefined);
  const wordCount = mapping ? mapping.length : rowCount;
  if (tokens.length !== wordCount)
    fail(`its tokenizer has ${tokens.length} tokens, there are ${mapping ? 'rows for' : 'vectors of'} ${wordCount}`);
  const kept = Math.min(wordCount, limit);
  const rows = (await numbers(safetensors, name, mapping ? rowCount : kept))!;
  let vectors = rows;
  if (mapping) {
    vectors = allocateFloats(tensorFile, kept * dimensions);
    for (let id = 0; id < kept; id++) {
      const row = mapping[id];
      if (!(Number.isInteger(row) && row >= 0 && row < rowCount))
        fail(`its mapping leads token ${id} to row ${row} of ${rowCount}`);
      vectors.set(rows.subarray(row * dimensions, (row + 1) * dimensions), id * dimensions);
    }
  }
  const weights = await numbers(safetensors, 'weights', kept);
  if (weights && info('weights')!.shape[0] !== wordCount)
    fail(`it has ${info('weights')!.shape[0]} weights for ${wordCount} tokens`);

  // A row of zeros that we have added for words that are unknown is none of the words.
  const unknown = definition.model?.unk_token;
  const added =
    kept === wordCount &&
    wordCount > 1 &&
    tokens[wordCount - 1] === unknown &&
    vectors.subarray(-dimensions).every((x) => x === 0);
  const size = added ? kept - 1 : kept;
  const tokenizer: TokenizerDescriptor = { name: 'huggingface', version: 1, definition, maximumTokens: MAXIMUM_TOKENS };
  const sentences: SentenceSettings = {
    weighting: weights ? 'custom' : 'mean',
    weights: weights?.subarray(0, size),
    divideBy: 'tokens',
    unknownWeight: 0,
    unitWords: false,
    normalize: await isNormalized(folder),
    sentences: 0,
  };
  return {
    words: tokens.slice(0, size),
    dimensions,
    inputVectors: vectors.subarray(0, size * dimensions),
    tokenizer,
    sentences,
    training: { tool: 'Model2Vec', config: await readConfig(folder) },
    warnings: info(name)!.dtype === 'I8' ? ['its vectors are 8-bit numbers whose scale is not stored'] : [],
  };
}

async function readConfig(folder: ModelFolder): Promise<Record<string, unknown> | undefined> {
  for (const name of ['config.json', 'config_sentence_transformers.json']) {
    const file = await folder.open(name);
    if (file) return readJson(file);
  }
  return undefined;
}

async function isNormalized(folder: ModelFolder): Promise<boolean> {
  const normalize = (await readConfig(folder))?.normalize;
  if (typeof normalize === 'boolean') return normalize;
  const modules = await folder.open('modules.json');
  const list = modules ? await readJson<{ type?: string }[]>(modules) : [];
  return Array.isArray(list) && list.some((module) => String(module?.type).endsWith('.Normalize'));
}

export async function readJson<T = Record<string, unknown>>(file: ModelFile): Promise<T> {
  const fail = (what: string): never => {
    throw new ModelFormatError(`Cannot read model "${file.name}": ${what}`);
  };
  if (file.byteLength > MAXIMUM_JSON_BYTES)
    fail(`it is JSON of ${formatBytes(file.byteLength)}; at most ${formatBytes(MAXIMUM_JSON_BYTES)} are read`);
  const bytes = new Uint8Array(file.byteLength);
  await file.read(0, bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    fail(`it is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null) fail('it must be a JSON object');
  return value as T;
}

/** The first rows of a tensor of any type as float32; undefined if there is none of this name. */
async function numbers(
  { info, fail, tensor }: SafetensorsFile,
  name: string,
  rows: number | undefined,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  const found = info(name);
  if (!found) return undefined;
  switch (found.dtype) {
    case 'F32':
      return (await tensor(name, 'F32', undefined, Float32Array, rows)) as Float32Array<ArrayBuffer>;
    case 'F64':
      return Float32Array.from(await tensor(name, 'F64', undefined, Float64Array, rows));
    case 'F16':
      return halfPrecision(await tensor(name, 'F16', undefined, Uint16Array, rows));
    case 'BF16':
      return new Float32Array(
        Uint32Array.from(await tensor(name, 'BF16', undefined, Uint16Array, rows), (bits) => bits << 16).buffer,
      );
    case 'I8':
      return Float32Array.from(await tensor(name, 'I8', undefined, Int8Array, rows));
    case 'I32': // rows of a mapping: whole numbers up to 2^24, more than there are tokens
      return Float32Array.from(await tensor(name, 'I32', undefined, Int32Array, rows));
    case 'I64':
      return Float32Array.from(await tensor(name, 'I64', undefined, BigInt64Array, rows), Number);
    default:
      return fail(`tensor "${name}" is of type ${found.dtype}; F32, F16, BF16, F64 and I8 are known`);
  }
}

/** IEEE 754 binary16 as float32: exact. */
export function halfPrecision(values: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 0x3ff;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  });
}

const UNKNOWN = '[UNK]';
/** Han characters as ranges that every engine of regular expressions reads alike. */
const HAN =
  '\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\u{20000}-\u{323af}';
/** Of a word but a Han character: these are words of their own. */
const LETTER = `(?![${HAN}])[\\p{L}\\p{M}\\p{N}_]`;
/** As text/tokenizer.ts cuts words. */
const WORDS = `[${HAN}]|\\p{L}(?:\\.\\p{L})+(?![\\p{L}\\p{M}\\p{N}_])|(?:${LETTER})+(?:(?:['-]|(?<=\\p{N})[.,](?=\\p{N}))(?:${LETTER})+)*`;

/** The files of a Model2Vec folder, for model2vec and sentence-transformers; see `staticEmbeddingLosses`. */
export function* writeStaticEmbedding(
  contents: ModelContents,
): Generator<[name: string, chunks: Iterable<Uint8Array>]> {
  const { words, dimensions, sentences } = contents;
  const encoder = new TextEncoder();
  const json = (value: unknown) => [encoder.encode(`${JSON.stringify(value, undefined, 2)}\n`)];
  const own = ownDefinition(contents);
  const normalize = sentences?.divideBy === 'tokens' ? sentences.normalize : true;
  const extraRow = own ? tokensOfDefinition(own).length - words.length : 1;
  yield ['model.safetensors', tensorFile(contents, words.length + extraRow)];
  yield ['tokenizer.json', [encoder.encode(JSON.stringify(own ?? wordLevelDefinition(contents)))]];
  yield [
    'config.json',
    json({
      model_type: 'model2vec',
      architectures: ['StaticModel'],
      tokenizer_name: 'wordkin',
      hidden_dim: dimensions,
      seq_length: 1_000_000,
      normalize,
      embedding_dtype: 'float32',
    }),
  ];
  const embedding = { idx: 0, name: '0', path: '.', type: 'sentence_transformers.models.StaticEmbedding' };
  const length = { idx: 1, name: '1', path: '1_Normalize', type: 'sentence_transformers.models.Normalize' };
  yield ['modules.json', json(normalize ? [embedding, length] : [embedding])];
}

/** The tokenizer.json that the model came with, if its tokens are the words still. */
function ownDefinition({ words, tokenizer }: ModelContents): TokenizerDefinition | undefined {
  if (tokenizer?.name !== 'huggingface' || !tokenizer.definition) return undefined;
  const tokens = tokensOfDefinition(tokenizer.definition as TokenizerDefinition);
  const missing = tokens.length - words.length;
  const fits = (missing === 0 || missing === 1) && words.every((word, id) => word === tokens[id]);
  return fits ? (tokenizer.definition as TokenizerDefinition) : undefined;
}

/** What each vector is multiplied with, so that a plain mean gives the direction of the weighted one. */
export function sentenceFactors(contents: ModelContents): Float32Array | undefined {
  const { words, dimensions, inputVectors, sentences } = contents;
  if (!sentences?.weights && !sentences?.unitWords) return undefined;
  return Float32Array.from(words, (_, id) => {
    const weight = sentences.weights?.[id] ?? 1;
    if (!sentences.unitWords) return weight;
    let squares = 0;
    for (let i = id * dimensions; i < (id + 1) * dimensions; i++) squares += inputVectors[i] ** 2;
    return squares > 0 ? weight / Math.sqrt(squares) : 0;
  });
}

function* tensorFile(contents: ModelContents, rowCount: number): Generator<Uint8Array> {
  const { dimensions, inputVectors } = contents;
  const byteLength = 4 * rowCount * dimensions;
  const header = { embeddings: { dtype: 'F32', shape: [rowCount, dimensions], data_offsets: [0, byteLength] } };
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text + ' '.repeat((8 - (text.length % 8)) % 8));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  yield length;
  yield json;
  const factors = sentenceFactors(contents);
  for (let begin = 0; begin < inputVectors.length; begin += CHUNK_VALUES) {
    const values = inputVectors.slice(begin, begin + CHUNK_VALUES);
    if (factors) for (let i = 0; i < values.length; i++) values[i] *= factors[Math.floor((begin + i) / dimensions)];
    yield new Uint8Array(values.buffer);
  }
  yield new Uint8Array(byteLength - 4 * inputVectors.length);
}

/** A tokenizer.json of whole words, cut as nearly as it can be as the model's own tokenizer does. */
function wordLevelDefinition({ words, tokenizer }: ModelContents): object {
  const vocab = new Map(words.map((word, id) => [word, id]));
  let unknown = UNKNOWN;
  while (vocab.has(unknown)) unknown = `[${unknown}]`;
  vocab.set(unknown, words.length);
  const lowered = tokenizer
    ? (tokenizerTraits(tokenizer)?.lowerCases ?? false)
    : words.slice(0, 10_000).every((word) => word === word.toLowerCase());
  const replace = (pattern: string, content: string) => ({ type: 'Replace', pattern: { Regex: pattern }, content });
  const normalizers = [{ type: 'NFKC' }, { type: 'Lowercase' }, replace('[’‘]', "'"), replace('[‐‑]', '-')];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: lowered ? { type: 'Sequence', normalizers } : null,
    // Han characters are words of their own, unless words of several show that texts come cut.
    pre_tokenizer:
      lowered && !words.some((word) => /\p{Script=Han}{2}/u.test(word))
        ? { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true }
        : { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(vocab), unk_token: unknown },
  };
}
