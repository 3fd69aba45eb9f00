import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processorMilliseconds } from '../../test/processor-time.ts';
import { loadSegmenter } from '../node/chinese-segmenter.ts';
import { loadTokenizer } from '../node/load-tokenizer.ts';
import { createTokenizer, TOKENIZER_NAMES, TOKENIZERS } from './tokenizer.ts';

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

describe('ids with long blanks', () => {
  it('takes time in proportion to the text, whatever stands in it', () => {
    const repeated = [' ', '\t', '.', "'", 'a.', "a'", '\u0301', '\u200d', 'a\u200c', 'ש"', '·', '3,', '\u00ad'];
    const tokenizers = [
      createTokenizer('ids', { separator: ',' }),
      ...TOKENIZER_NAMES.map((name) => createTokenizer(name)),
    ];
    const begin = processorMilliseconds();
    for (const part of repeated) {
      const text = `a${part.repeat(Math.ceil(200_000 / part.length))}bé,c`;
      for (const { tokenize } of tokenizers) expect(tokenize(text).length).toBeGreaterThan(0);
    }
    // Squares would take hours.
    expect(processorMilliseconds() - begin).toBeLessThan(60_000);
  });

  it('keeps blanks inside of an id', () => {
    const { tokenize } = createTokenizer('ids', { separator: ',' });
    expect(tokenize(`\t a${' '.repeat(400_000)}b \r,,\t`)).toEqual([`a${' '.repeat(400_000)}b`]);
  });
});

describe('every tokenizer', () => {
  it.each(TOKENIZER_NAMES)('%s is made again from its descriptor, in each version', async (name) => {
    for (let version = 1; version <= TOKENIZERS[name].version; version++) {
      const first = createTokenizer(name, { version });
      const stored = JSON.parse(JSON.stringify(first.descriptor)) as typeof first.descriptor;
      const again = await loadTokenizer({ ...stored, engine: undefined });
      expect({ ...again.descriptor, engine: '' }).toEqual({ ...first.descriptor, engine: '' });
      expect(again.descriptor.version).toBe(version);
      expect(again.tokenize('a plain text')).toEqual(first.tokenize('a plain text'));
    }
  });

  it('is refused where the version is a later one', () => {
    expect(() => createTokenizer('words', { version: 9 })).toThrow(
      'Cannot create the tokenizer: "words" has the versions 1 to 2, got 9; a later wordkin may have it',
    );
  });

  it('names the tokenizers that there are', () => {
    expect(() => createTokenizer('constructor' as 'words')).toThrow('is none of whitespace, words');
  });
});

describe('version 1 of words and chinese', () => {
  it('cuts as models of version 1 were cut', async () => {
    const words = await loadTokenizer({ name: 'words', version: 1 });
    expect(words.tokenize('کتاب‌ها col·lecció Donau\u00addampf ❤\ufe0f')).toEqual([
      ...['کتاب', 'ها', 'col', 'lecció', 'donau', 'dampf', '\ufe0f'],
    ]);
    const chinese = await loadTokenizer({ name: 'chinese', version: 1 });
    expect(chinese.tokenize('我们在café看书')).not.toContain('café');
  });
});

describe('segmenter', () => {
  it('cuts scripts without spaces by Intl.Segmenter, others as words does', () => {
    const { tokenize, descriptor } = createTokenizer('segmenter', { language: 'th' });
    expect(descriptor).toEqual({ name: 'segmenter', version: 1, language: 'th', engine: 'Intl.Segmenter' });
    expect(tokenize('แมวกินปลา')).toEqual(['แมว', 'กิน', 'ปลา']);
    const text = "ซื้อiPhone15ของ state-of-the-art don't 3.14 café U.S.A.";
    expect(tokenize(text)).toEqual(['ซื้อ', 'iphone15', 'ของ', 'state-of-the-art', "don't", '3.14', 'café', 'u.s.a']);
    expect(tokenize('りんごを食べる。コーヒー')).toEqual(expect.arrayContaining(['りんご', 'を', 'コーヒー']));
    expect(tokenize('ខ្ញុំស្រលាញ់ភាសាខ្មែរ').length).toBeGreaterThan(1);
    expect(tokenize('ສະບາຍດີຊາວໂລກ').length).toBeGreaterThan(1);
    expect(tokenize('မြန်မာဘာသာစကား').length).toBeGreaterThan(1);
    // The vowel am of Thai and Lao, and h before n and m, which NFKC takes apart: no dictionary knows them so.
    const typed = 'ฉันทำงานน้ำสำคัญ ນ້ຳໜັກໝາ';
    for (const text of [typed, typed.normalize('NFKC')])
      expect(tokenize(text)).toEqual(['ฉัน', 'ทำงาน', 'น้ำ', 'สำคัญ', 'ນ້ຳ', 'ໜັກ', 'ໝາ']);
    // The zero width space is where somebody cut.
    expect(tokenize('แมว\u200bกิน')).toEqual(['แมว', 'กิน']);
  });

  it('goes by the script without a language', () => {
    const { tokenize, descriptor } = createTokenizer('segmenter');
    expect(descriptor.language).toBe('und');
    expect(tokenize('แมวกินปลา')).toEqual(['แมว', 'กิน', 'ปลา']);
    expect(() => createTokenizer('segmenter', { language: 'no language' })).toThrow(
      'Cannot create the tokenizer: "language" must be a language tag such as "th" or "ja", got "no language"',
    );
  });

  it('gives only words, each of the text', () => {
    const { tokenize } = createTokenizer('segmenter');
    const unit = fc.constantFrom(..."แมวกิน๑ๆกຂາខ្ញុំမြန်りんごー々〆漢字aé3.'-· \u200b\u200d\u00ad\u0301。");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        for (const token of tokenize(text)) expect(token).toMatch(/[\p{L}\p{N}_]/u);
        expect(tokenize(text).join('').length).toBeLessThanOrEqual(text.normalize('NFKC').length);
      }),
    );
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

  it('cuts all but Han characters as words does', async () => {
    const { tokenize } = await loadTokenizer({ name: 'chinese' });
    expect(tokenize('我们在café看书，然后去Besançon旅行')).toEqual([
      ...['我们', '在', 'café', '看书', '然后', '去', 'besançon', '旅行'],
    ]);
    const other = "Привет мир, naïve state-of-the-art don't 3.14 Ελλάδα 한국어 עברית tiếng Việt";
    expect(tokenize(`${other} 中国`)).toEqual([...createTokenizer('words').tokenize(other), '中国']);
  });

  it('falls back to Intl.Segmenter and says so', () => {
    const { tokenize, descriptor } = createTokenizer('chinese');
    expect(descriptor.engine).toBe('Intl.Segmenter');
    expect(tokenize('我喜欢苹果。')).toEqual(['我', '喜欢', '苹果']);
  });
});

it('refuses what is no text', () => {
  for (const name of ['whitespace', 'words', 'ids', 'chinese'] as const) {
    const { tokenize } = createTokenizer(name);
    for (const value of [undefined, null, 5, ['a']])
      expect(() => tokenize(value as never)).toThrow('"text" must be a text, got');
  }
});
