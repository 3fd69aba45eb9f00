import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../node/load-tokenizer.ts';
import { formatDictionary, parseDictionary, type WasmJieba, wasmJiebaSegmenter } from './chinese-segmenter.ts';
import { createTokenizer, segmenterWarning } from './tokenizer.ts';

const SENTENCE = '李小福是创新办主任也是云计算方面的专家';

describe('parseDictionary', () => {
  it('reads words, frequencies and parts of speech, normalized', () => {
    expect(parseDictionary('\ufeff云计算 5 n\r\n创新办\n\n卡拉OK\t3\nＢ超 nz\n创新办 7')).toEqual([
      { word: '云计算', frequency: 5 },
      { word: '创新办', frequency: 7 },
      { word: '卡拉ok', frequency: 3 },
      { word: 'b超', frequency: undefined },
    ]);
  });

  it('reads what it writes', () => {
    const words = parseDictionary('云计算 5\n创新办\n123 4');
    expect(parseDictionary(formatDictionary(words))).toEqual(words);
  });

  it('refuses what is no dictionary', () => {
    expect(() => parseDictionary(' \n')).toThrow('Cannot use the dictionary: it holds no word');
    expect(() => parseDictionary('云\n machine learning 3')).toThrow('line 2, "machine learning", is several words');
    for (const line of ['machine learning', 'Vitamin C', 'deep Learning 5 n', '深度 学习'])
      expect(() => parseDictionary(`云\n${line}`)).toThrow('is several words');
    expect(() => parseDictionary('\u00ad')).toThrow('it holds no word');
    expect(() => parseDictionary(5 as unknown as string)).toThrow(TypeError);
    expect(() => parseDictionary('云'.repeat(2 ** 24 + 1))).toThrow(/16777217 characters/);
  });
});

/** One for all tests: to load jieba takes a third of a second of a processor. */
const plain = loadTokenizer({ name: 'chinese' });

const MIXED = '云计算\n创新办\n卡拉OK\nT恤\n5G网络\nC++\nc#\n.NET eng\nNode.js\n哈利·波特 nr\nC++语言\n3·15晚会';

describe('a dictionary', () => {
  it.each([
    ['with frequencies', '云计算 5\n创新办 3 i\n'],
    ['without frequencies, with words of several scripts and with signs,', MIXED],
  ])('%s is known to jieba', async (_, dictionary) => {
    const { tokenize: cut } = await plain;
    expect(cut(SENTENCE)).toEqual(expect.arrayContaining(['创新', '办', '云', '计算']));
    const { tokenize, descriptor } = await loadTokenizer({ name: 'chinese', dictionary });
    expect(tokenize(SENTENCE)).toEqual(['李小福', '是', '创新办', '主任', '也', '是', '云计算', '方面', '的', '专家']);
    // What a model stores is enough to cut queries alike.
    const again = await loadTokenizer(JSON.parse(JSON.stringify(descriptor)));
    expect(again.tokenize(SENTENCE)).toEqual(tokenize(SENTENCE));
    expect(again.descriptor).toEqual(descriptor);
    expect(cut(SENTENCE)).toEqual(expect.arrayContaining(['创新', '办', '云', '计算']));
    if (dictionary !== MIXED) return;
    expect(tokenize('去卡拉OK要穿T恤，用5G网络。卡拉 ok')).toEqual(
      expect.arrayContaining(['卡拉ok', 't恤', '5g网络', '卡拉', 'ok']),
    );
    // Words with signs are words where they do not go on.
    const cuts: [string, string[]][] = [
      ['learn C++, C# or .net', ['learn', 'c++', 'c#', 'or', '.net']],
      ['abc++ node.jsx Ｎｏｄｅ．ｊｓ', ['abc', 'node', 'jsx', 'node.js']],
      ['学C++语言', ['学', 'c++语言']],
      ['他会C++', ['他会', 'c++']],
      ['3·15晚会，哈利·波特来了', ['3·15晚会', '哈利·波特', '来', '了']],
    ];
    for (const [text, words] of cuts) expect(tokenize(text)).toEqual(words);
    expect(tokenize('好 '.repeat(200_000))).toHaveLength(200_000); // more than a call takes arguments
  });

  it('is not known to a tokenizer that is loaded later', async () => {
    const later = await loadTokenizer({ name: 'chinese' });
    expect(later.tokenize(SENTENCE)).toEqual((await plain).tokenize(SENTENCE));
  });

  it('needs jieba', () => {
    expect(() => createTokenizer('chinese', { dictionary: '云计算' })).toThrow(
      'Cannot use the dictionary: it is for jieba, and neither @node-rs/jieba nor jieba-wasm is there',
    );
  });

  it('is one for all in jieba-wasm, which says so', () => {
    const added: [string, number | undefined][] = [];
    const jieba: WasmJieba = { cut: (text) => [text], add_word: (word, frequency) => added.push([word, frequency]) };
    const plain = wasmJiebaSegmenter(jieba, 'jieba-wasm', undefined);
    expect(plain.cut('云')).toEqual(['云']);
    const known = wasmJiebaSegmenter(jieba, 'jieba-wasm', '云计算 5\n创新办');
    expect(added).toEqual([
      ['云计算', 5],
      ['创新办', undefined],
    ]);
    expect(known.cut('云')).toEqual(['云']);
    expect(wasmJiebaSegmenter(jieba, 'jieba-wasm', '云计算 5\n创新办').cut('云')).toEqual(['云']);
    expect(added).toHaveLength(2);
    expect(() => plain.cut('云')).toThrow('Cannot cut Chinese by two dictionaries at once');
    expect(() => wasmJiebaSegmenter(jieba, 'jieba-wasm', '别的')).toThrow('two dictionaries');
  });
});

describe('a model cut by another segmenter', () => {
  it('is told, unless the two cut alike', async () => {
    const here = await plain;
    const without = createTokenizer('chinese');
    const engine = 'jieba-wasm 2.4.0';
    expect(segmenterWarning({ engine }, here)).toBeUndefined();
    expect(segmenterWarning({}, without)).toBeUndefined();
    expect(segmenterWarning({ engine }, without)).toBe(
      "The model's text was cut into words by jieba-wasm 2.4.0, and this text is cut by Intl.Segmenter, which finds other words: install @node-rs/jieba or jieba-wasm",
    );
    expect(segmenterWarning(without.descriptor, here)).toMatch(
      /was cut into words by Intl.Segmenter.*train the model anew/,
    );
  });
});
