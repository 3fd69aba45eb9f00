import { expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { type NumberList, numberList } from './number-list.ts';
import { RowWords } from './row-words.ts';

function areSame(one: NumberList, other: NumberList): boolean {
  if (one.count !== other.count) return false;
  for (let i = 0; i < one.count; i++)
    if (one.numbers[i] !== other.numbers[i] || one.frequencies[i] !== other.frequencies[i]) return false;
  return true;
}

it('RowWords holds the words of each row, also after so many were deleted that it is packed anew', () => {
  const random = new Random(4);
  const words = new RowWords();
  const kept = new Map<number, NumberList>();
  const read = numberList(1);
  const listOf = (length: number): NumberList => {
    let number = -1;
    const numbers = Uint32Array.from({ length }, () => (number += 1 + random.below(900)));
    return { numbers, frequencies: Uint32Array.from({ length }, () => 1 + random.below(3)), count: length };
  };
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 3000; i++) {
      const row = random.below(2500);
      if (kept.delete(row)) words.delete(row);
      if (random.below(4) === 0) continue;
      const list = listOf(i % 1000 === 7 ? 60_000 : random.below(400));
      words.set(row, list);
      kept.set(row, list);
    }
    const wrong = Array.from({ length: 2600 }, (_, row) => row).filter((row) => {
      const list = kept.get(row);
      if (words.has(row) !== (list !== undefined)) return true;
      if (!list) return false;
      words.read(row, read);
      return !areSame(read, list);
    });
    expect(wrong).toEqual([]);
  }
});
