import { type TokenizerDefinition, tokensOfDefinition } from '../../text/token-ids.ts';
import { tokenizerTraits } from '../../text/tokenizer.ts';
import type { ModelContents } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { checkWords } from './check-words.ts';
import { folderFormat, type WrittenFile } from './model-format.ts';
import { safetensorsHeader } from './safetensors.ts';

const CHUNK_VALUES = 1 << 20;
const UNKNOWN = '[UNK]';
/** Han characters as ranges that every engine of regular expressions reads alike. */
const HAN =
  '\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9\u{20000}-\u{323af}';
/** Of a word but a Han character: these are words of their own. */
const LETTER = `(?![${HAN}])[\\p{L}\\p{M}\\p{N}_]`;
/** As text/tokenizer.ts cuts words. */
const WORDS = `[${HAN}]|\\p{L}(?:\\.\\p{L})+(?![\\p{L}\\p{M}\\p{N}_])|(?:${LETTER})+(?:(?:['-]|(?<=\\p{N})[.,](?=\\p{N}))(?:${LETTER})+)*`;

/** Folders of Model2Vec, see `readModel2Vec`. */
export const model2vec = folderFormat({
  name: 'model2vec',
  ending: /[\\/]$/,
  keeps: ['tokenizer', 'sentences'],
  fileNames: ['model.safetensors', 'tokenizer.json', 'config.json', 'modules.json'],
  neededFiles: ['model.safetensors', 'tokenizer.json'],
  write: writeModel2Vec,
  losses: model2vecLosses,
  factors: sentenceFactors,
});

/**
 * The files of a Model2Vec folder, for model2vec and sentence-transformers; `model2vecLosses` tells what they do not hold.
 *
 * @throws RangeError for a word that is there twice, or that is not well-formed
 */
function writeModel2Vec(contents: ModelContents): Iterable<WrittenFile> {
  checkWords(contents.words);
  return modelFiles(contents);
}

function* modelFiles(contents: ModelContents): Generator<WrittenFile> {
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
function sentenceFactors(contents: ModelContents): Float32Array | undefined {
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
  const factors = sentenceFactors(contents);
  function* chunks(): Generator<Uint8Array> {
    for (let begin = 0; begin < inputVectors.length; begin += CHUNK_VALUES) {
      const values = inputVectors.slice(begin, begin + CHUNK_VALUES);
      if (factors) for (let i = 0; i < values.length; i++) values[i] *= factors[Math.floor((begin + i) / dimensions)];
      yield new Uint8Array(values.buffer);
    }
    yield new Uint8Array(4 * (rowCount * dimensions - inputVectors.length));
  }
  yield safetensorsHeader([{ name: 'embeddings', dtype: 'F32', shape: [rowCount, dimensions], chunks }]);
  yield* chunks();
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

/** What a folder of Model2Vec changes of tokenizer and sentences, in words for the user. */
function model2vecLosses({ tokenizer, sentences }: ModelContents<Vectors>): string[] {
  const lost: string[] = [];
  if (tokenizer && tokenizer.name !== 'huggingface') {
    const nearly = tokenizerTraits(tokenizer)?.opaque ? '' : ': one of whole words that is near to it takes its place';
    lost.push(`the tokenizer ${tokenizer.name}${nearly}`);
  }
  if (sentences?.components || sentences?.projection) lost.push('the components and axes of the sentence settings');
  if (sentences?.divideBy !== 'tokens') lost.push('the length of sentence vectors: it becomes 1');
  if (sentences?.weights || sentences?.unitWords)
    lost.push('the vectors as they were: the weights of the words in sentences are multiplied in');
  return lost;
}
