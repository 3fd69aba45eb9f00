// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import type { Tokenizer, TokenizerDescriptor, TokenizerName } from '../text/tokenizer.ts';

/**
 * The tokenizer that a model names; for `chinese` with the segmenter that is installed: @node-rs/jieba in Node, jieba-wasm
 * there and in pages. Where it is another one than the model's text was cut by, a warning says so (`WordkinWarning` in Node, in
 * a page on the console).
 *
 * @throws RangeError for a name, version or option that there is not, Error where the package that it needs is missing
 */
export declare function loadTokenizer(
  descriptor: Pick<TokenizerDescriptor, 'name'> & Partial<TokenizerDescriptor>,
): Promise<Tokenizer>;

/**
 * A sentence encoder with the tokenizer that the model was trained with, or `tokenizer`, or for a model of
 * another tool the one that suits its words.
 *
 * @throws what `loadTokenizer` throws
 */
export declare function createSentenceEncoder(
  model: EmbeddingModel,
  tokenizer?: TokenizerName,
): Promise<SentenceEncoder>;
