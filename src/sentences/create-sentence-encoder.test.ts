import { expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { createTokenizer, type TokenizerDescriptor } from '../text/tokenizer.ts';
import { encoderOf } from './create-sentence-encoder.ts';

const tokensOf = async (words: string[], tokenizer?: TokenizerDescriptor, asked?: 'whitespace') => {
  const inputVectors = new Float32Array(words.length).fill(1);
  const model = new EmbeddingModel({ words, dimensions: 1, inputVectors, tokenizer });
  const encoder = await encoderOf(model, asked, async ({ name, phrases }) => createTokenizer(name, { phrases }));
  return encoder.tokenizer.tokenize('Wet grass. 3.14 苹果');
};
const WHITESPACE = { name: 'whitespace', version: 1 } as const;
const AS_IT_IS = ['Wet', 'grass.', '3.14', '苹果'];
const CUT = ['wet', 'grass', '3.14', '苹', '果'];

it('cuts texts by words for a model of text that was cut at white space, if its words are such', async () => {
  expect(await tokensOf(['wet', 'grass', "isn't", '3.14', '苹'], WHITESPACE)).toEqual(CUT);
});

it.each([
  ['a capital', ['wet', 'Grass']],
  ['a sign', ['wet', 'grass.']],
  ['a Chinese word, which words would cut', ['wet', '苹果']],
])('leaves them where one word is none of these: %s', async (_, words) => {
  expect(await tokensOf(words, WHITESPACE)).toEqual(AS_IT_IS);
});

it('leaves them where the model joins phrases, and where whitespace is asked for', async () => {
  expect(await tokensOf(['wet', 'grass'], { ...WHITESPACE, phrases: [[['wet', 'grass']]] })).toEqual(AS_IT_IS);
  expect(await tokensOf(['wet', 'grass'], WHITESPACE, 'whitespace')).toEqual(AS_IT_IS);
});
