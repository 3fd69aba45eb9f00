import { counted } from './counted.ts';
import type { Tokenizer, TokenizerDescriptor } from './tokenizer.ts';

/** Cuts a text into the ids of its tokens, without special tokens: what a tokenizer.json describes. */
export interface TokenIdEncoder {
  encode(text: string): readonly number[];
}

/** What of a tokenizer.json (Hugging Face tokenizers) is asked for here; the rest is the encoder's. */
export interface TokenizerDefinition {
  readonly model?: {
    readonly type?: string;
    readonly unk_token?: string | null;
    /** Of a Unigram model: the place of the unknown token in the vocabulary. */
    readonly unk_id?: number | null;
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
}

/**
 * The token of each id. Ids without a token, and a token that has two ids, get a name that no token has, as words of a
 * model are different.
 *
 * @throws Error if the definition names no tokens
 */
export function tokensOfDefinition(definition: TokenizerDefinition): string[] {
  const { model, added_tokens: added } = definition ?? {};
  const entries: [string, number][] = [];
  const vocab = model?.vocab;
  if (Array.isArray(vocab)) vocab.forEach((entry, id) => entries.push([String(entry?.[0]), id]));
  else if (typeof vocab === 'object' && vocab !== null) for (const entry of Object.entries(vocab)) entries.push(entry);
  if (Array.isArray(added)) for (const entry of added) entries.push([String(entry?.content), Number(entry?.id)]);
  // A few ids without a token are usual, many are damage.
  const limit = 2 * entries.length + 1000;
  const tokens: string[] = [];
  const used = new Set<string>();
  for (const [token, id] of entries) {
    if (!(Number.isSafeInteger(id) && id >= 0 && id < limit))
      throw new Error(`token "${token}" has the id ${id}, the tokenizer has ${counted(entries.length, 'token')}`);
    if (tokens[id] === token || used.has(token)) continue;
    if (tokens[id] !== undefined) used.delete(tokens[id]);
    tokens[id] = token;
    used.add(token);
  }
  if (tokens.length === 0) throw new Error('it names no tokens');
  for (let id = 0; id < tokens.length; id++) {
    if (tokens[id] !== undefined) continue;
    let name = `[token ${id}]`;
    while (used.has(name)) name += "'";
    tokens[id] = name;
    used.add(name);
  }
  return tokens;
}

/** The token that stands for what the tokenizer does not know; undefined if it has none. */
export function unknownToken({ model }: TokenizerDefinition): string | undefined {
  const { unk_token: token, unk_id: id, vocab } = model ?? {};
  if (typeof token === 'string') return token;
  return typeof id === 'number' && Array.isArray(vocab) ? vocab[id]?.[0] : undefined;
}

/**
 * A tokenizer whose tokens are those of a tokenizer.json, for a model of Model2Vec (model.py `tokenize`): characters
 * beyond `maximumTokens` × the median length of the tokens are cut off, unknown tokens are dropped, then the first
 * `maximumTokens` are taken.
 */
export function createTokenIdTokenizer(descriptor: TokenizerDescriptor, encoder: TokenIdEncoder): Tokenizer {
  const definition = descriptor.definition as TokenizerDefinition;
  const tokens = tokensOfDefinition(definition);
  const unknown = unknownToken(definition);
  const { maximumTokens } = descriptor;
  const characters = maximumTokens === undefined ? Infinity : maximumTokens * medianLength(tokens);
  return {
    descriptor,
    tokenize(text) {
      const found: string[] = [];
      for (const id of encoder.encode(firstCharacters(text, characters))) {
        const token = tokens[id];
        if (token === undefined || token === unknown) continue;
        found.push(token);
        if (found.length === maximumTokens) break;
      }
      return found;
    },
  };
}

/** In code points, rounded down, as int(numpy.median(…)). */
function medianLength(tokens: readonly string[]): number {
  const lengths = Uint32Array.from(tokens, (token) => [...token].length).sort();
  const middle = lengths.length >> 1;
  return lengths.length % 2 === 1 ? lengths[middle] : Math.floor((lengths[middle - 1] + lengths[middle]) / 2);
}

function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text;
  let end = 0;
  for (let i = 0; i < count && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}
