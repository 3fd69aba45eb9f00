import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWordCounter } from '../word-counter/word-counter-kernel.ts';
import type { MergeRuns, SortedRun } from './run-merger.ts';
import { mergeRuns, mergeToRun } from './run-merger-kernel.ts';
import { mergeRunsReference, mergeToRunReference } from './run-merger-reference.ts';

/** One for all: fresh memory takes longer than a small text. */
const counter = createWordCounter(() => []);

function runOf(words: readonly string[]): SortedRun {
  const bytes = new TextEncoder().encode(words.map((word) => `${word}\n`).join(''));
  counter.text(bytes.length).set(bytes);
  counter.cut(bytes.length, 'lines');
  const { wordCount } = counter;
  const parts: Uint8Array[] = [];
  counter.takeRun((part) => parts.push(part.slice()));
  const run = Buffer.concat(parts);
  return {
    wordCount,
    byteLength: run.length,
    read: (offset, target) => target.set(run.subarray(offset, offset + target.length)),
  };
}

function merge(mergeRuns: MergeRuns, runs: readonly SortedRun[], minCount: number) {
  const ids = runs.map(({ wordCount }) => new Int32Array(wordCount).fill(-7));
  const rareTokens = new Float64Array(3);
  const { words, ...numbers } = mergeRuns(runs, minCount, ids, rareTokens);
  return { ...numbers, words: words(), ids, rareTokens };
}

describe('the merge of runs', () => {
  const same = (parts: readonly (readonly string[])[], minCount: number) => {
    const runs = parts.map(runOf);
    const merged = merge(mergeRuns, runs, minCount);
    const { words, ids, ...numbers } = merge(mergeRunsReference, runs, minCount);
    const { words: _, ids: __, ...found } = merged;
    if (!isDeepStrictEqual(found, numbers)) expect(found).toEqual(numbers);
    expect(merged.words.length).toBe(words.length);
    expect(merged.words.every((word, id) => word === words[id])).toBe(true);
    expect(merged.ids.every((each, run) => each.every((id, i) => id === ids[run][i]))).toBe(true);
    const [asRun, plainly] = [mergeToRun, mergeToRunReference].map((way) => {
      const rareTokens = new Float64Array(3);
      const { run, ...rest } = way(runs, minCount, rareTokens, 2 ** 52);
      return { ...rest, rareTokens, run: Buffer.concat(run()) };
    });
    expect(asRun.run.equals(plainly.run)).toBe(true);
    const [got, wanted] = [asRun, plainly].map((each) => ({ ...each, run: undefined }));
    if (!isDeepStrictEqual(got, wanted)) expect(got).toEqual(wanted);
    return merged;
  };

  it('adds up the counts of equal words', () => {
    for (const way of [mergeRuns, mergeRunsReference]) {
      const { words, counts, ids, ...rest } = merge(way, [runOf(['b', 'a', 'b']), runOf([]), runOf(['c', 'b'])], 2);
      expect(words).toEqual(['b']);
      expect([...counts]).toEqual([3]);
      expect(ids.map((each) => [...each])).toEqual([[0, -1], [], [-1, 0]]);
      expect(rest).toEqual({ distinctWords: 3, tokenCount: 5, rareTokens: Float64Array.of(0, 2, 0) });
    }
  });

  it('makes a run of what is kept', () => {
    for (const way of [mergeToRun, mergeToRunReference]) {
      const { run, counts } = way([runOf(['b', 'a', 'b']), runOf(['cc', 'b', 'cc'])], 2, new Float64Array(0), 100);
      expect([...counts]).toEqual([3, 2]);
      const view = new DataView(Uint8Array.from(Buffer.concat(run())).buffer);
      expect([view.byteLength, view.getUint32(0, true), view.getFloat64(4, true), view.getUint32(12, true)]).toEqual([
        35, 0, 103, 1,
      ]);
      expect(String.fromCharCode(view.getUint8(16), view.getUint8(33), view.getUint8(34))).toBe('bcc');
      expect([view.getFloat64(21, true), view.getUint32(29, true)]).toEqual([102, 2]);
    }
  });

  it('gives what the plain version gives', () => {
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'é'), minLength: 1, maxLength: 11 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).map((text) => text.replaceAll('\n', ' ')),
    );
    const parts = fc.array(fc.array(word, { maxLength: 50 }), { maxLength: 7 });
    fc.assert(fc.property(parts, fc.integer({ min: 1, max: 3 }), (lists, minCount) => void same(lists, minCount)));
  });

  it('takes more words than fit into its buffers, and words longer than its windows', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `word number ${(i * 7919) % 30_000}`);
    const long = ['x'.repeat(70_000), 'word'.repeat(100_000), `${'word'.repeat(100_000)}!`, 'y'];
    const { words } = same([many, [...many, ...long], [...long, ...many.slice(0, 30_000)]], 2);
    expect(words.length).toBe(30_004);
    expect(words.slice(-4).map(({ length }) => length)).toEqual([400_000, 400_001, 70_000, 1]);
  });

  it('merges many runs', () => {
    same(
      Array.from({ length: 90 }, (_, run) => Array.from({ length: 50 }, (_, i) => `${(i * (run + 1)) % 97}`)),
      30,
    );
  });
});
