import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type TextSource, TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
import { createTokenizer, type Tokenizer } from '../text/tokenizer.ts';
import { localWorker } from '../training/local-worker.ts';
import { createMemoryCorpusStore } from './encoded-corpus.ts';
import { type PrepareOptions, prepareCorpus } from './prepare-corpus.ts';

async function prepare(
  sources: TextSource[],
  {
    tokenizer = createTokenizer('whitespace') as Tokenizer,
    encoders = 1,
    ...options
  }: Partial<PrepareOptions> & { tokenizer?: Tokenizer; encoders?: number } = {},
) {
  const workers = Array.from({ length: encoders }, () => localWorker(tokenizer));
  const prepared = await prepareCorpus(sources, workers, createMemoryCorpusStore(), {
    minCount: 1,
    memoryBudgetBytes: 2 ** 30,
    ...options,
  });
  const { place } = prepared.corpus;
  const ids = place.kind === 'memory' ? [...place.ids] : [];
  return { ...prepared, text: ids.map((id) => (id < 0 ? '|' : prepared.vocabulary.words[id])).join(' ') };
}

const source = (bytes: Uint8Array | string, more: Partial<TextSource> = {}): TextSource => ({
  name: 'test',
  open: () => [typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes],
  ...more,
});

describe('prepareCorpus', () => {
  it('encodes each line as a sentence and leaves out rare words and empty sentences', async () => {
    const { text, vocabulary, corpus, statistics } = await prepare([source('a b a\nrare\n\nb a\r\nb')], {
      minCount: 2,
    });
    expect(text).toBe('a b a | b a | b |');
    expect(vocabulary.words).toEqual(['a', 'b']);
    expect(corpus).toMatchObject({ length: 9, tokenCount: 6 });
    expect(statistics).toMatchObject({ sentences: 5, corpusTokens: 7, distinctWords: 3, repairs: 0, spills: 0 });
  });

  it('gives the same result for any number of encoders and any memory budget', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `w${(i * i) % 7919} x${i % 13} w${i % 15_000}`);
    const whole = await prepare([textsSource(lines)], { minCount: 3 });
    for (const settings of [
      { encoders: 3 },
      { memoryBudgetBytes: 60_000 },
      { encoders: 2, memoryBudgetBytes: 120_000 },
    ]) {
      const other = await prepare([textsSource(lines)], { minCount: 3, ...settings });
      expect(isDeepStrictEqual(other.vocabulary, whole.vocabulary)).toBe(true);
      expect(other.text === whole.text).toBe(true);
      expect(other.statistics.spills > 0).toBe('memoryBudgetBytes' in settings);
    }
  });

  it('keeps a sentence longer than many blocks whole', async () => {
    const { corpus, statistics } = await prepare([source('some words '.repeat(300_000))]);
    expect(statistics.sentences).toBe(1);
    expect(corpus).toMatchObject({ length: 600_001, tokenCount: 600_000 });
  });

  it('cuts bytes as the tokenizer cuts text', async () => {
    const line = 'a\u00a0b c\u0001d\te\u000bf g\r';
    const { vocabulary } = await prepare([source(line)]);
    expect([...vocabulary.words].sort()).toEqual(createTokenizer('whitespace').tokenize(line).sort());
  });

  it('repairs and counts malformed UTF-8, or refuses it', async () => {
    const bytes = Uint8Array.of(0x61, 0x20, 0x62, 0xff, 0x0a, 0xc3, 0x0a);
    for (const name of ['whitespace', 'words'] as const) {
      const { statistics } = await prepare([source(bytes)], { tokenizer: createTokenizer(name) });
      expect(statistics.repairs).toBe(2);
    }
    expect((await prepare([source(bytes)])).text).toBe('a b\ufffd | \ufffd |');
    await expect(prepare([source(bytes)], { strict: true })).rejects.toThrow(
      'Cannot read "test": 2 malformed UTF-8 sequences',
    );
  });

  it('reads a field of JSON lines', async () => {
    const lines = ['{"id":1,"body":{"text":"a b\\nc"}}', '{"id":2}', '{"body":{"text":["d","e f"]}}', ''].join('\n');
    const { text, statistics } = await prepare([source(lines, { jsonField: 'body.text' })]);
    expect(text).toBe('a b | c | d | e f |');
    expect(statistics.skippedRecords).toBe(1);
    await expect(prepare([source('{"a":1}\n', { jsonField: 'a' })])).rejects.toThrow('field "a" must hold text, got 1');
    await expect(prepare([source('oops\n', { jsonField: 'a' })])).rejects.toThrow('line 1 is not JSON: oops');
    await expect(prepare([source('{"body":"x"}\n', { jsonField: 'bodi' })])).rejects.toThrow(
      '1 record had no text in the field "bodi", the first one has body; did you mean "body"?; "field" names the field',
    );
  });

  it('takes token lists as they are', async () => {
    const tokenizer = createTokenizer('ids', { separator: TOKEN_SEPARATOR });
    const { text } = await prepare([tokensSource([['New York', 'Paris'], ['Rome']])], { tokenizer });
    expect(text).toBe('New York Paris | Rome |');
    await expect(prepare([tokensSource(['not tokens'] as never)], { tokenizer })).rejects.toThrow(
      'must be an array of tokens, got string "not tokens"',
    );
  });

  it('says why there is nothing to train on', async () => {
    await expect(prepare([source('')])).rejects.toThrow('Cannot train: the text holds no words');
    const given = (words: string[]) => ({ given: { words, counts: new Float64Array(words.length) } });
    await expect(prepare([source('a b\n')], given([]))).rejects.toThrow('the given vocabulary is empty');
    await expect(prepare([source('a b\n')], given(['a']))).rejects.toThrow('all counts of the given vocabulary are 0');
    await expect(prepare([source('a b c a\n')], { minCount: 5 })).rejects.toThrow(
      'none of 3 different words occurs 5 times in 4 tokens',
    );
  });

  it('stops when the signal says so', async () => {
    await expect(prepare([source('a\n')], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});
