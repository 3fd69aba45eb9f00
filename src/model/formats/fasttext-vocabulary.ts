import { WordList } from '../word-list.ts';
import type { BinaryReader } from './binary-reader.ts';
import { LONGEST_WORD_BYTES } from './check-words.ts';

/** What fastText's dictionary.cc writes. */
export interface StoredVocabulary {
  readonly list: WordList;
  /** One a word of the file, up to the limit. */
  readonly counts: Float64Array;
  /** The row of each word of the list; they differ where words come twice. */
  readonly rows: Uint32Array;
  readonly wordCount: number;
  readonly labels: string[];
  readonly labelCounts: number[];
  /** Bucket and row of the n-grams that are left; undefined if nothing was pruned. */
  readonly pruned: [bucket: number, row: number][] | undefined;
}

/** Words, labels and n-grams that were not pruned, as they stand in a .bin behind the options. */
export async function readVocabulary(
  reader: BinaryReader,
  limit: number,
  hasPruned: boolean,
): Promise<StoredVocabulary> {
  const size = await reader.int32('its vocabulary');
  const wordCount = await reader.int32('its vocabulary');
  const labelCount = await reader.int32('its vocabulary');
  await reader.int64('its vocabulary');
  const prunedCount = hasPruned ? await reader.int64('its vocabulary') : -1;
  if (wordCount < 0 || labelCount < 0 || size !== wordCount + labelCount)
    reader.fail(`it promises ${size} entries, ${wordCount} words and ${labelCount} labels`);
  reader.expect(10 * size, `a vocabulary of ${size} entries`);
  const list = new WordList();
  const kept = Math.min(wordCount, limit);
  const counts = new Float64Array(kept);
  const rows = new Uint32Array(kept);
  const labels: string[] = [];
  const labelCounts: number[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let entry = 0; entry < size; ) {
    const window = await reader.window(LONGEST_WORD_BYTES + 10);
    const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
    let at = 0;
    for (; entry < size; entry++) {
      let end = at;
      while (end < window.length && window[end] !== 0) end++;
      if (end + 10 > window.length || end - at > LONGEST_WORD_BYTES) break;
      // Two numbers, as fast as one bigint is slow.
      const count = view.getUint32(end + 1, true) + view.getInt32(end + 5, true) * 2 ** 32;
      const type = window[end + 9];
      if (type !== (entry < wordCount ? 0 : 1)) reader.fail(`entry ${entry} of its vocabulary is of kind ${type}`);
      if (!(count >= 0)) reader.fail(`entry ${entry} of its vocabulary has the count ${count}`);
      if (entry < kept) {
        counts[entry] = count;
        if (list.add(window, at, end)) rows[list.size - 1] = entry;
      } else if (entry >= wordCount) {
        labels.push(decoder.decode(window.subarray(at, end)));
        labelCounts.push(count);
      }
      at = end + 10;
    }
    if (at === 0) reader.fail(`it ends within entry ${entry + 1} of ${size} of its vocabulary`);
    reader.advance(at);
  }
  if (prunedCount < -1) reader.fail(`it promises ${prunedCount} n-grams`);
  if (prunedCount < 0) return { list, counts, rows, wordCount, labels, labelCounts, pruned: undefined };
  const { buffer } = await reader.bytes(8 * prunedCount, `a list of ${prunedCount} n-grams`);
  const pairs = new Int32Array(buffer);
  const pruned = Array.from({ length: prunedCount }, (_, i): [number, number] => [pairs[2 * i], pairs[2 * i + 1]]);
  return { list, counts, rows, wordCount, labels, labelCounts, pruned };
}
