import { expect, it } from 'vitest';
import { sampleText } from '../text/text-sample.ts';
import { textsSource } from '../text/text-source.ts';
import { createTokenizer, type TokenizerName } from '../text/tokenizer.ts';
import { encodeSample } from './encoded-sample.ts';
import { letterFormWarning } from './letter-forms.ts';

async function warningOf(line: string, name: TokenizerName) {
  const { sample } = await sampleText([textsSource(Array(30).fill(line))]);
  return letterFormWarning(await encodeSample(sample, createTokenizer(name)))?.message;
}

const decomposed = 'cá rán'.normalize('NFD');

it.each<[string, TokenizerName, string]>([
  ['Işık ve ılık hava, akşam ışığı çok güzel.', 'words', 'Işık becomes işık, another word than ışık'],
  [`mua cá rán ăn ${decomposed}`, 'whitespace', 'are two words, each with a part of the text'],
  [`mua cá rán ăn ${decomposed}`, 'ids', 'use the tokenizer "words"'],
])('tells of %j with the tokenizer "%s"', async (line, name, part) =>
  expect(await warningOf(line, name)).toContain(part),
);

it.each<[string, TokenizerName]>([
  ['Işık ve ılık hava', 'whitespace'], // its words stay as they are
  ['ışık ve ılık hava, akşam ışığı çok güzel.', 'words'],
  ['It is called Iceland, and I like it.', 'words'],
  [`mua cá rán ăn ${decomposed}`, 'words'],
  [decomposed, 'whitespace'],
  ['mua cá rán ăn', 'ids'],
])('says nothing of %j with the tokenizer "%s"', async (line, name) =>
  expect(await warningOf(line, name)).toBeUndefined(),
);
