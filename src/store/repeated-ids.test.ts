import { expect, it } from 'vitest';
import { RepeatedIds } from './repeated-ids.ts';

it('counts what comes again, however many there are', () => {
  const ids = new RepeatedIds();
  for (let i = 0; i < 50_000; i++) ids.add(`texts/${i}.txt#${i % 7}`);
  expect([ids.count, ids.example]).toEqual([0, undefined]);
  ids.add('texts/49999.txt#5');
  ids.add('texts/0.txt#0');
  ids.add('texts/0.txt#0');
  expect([ids.count, ids.example]).toEqual([3, 'texts/49999.txt#5']);
});

it('tells ids apart that are permutations, prefixes or lengths of each other', () => {
  const ids = new RepeatedIds();
  for (const id of ['ab', 'ba', 'a', 'b', 'aa', 'aaa', '\0', '\0\0', 'é', 'e\u0301', '1', '01', ' 1']) ids.add(id);
  expect(ids.count).toBe(0);
});
