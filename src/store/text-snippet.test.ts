import { beforeAll, describe, expect, it } from 'vitest';
import { EmbeddingModel } from '../model/embedding-model.ts';
import { foldNearDuplicates } from '../search/near-duplicates.ts';
import { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { cutParagraphs } from './cut-paragraphs.ts';
import { findSnippet, sentencesOf } from './text-snippet.ts';

const words = ['cat', 'kitten', 'stone', 'rock'];
const model = new EmbeddingModel({
  ...{ words, dimensions: 2 },
  inputVectors: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9),
});
let encoder: SentenceEncoder;
beforeAll(async () => {
  encoder = new SentenceEncoder(model, await createTokenizer('words'));
});
const snippetOf = (question: string, text: string) => {
  const tokens = encoder.tokenizer.tokenize(question);
  const found = findSnippet(encoder, { tokens, vector: encoder.encodeTokens(tokens).vector }, text);
  expect(text.slice(found.begin, found.end)).toBe(found.text);
  return found.text;
};

describe('findSnippet', () => {
  const text = 'Nothing is said of it here at all. The kitten sleeps on a chair! A rock lies in the garden, too.';

  it('gives the sentence that is nearest by vectors, or by words that the model does not know', () => {
    expect(snippetOf('cat', text)).toBe('The kitten sleeps on a chair!');
    expect(snippetOf('stone', text)).toBe('A rock lies in the garden, too.');
    expect(snippetOf('nothing said', text)).toBe('Nothing is said of it here at all.');
  });

  it('takes a short sentence with the next one, and nothing of an empty text', () => {
    expect(snippetOf('cat', 'Pets. The cat is one of them. The rock is none of these.')).toBe(
      'Pets. The cat is one of them.',
    );
    expect(snippetOf('cat', ' \n ')).toBe('');
    expect(snippetOf('cat', 'Cat.')).toBe('Cat.');
  });

  it('cuts a long sentence around the words of the question', () => {
    const long = `${'word after word '.repeat(60)}and then the cat ${'goes on and on '.repeat(60)}.`;
    const found = snippetOf('cat', long);
    expect(found).toContain('the cat goes');
    expect(found.length).toBeLessThanOrEqual(300);
    expect(snippetOf('cat', 'x'.repeat(5000))).toHaveLength(300);
  });
});

it('sentencesOf tells where each stands, in Chinese, too', () => {
  const text = ' 第一句。第二句！  Third one? ';
  expect(sentencesOf(text).map((one) => one.text)).toEqual(['第一句。', '第二句！', 'Third one?']);
  for (const { text: sentence, begin, end } of sentencesOf(text)) expect(text.slice(begin, end)).toBe(sentence);
});

describe('cutParagraphs', () => {
  const long = 'One sentence of some words. '.repeat(6).trim();

  it('cuts at the ends of lines, takes a heading with what follows, and numbers them', () => {
    const cut = cutParagraphs({ id: 'a', text: `Heading\n\n${long}\r\n${long}\n`, metadata: { lang: 'en' } });
    expect(cut.map(({ id }) => id)).toEqual(['a#1', 'a#2']);
    expect(cut[0].text).toBe(`Heading\n\n${long}`);
    expect(cut[1]).toEqual({ id: 'a#2', text: long, metadata: { lang: 'en', parent: 'a', paragraph: 2 } });
  });

  it('cuts long paragraphs at sentences, and loses nothing', () => {
    const parts = cutParagraphs({ id: 'a', text: long }, { mostCharacters: 90 }).map(({ text }) => text);
    expect(parts.every((part) => part.length <= 90)).toBe(true);
    expect(parts.join(' ')).toBe(long);
    expect(cutParagraphs({ id: 'a', text: 'x'.repeat(50) }, { mostCharacters: 9 })).toHaveLength(1);
    expect(cutParagraphs({ id: 'a', text: ' \n' })).toEqual([]);
  });

  it('refuses metadata that have its fields, and a size that is none', () => {
    expect(() => cutParagraphs({ id: 'a', text: 'b', metadata: { parent: 1 } })).toThrow('a field "parent"');
    expect(() => cutParagraphs({ id: 'a', text: 'b' }, { mostCharacters: 0 })).toThrow('"mostCharacters"');
  });
});

it('foldNearDuplicates keeps the first of those whose words are the same to a share', () => {
  const items = ['a b c d e', 'x y', 'e d c b a', 'a b c d f', '', ''];
  const fold = (share: number) =>
    foldNearDuplicates(items, (item) => item.split(' ').filter(Boolean), share).map(({ item, duplicates }) => [
      item,
      ...duplicates,
    ]);
  expect(fold(1)).toEqual([['a b c d e', 'e d c b a'], ['x y'], ['a b c d f'], [''], ['']]);
  expect(fold(0.6)).toEqual([['a b c d e', 'e d c b a', 'a b c d f'], ['x y'], [''], ['']]);
});
