import { vectorNorm } from '../../math/vector-operations.ts';
import { type TokenizerDefinition, tokensOfDefinition } from '../../text/token-ids.ts';
import { tokenizerTraits } from '../../text/tokenizer.ts';
import type { ModelContents } from '../embedding-model.ts';
import { mapSentence } from '../map-sentence.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { arePlainWords } from '../word-spellings.ts';
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
  rows: sentenceRows,
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
  const { words, sentences } = contents;
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
      hidden_dim: writtenDimensions(contents),
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

/**
 * Each row as it is written: the vector times its weight in sentences, mapped as these are. The mean of such rows has the direction of
 * the model's own sentence vector. Undefined where sentences are plain means.
 */
function sentenceRows({
  dimensions,
  inputVectors,
  sentences,
}: ModelContents): ((id: number) => Float32Array) | undefined {
  const { weights, unitWords, components, projection } = sentences ?? {};
  if (!sentences || !(weights || unitWords || components || projection)) return undefined;
  return (id) => {
    const row = inputVectors.slice(id * dimensions, (id + 1) * dimensions);
    const length = unitWords ? vectorNorm(row) : 1;
    const factor = length > 0 ? (weights ? weights[id] : 1) / length : 0;
    for (let d = 0; d < dimensions; d++) row[d] *= factor;
    return components || projection ? mapSentence(row, sentences) : row;
  };
}

/** Numbers of a written row. */
function writtenDimensions({ dimensions, sentences }: ModelContents): number {
  return sentences?.projection ? sentences.projection.length / dimensions : dimensions;
}

function* tensorFile(contents: ModelContents, rowCount: number): Generator<Uint8Array> {
  const { words, inputVectors } = contents;
  const dimensions = writtenDimensions(contents);
  const rowOf = sentenceRows(contents);
  function* chunks(): Generator<Uint8Array> {
    const step = Math.max(1, Math.floor(CHUNK_VALUES / dimensions));
    for (let begin = 0; begin < words.length; begin += step) {
      const end = Math.min(begin + step, words.length);
      const values = rowOf
        ? new Float32Array((end - begin) * dimensions)
        : inputVectors.slice(begin * dimensions, end * dimensions);
      if (rowOf) for (let id = begin; id < end; id++) values.set(rowOf(id), (id - begin) * dimensions);
      yield new Uint8Array(values.buffer);
    }
    yield new Uint8Array(4 * (rowCount - words.length) * dimensions);
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
  const lowered =
    tokenizer === undefined
      ? words.slice(0, 10_000).every((word) => word === word.toLowerCase())
      : tokenizer.name === 'whitespace'
        ? arePlainWords({ size: words.length, word: (id) => words[id] })
        : (tokenizerTraits(tokenizer)?.lowerCases ?? false);
  const replace = (pattern: string, content: string) => ({ type: 'Replace', pattern: { Regex: pattern }, content });
  const normalizers = [
    ...[{ type: 'NFKC' }, { type: 'Lowercase' }, replace('[’‘]', "'"), replace('[‐‑]', '-')],
    ...[replace('\u0640', ''), replace('i\u0307', 'i')],
  ];
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
  if (sentences?.divideBy !== 'tokens') lost.push('the length of sentence vectors: it becomes 1');
  if (!sentences && !(tokenizer && tokenizerTraits(tokenizer)?.opaque))
    lost.push(
      'how sentences are made by default: `wordkin fit-sentences` stores it, and it is worked into the rows then',
    );
  if (sentences?.standIns) lost.push('the words that stand for unknown ones: these are left out');
  if (sentences?.weights || sentences?.unitWords || sentences?.components || sentences?.projection)
    lost.push('the vectors as they were: weights and axes of sentences are worked into them');
  return lost;
}
