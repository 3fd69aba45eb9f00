import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSegmenter } from '../node/chinese-segmenter.ts';
import { chooseTokenizer } from './choose-tokenizer.ts';
import { createTokenizer } from './tokenizer.ts';

const cases: [string, string[]][] = [
  ["Don't stop.", ["don't", 'stop']],
  ['Don’t stop…', ["don't", 'stop']],
  ['a state-of-the-art idea -- not', ['a', 'state-of-the-art', 'idea', 'not']],
  ['Pi is 3.14, not 3,000.', ['pi', 'is', '3.14', 'not', '3,000']],
  ['naïve Zürich ÉCOLE', ['naïve', 'zürich', 'école']],
  ['nai\u0308ve', ['naïve']],
  ['the U.S.A. and e.g. this', ['the', 'u.s.a', 'and', 'e.g', 'this']],
  ['End.Next (word) "quoted"', ['end', 'next', 'word', 'quoted']],
  ['snake_case word2vec 4x4', ['snake_case', 'word2vec', '4x4']],
  ['Ｆｕｌｌ ｗｉｄｔｈ', ['full', 'width']],
  ['Привет, мир!', ['привет', 'мир']],
  ['I 喜欢 apples', ['i', '喜', '欢', 'apples']],
  ['!!! ... 🙂', []],
  ['', []],
];

describe('words', () => {
  const { tokenize } = createTokenizer('words');
  it.each(cases)('cuts %j', (text, tokens) => expect(tokenize(text)).toEqual(tokens));

  it('cuts ASCII text alike whether or not something else stands beside it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), (text) => {
        expect(tokenize(`${text} é`)).toEqual([...tokenize(text), 'é']);
      }),
    );
  });

  it('gives the same tokens for its own output', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const tokens = tokenize(text);
        expect(tokenize(tokens.join(' '))).toEqual(tokens);
      }),
    );
  });
});

describe('whitespace and ids', () => {
  it('split at ASCII white space and change nothing', () => {
    expect(createTokenizer('whitespace').tokenize(' A b\tc,\u00a0d\r')).toEqual(['A', 'b', 'c,\u00a0d']);
    expect(createTokenizer('ids').tokenize('SKU-1 sku-1  9')).toEqual(['SKU-1', 'sku-1', '9']);
  });

  it('split ids at a separator of their own', () => {
    const { tokenize, descriptor } = createTokenizer('ids', { separator: ',' });
    expect(tokenize('New York, Paris ,,Rome')).toEqual(['New York', 'Paris', 'Rome']);
    expect(descriptor).toEqual({ name: 'ids', version: 1, separator: ',' });
    expect(() => createTokenizer('ids', { separator: '' })).toThrow('"separator" must be text without a line break');
  });
});

describe('chinese', () => {
  it('cuts with jieba in Node and drops punctuation', async () => {
    const segmenter = await loadSegmenter();
    const { tokenize, descriptor } = createTokenizer('chinese', { segmenter });
    expect(descriptor.engine).toMatch(/^@node-rs\/jieba \d/);
    expect(tokenize('我喜欢苹果')).toEqual(['我', '喜欢', '苹果']);
    expect(tokenize('北京大学的学生，在图书馆学习。')).toEqual(['北京大学', '的', '学生', '在', '图书馆', '学习']);
    expect(tokenize('ＧＰＴ模型 iPhone')).toEqual(['gpt', '模型', 'iphone']);
  });

  it('falls back to Intl.Segmenter and says so', () => {
    const { tokenize, descriptor } = createTokenizer('chinese');
    expect(descriptor.engine).toBe('Intl.Segmenter');
    expect(tokenize('我喜欢苹果。')).toEqual(['我', '喜欢', '苹果']);
  });
});

describe('chooseTokenizer', () => {
  const repeated = (text: string) => text.repeat(30);
  it.each([
    ['words', 'The cat sat on the mat, and it was happy. '],
    ['whitespace', 'the cat sat on the mat and it was happy '],
    ['chinese', '我喜欢苹果，也喜欢香蕉。\n'],
    ['whitespace', '我 喜欢 苹果 也 喜欢 香蕉\n'],
    ['ids', '22423 85123A 22086 84879\n'],
    ['words', 'Wir lieben Äpfel und Birnen. '],
  ])('takes %s for %j', (name, text) => {
    expect(chooseTokenizer(repeated(text)).name).toBe(name);
  });
});
