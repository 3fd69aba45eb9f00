import { float16Values } from '../../math/float16.ts';
import { type TokenizerDefinition, tokensOfDefinition, unknownToken } from '../../text/token-ids.ts';
import type { TokenizerDescriptor } from '../../text/tokenizer.ts';
import type { ModelContents } from '../embedding-model.ts';
import type { SentenceSettings } from '../sentence-settings.ts';
import { allocateFloats } from './allocate-floats.ts';
import { finiteContents } from './finite-vectors.ts';
import { type ModelFile, type ModelFolder, type ReadOptions, refuse } from './model-file.ts';
import { readJson } from './read-json.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';

const TENSORS = ['embeddings', 'embedding.weight', '0'];
/** As model2vec's `encode` has it by default. */
const MAXIMUM_TOKENS = 512;

/**
 * Folders of Model2Vec (model2vec/persistence, model.py) and of sentence-transformers' StaticEmbedding: model.safetensors
 * with a row for each token (or for groups of tokens, which `mapping` leads to) and perhaps a weight for each; tokenizer.json;
 * config.json. A text's vector is Σ weight · row / number of tokens.
 * Undefined if the folder does not hold the first two.
 *
 * @throws ModelFormatError
 */
export async function readModel2Vec(
  folder: ModelFolder,
  { limit = Infinity, verify }: ReadOptions = {},
): Promise<ModelContents | undefined> {
  const { tensorFile, tokenizerFile } = (await findFiles(folder)) ?? {};
  if (!tensorFile || !tokenizerFile) return undefined;
  const { definition, tokens } = await readTokens(tokenizerFile);
  const safetensors = await openSafetensors(tensorFile);
  const { fail, info } = safetensors;
  const name = TENSORS.find((candidate) => info(candidate)) ?? fail(`it has no tensor "embeddings"`);
  const { vectors, dimensions, wordCount } = await readTokenVectors(safetensors, name, limit);
  if (tokens.length !== wordCount)
    fail(
      `its tokenizer has ${tokens.length} tokens, there are ${info('mapping') ? 'rows for' : 'vectors of'} ${wordCount}`,
    );
  const kept = vectors.length / dimensions;
  const weights = await numbers(safetensors, 'weights', kept);
  if (weights && info('weights')!.shape[0] !== wordCount)
    fail(`it has ${info('weights')!.shape[0]} weights for ${wordCount} tokens`);

  // A row of zeros that we have added for words that are unknown is none of the words.
  const added =
    kept === wordCount &&
    wordCount > 1 &&
    tokens[wordCount - 1] === unknownToken(definition) &&
    vectors.subarray(-dimensions).every((x) => x === 0);
  const size = added ? kept - 1 : kept;
  const config = await readConfig(folder);
  const tokenizer: TokenizerDescriptor = { name: 'huggingface', version: 1, definition, maximumTokens: MAXIMUM_TOKENS };
  const contents: ModelContents = {
    words: tokens.slice(0, size),
    dimensions,
    inputVectors: vectors.subarray(0, size * dimensions),
    tokenizer,
    sentences: sentenceSettings(weights?.subarray(0, size), await isNormalized(folder, config)),
    training: { tool: 'Model2Vec', config },
    warnings: [
      ...(info(name)!.dtype === 'I8' ? ['its vectors are 8-bit numbers whose scale is not stored'] : []),
      ...unnamedTokens(definition, tokens),
    ],
  };
  return finiteContents(folder, contents, { verify });
}

async function findFiles(
  folder: ModelFolder,
): Promise<{ tensorFile: ModelFile; tokenizerFile: ModelFile } | undefined> {
  for (const place of ['', '0_StaticEmbedding/']) {
    const tokenizerFile = await folder.open(`${place}tokenizer.json`);
    const tensorFile = tokenizerFile && (await folder.open(`${place}model.safetensors`));
    if (tensorFile) return { tensorFile, tokenizerFile };
  }
  return undefined;
}

async function readTokens(file: ModelFile): Promise<{ definition: TokenizerDefinition; tokens: string[] }> {
  const definition = await readJson<TokenizerDefinition>(file);
  try {
    return { definition, tokens: tokensOfDefinition(definition) };
  } catch (error) {
    return refuse(file, (error as Error).message);
  }
}

/** As model2vec's `encode` makes the vector of a text. */
function sentenceSettings(weights: Float32Array | undefined, normalize: boolean): SentenceSettings {
  return {
    weighting: weights ? 'custom' : 'mean',
    weights,
    divideBy: 'tokens',
    unknownWeight: 0,
    unitWords: false,
    normalize,
    sentences: 0,
  };
}

/** Tells of rows for which the tokenizer has no token; `tokensOfDefinition` gives them a name. */
function unnamedTokens({ model, added_tokens: added }: TokenizerDefinition, tokens: readonly string[]): string[] {
  const invented = tokens.filter((token) => /^\[token \d+\]/.test(token));
  if (invented.length === 0) return [];
  const vocab = model?.vocab ?? {};
  const named = new Set(Array.isArray(vocab) ? vocab.map(([token]) => token) : Object.keys(vocab));
  for (const { content } of Array.isArray(added) ? added : []) named.add(content);
  const count = invented.filter((token) => !named.has(token)).length;
  return count > 0 ? [`its tokenizer has no token for ${count} of ${tokens.length} rows, which are never used`] : [];
}

/** The rows of the first tokens, where there is a mapping those to which it leads. */
async function readTokenVectors(
  safetensors: SafetensorsFile,
  name: string,
  limit: number,
): Promise<{ vectors: Float32Array<ArrayBuffer>; dimensions: number; wordCount: number }> {
  const { fail, info, file } = safetensors;
  const { shape } = info(name)!;
  if (shape.length !== 2 || shape[0] < 1 || shape[1] < 1)
    fail(`tensor "${name}" must have the shape [rows, dimensions], got [${shape}]`);
  const [rowCount, dimensions] = shape;
  const mapping = await numbers(safetensors, 'mapping', undefined);
  const wordCount = mapping ? mapping.length : rowCount;
  const kept = Math.min(wordCount, limit);
  const rows = (await numbers(safetensors, name, mapping ? rowCount : kept))!;
  if (!mapping) return { vectors: rows, dimensions, wordCount };
  const vectors = allocateFloats(file, kept * dimensions);
  for (let id = 0; id < kept; id++) {
    const row = mapping[id];
    if (!(Number.isInteger(row) && row >= 0 && row < rowCount))
      fail(`its mapping leads token ${id} to row ${row} of ${rowCount}`);
    vectors.set(rows.subarray(row * dimensions, (row + 1) * dimensions), id * dimensions);
  }
  return { vectors, dimensions, wordCount };
}

async function readConfig(folder: ModelFolder): Promise<Record<string, unknown> | undefined> {
  for (const name of ['config.json', 'config_sentence_transformers.json']) {
    const file = await folder.open(name);
    if (file) return readJson(file);
  }
  return undefined;
}

async function isNormalized(folder: ModelFolder, config: Record<string, unknown> | undefined): Promise<boolean> {
  const normalize = config?.normalize;
  if (typeof normalize === 'boolean') return normalize;
  const modules = await folder.open('modules.json');
  const list = modules ? await readJson<{ type?: string }[]>(modules) : [];
  return Array.isArray(list) && list.some((module) => String(module?.type).endsWith('.Normalize'));
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
      return Float32Array.from(
        await tensor(name, 'F16', undefined, Uint16Array, rows),
        (bits) => float16Values()[bits],
      );
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
