import { expect, it } from 'vitest';
import { sampleText } from '../text/text-sample.ts';
import { textsSource } from '../text/text-source.ts';
import { createTokenizer, type TokenizerName } from '../text/tokenizer.ts';
import { cutWarning } from './cut-tokens.ts';
import { encodeSample } from './encoded-sample.ts';

async function warningOf(line: string, name: TokenizerName) {
  const { sample } = await sampleText([textsSource(Array(30).fill(line))]);
  return cutWarning(await encodeSample(sample, createTokenizer(name)))?.message;
}

it.each<[string, TokenizerName, string]>([
  ['17,4,2050,9', 'ids', 'separated by ",", such as in "17,4,2050,9", and the tokenizer "ids" cuts at white space'],
  ['a|b|c', 'whitespace', 'separated by "|"'],
  ['le\u00a0chat\u00a0dort', 'whitespace', 'U+00A0, the no-break space'],
  ['猫\u3000犬\u3000鳥', 'whitespace', 'U+3000'],
  ['😀 😂 👍🏽 … hello 🎉 🎉', 'words', '(30 words in 210 pieces between spaces): use the tokenizer "whitespace"'],
  ['? ! …', 'words', '(0 words in 90 pieces'],
])('tells of %j with the tokenizer "%s"', async (line, name, part) =>
  expect(await warningOf(line, name)).toContain(part),
);

it.each<[string, TokenizerName]>([
  ['17 4 2050 9,5 1,000 2;3', 'ids'],
  ['the cat , which sat , purred', 'whitespace'],
  ['new_york a-b-c x/y/z', 'whitespace'],
  ['The cat – which sat , – purred .', 'words'],
  ['', 'words'],
])('says nothing of %j with the tokenizer "%s"', async (line, name) =>
  expect(await warningOf(line, name)).toBeUndefined(),
);
