import { expect, it } from 'vitest';
import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import { RUN_HEADER_BYTES } from '../kernels/word-counter/word-counter.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { memoryRun, type WordRun } from '../vocabulary/word-run.ts';
import { boundsOf, factsOf, stretchesOf } from './run-stretches.ts';

/** A run that an encoder has written. */
function runOf(words: readonly string[]): WordRun {
  const encoder = new BlockEncoder(createTokenizer('whitespace'));
  encoder.encode(new TextEncoder().encode(words.join(' ')), { name: 'test' });
  const { run, wordCount, pieces } = takeWholeRun(encoder);
  return memoryRun(run, wordCount, pieces);
}

/** The words of the records between two places, which must be whole. */
function wordsBetween(run: WordRun, begin: number, end: number): Buffer[] {
  const bytes = Buffer.alloc(end - begin);
  if (end > begin) run.read(begin, bytes);
  const words: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const word = at + RUN_HEADER_BYTES;
    at = word + bytes.readUInt32LE(at + 12);
    words.push(bytes.subarray(word, at));
  }
  expect(at).toBe(bytes.length);
  return words;
}

const words = (rank: number, count: number) =>
  Array.from({ length: count }, (_, i) => `${((i * 7919 + rank * 31) % 99_991).toString(36)}${'x'.repeat(i % 9)}`);

it('parts the words of all ranks, in their order, into stretches of about the same length', () => {
  const lists = [[words(0, 90_000), words(1, 40_000)], [words(2, 99_000)], [], [['one', 'two']]];
  const runs = lists.map((list) => list.map(runOf));
  const facts = runs.map(factsOf);
  expect(JSON.parse(JSON.stringify(facts))).toMatchObject(facts.map(({ samples }) => ({ samples })));
  expect(runs[0][0].pieces!.length).toBeGreaterThan(5);
  for (const stretches of [1, 4, 7]) {
    const bounds = boundsOf(facts, stretches);
    const places = runs.map((list) => list.map((run) => stretchesOf(run, bounds, stretches)));
    let last: Buffer = Buffer.alloc(0);
    for (let stretch = 0; stretch < stretches; stretch++) {
      const found = runs.flatMap((list, rank) =>
        list.flatMap((run, i) => wordsBetween(run, places[rank][i][stretch], places[rank][i][stretch + 1])),
      );
      const first = found.reduce((least, word) => (Buffer.compare(word, least) < 0 ? word : least));
      expect(Buffer.compare(last, first)).toBeLessThan(0);
      last = found.reduce((most, word) => (Buffer.compare(word, most) > 0 ? word : most));
      const share = (found.length * stretches) / runs.flat().reduce((sum, { wordCount }) => sum + wordCount, 0);
      expect(share).toBeGreaterThan(0.5);
      expect(share).toBeLessThan(1.7);
    }
    runs.forEach((list, rank) => {
      list.forEach(({ byteLength }, i) => {
        expect([places[rank][i][0], places[rank][i][stretches]]).toEqual([0, byteLength]);
      });
    });
  }
});
