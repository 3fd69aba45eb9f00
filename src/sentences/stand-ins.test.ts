import { describe, expect, it } from 'vitest';
import { EmbeddingModel, type ModelContents } from '../model/embedding-model.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { explainTexts } from './compare-texts.ts';
import { PLAIN_MEAN, SentenceEncoder } from './sentence-encoder.ts';
import { StandInFinder } from './stand-ins.ts';
import { wordMoversDistance } from './word-movers-distance.ts';

/** A model whose words lie in this order of frequency; word i has the vector (1, i). */
function modelOf(words: string[], more: Partial<ModelContents> = {}): EmbeddingModel {
  const inputVectors = Float32Array.from({ length: 2 * words.length }, (_, i) => (i % 2 ? (i - 1) / 2 : 1));
  return new EmbeddingModel({ words, dimensions: 2, inputVectors, ...more });
}

function standInsOf(words: string[], token: string, more?: Partial<ModelContents>): string | undefined {
  const found = new StandInFinder(modelOf(words, more)).find(token);
  return found && `${found.ids.map((id) => words[id]).join(' ')}${found.isKnown ? '' : '?'}`;
}

describe('StandInFinder', () => {
  it.each([
    ['the word in the spelling of the model', ['the', 'cat'], 'The', 'the'],
    ['without the signs around it', ['grass', 'grassy'], '"grass."', 'grass'],
    ['parts at hyphens and apostrophes', ['up', 'close', 's', 'it'], "close-up's", 'close up s'],
    ['a word of the same letters composed otherwise', ['café'], 'cafe\u0301s-cafe\u0301', 'café café'],
    [
      'Han characters: the longest words from the beginning',
      ['黑', '狗', '黑白', '白狗', '照片'],
      '黑白狗照片',
      '黑白 狗 照片',
    ],
    ['Han characters, of which one is no word', ['黑', '狗'], '黑鸣狗', '黑 狗'],
    ['Latin letters beside Han characters', ['恤', 't'], 'T恤', 't 恤'],
  ])('takes %s', (_, words, token, expected) => {
    expect(standInsOf(words, token)).toBe(expected);
  });

  it.each([
    ['the longest beginning in common wins', ['bike', 'biker', 'bikini'], 'bikers', 'biker?'],
    ['the most frequent one of those that are as near', ['skater', 'skates', 'skate'], 'skateboard', 'skater?'],
    ['it stands before the place of the word in the order of spelling', ['walks', 'zoo'], 'walkway', 'walks?'],
    ['and after it', ['walkways', 'alone'], 'walking', 'walkways?'],
    ['three letters are enough for a short word', ['cathedral'], 'catalog', 'cathedral?'],
    ['two letters are not', ['candle'], 'cat', undefined],
    ['nor three of eight: less than two fifths', ['contact'], 'congress', undefined],
    ['three of seven are', ['contact'], 'conform', 'contact?'],
    ['a number is like no other', ['1998'], '1999', undefined],
    ['but 1970s is like 1970', ['1970'], '1970s', '1970?'],
    ['no sign is a word', ['the'], '—', undefined],
  ])('by the beginning: %s', (_, words, token, expected) => {
    expect(standInsOf(words, token)).toBe(expected);
  });

  it('knows a token of which it knows a part, and takes what is like the others', () => {
    expect(standInsOf(['man', 'made', 'snow'], 'man-snowed')).toBe('man snow');
  });

  it('keeps the case where the model tells words apart by it', () => {
    const words = ['Paris', 'parisian', 'London'];
    expect(standInsOf(words, 'Paris,')).toBe('Paris');
    expect(standInsOf(words, 'Parisians')).toBe('Paris?');
    expect(standInsOf(words, 'PARISIANS')).toBe('parisian?');
  });

  it('leaves to n-grams what the model does not hold', () => {
    const subwords = {
      options: { minLength: 3, maxLength: 3, buckets: 10, hash: 'fasttext' },
      buckets: Uint32Array.of(1),
      vectors: new Float32Array(2),
    } as unknown as NonNullable<ModelContents['subwords']>;
    expect(standInsOf(['grass', 'bike'], 'grass.', { subwords })).toBe('grass');
    expect(standInsOf(['grass', 'bike'], 'bikers', { subwords })).toBeUndefined();
    expect(standInsOf(['grass', 'bike'], 'grass-bikers', { subwords })).toBeUndefined();
  });

  it('finds the same at once again, also that there is nothing', () => {
    const finder = new StandInFinder(modelOf(['bike']));
    expect(finder.find('bikers')).toBe(finder.find('bikers'));
    expect(finder.find('zzz')).toBeUndefined();
    expect(finder.find('zzz')).toBeUndefined();
  });
});

describe('a sentence encoder with stand-ins', () => {
  const model = modelOf(['the', 'bike', 'fast']);
  const weights = Float32Array.of(1, 2, 4);
  const settings = { ...PLAIN_MEAN, weighting: 'icf' as const, weights, unknownWeight: 9, standIns: true };
  const encoder = new SentenceEncoder(model, createTokenizer('whitespace'), settings);

  it('weighs them as the words that they are', () => {
    // (1 · the + 2 · bike + 4 · fast) / 7
    const { vector, knownTokens, unknownTokens } = encoder.encode('The bikers fast!');
    expect(Array.from(vector)).toEqual([1, Math.fround((0 + 2 * 1 + 4 * 2) / 7)]);
    expect({ knownTokens, unknownTokens }).toEqual({ knownTokens: 2, unknownTokens: ['bikers'] });
  });

  it('gives words made of several known ones one share, so that the shares add up to the vector', () => {
    const text = 'fast-bike the bikers';
    const { vector } = encoder.encode(text);
    const shares = encoder.wordShares(text);
    expect(shares.map(({ token, weight }) => [token, weight])).toEqual([
      ['fast-bike', 6],
      ['the', 1],
      ['bikers', 2],
    ]);
    const sum = shares.reduce((total, share) => total + share.weight * share.vector[1], 0);
    expect(sum / 9).toBeCloseTo(vector[1], 6);
  });

  it('makes no vector of likeness alone', () => {
    expect(encoder.encode('bikers')).toEqual({
      vector: new Float32Array(2),
      knownTokens: 0,
      unknownTokens: ['bikers'],
    });
    expect(encoder.wordShares('bikers')).toEqual([]);
  });

  it('tells what stands for a word', () => {
    expect(['bikers', 'The', 'fast', 'zoo'].map((token) => encoder.standInsOf(token))).toEqual([
      ['bike'],
      ['the'],
      [],
      [],
    ]);
    const notes: string[] = [];
    const { first } = explainTexts(encoder, 'The bikers', 'fast', (message) => notes.push(message));
    expect(first.map(({ word, standIns }) => [word, standIns])).toEqual([
      ['bikers', ['bike']],
      ['The', ['the']],
    ]);
    expect(notes).toEqual([
      'the model knows 1 of 2 words of "The bikers", not "bikers" (taken as "bike"); nearest spelling of "bikers" is "bike"',
    ]);
  });

  it("leaves them out of Word Mover's Distance, whose words are the model's own", () => {
    expect(wordMoversDistance(encoder, 'bikers fast', 'fast')).toBe(0);
  });

  it('leaves them out where the settings do not say so, as those of earlier versions', () => {
    const { standIns: _, ...earlier } = settings;
    const { vector, unknownTokens } = new SentenceEncoder(model, createTokenizer('whitespace'), earlier).encode(
      'bikers fast fast!',
    );
    expect(Array.from(vector)).toEqual([1, 2]);
    expect(unknownTokens).toEqual(['bikers', 'fast!']);
  });

  it('has none for names such as product numbers', () => {
    const words = Array.from({ length: 200 }, (_, id) => `P${id}`);
    const items = modelOf(words, { counts: Float64Array.from(words, () => 3), tokenizer: { name: 'ids', version: 1 } });
    const { settings: own } = new SentenceEncoder(items, createTokenizer('ids'));
    expect(own.weighting).toBe('icf');
    expect(own.standIns).toBeUndefined();
    expect(own.projection).toBeUndefined();
  });
});
