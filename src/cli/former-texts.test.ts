import { expect, it } from 'vitest';
import { testEncoder } from '../server/model.contract.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { TextIndex } from '../store/text-index.ts';
import type { TextRecord } from '../store/text-store.ts';
import { FormerTexts } from './former-texts.ts';

const paragraphs = (path: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${path}#${i + 1}`,
    text: `king ${i}`,
    metadata: { path, paragraph: i + 1 },
  }));

const file = (path: string, isPlainText = true) => ({ name: path, path, isPlainText });

async function* records(...lists: (readonly TextRecord[])[]) {
  for (const list of lists) yield* list;
}

it('deletes the paragraphs that files have no more, and nothing else', async () => {
  const index = await TextIndex.open(testEncoder(), new MemoryTextStore());
  const others: TextRecord[] = [
    { id: 'a.txt#4', text: 'king', metadata: {} }, // not a paragraph of the file
    { id: 'c.txt', text: 'king', metadata: { path: 'c.txt', paragraph: 1 } },
  ];
  await index.add([
    ...paragraphs('a.txt', 3),
    ...paragraphs('b.txt', 100),
    ...paragraphs('d.txt', 3),
    ...paragraphs('e.txt', 9),
    ...others,
  ]);
  const former = new FormerTexts(['a.txt', 'b.txt', 'e.txt'].map((path) => file(path)));
  await index.add(former.watch(records(paragraphs('a.txt', 3), paragraphs('b.txt', 2))));
  expect(await former.deleteParagraphs(index)).toBe(98 + 9);
  expect((await index.list()).map(({ id }) => id)).toEqual([
    ...['a.txt#1', 'a.txt#2', 'a.txt#3', 'a.txt#4', 'b.txt#1', 'b.txt#2', 'c.txt'],
    ...['d.txt#1', 'd.txt#2', 'd.txt#3'], // of a file that was not indexed now
  ]);
});

it('finds records that files have no more, and leaves those that are of others', async () => {
  const index = await TextIndex.open(testEncoder(), new MemoryTextStore());
  const numbered = (path: string, count: number, suffix = '') =>
    Array.from({ length: count }, (_, i) => ({ id: `${path}#${i + 1}${suffix}`, text: 'king' }));
  await index.add([...numbered('a.csv', 12), ...numbered('b.csv', 3), ...numbered('c.csv', 3, '#1')]);
  const former = new FormerTexts(['a.csv', 'b.csv', 'c.csv'].map((path) => file(path, false)));
  await index.add(former.watch(records(numbered('a.csv', 10), [{ id: 'own', text: 'king' }], numbered('c.csv', 2))));
  expect((await former.recordsLeft(index, false)).sort()).toEqual([
    'a.csv#11',
    'a.csv#12',
    'b.csv#1',
    'b.csv#2',
    'b.csv#3',
  ]);
  expect(await former.recordsLeft(index, true)).toEqual(['c.csv#3#1']);
});

it('finds files below a folder that are not there any more', async () => {
  const index = await TextIndex.open(testEncoder(), new MemoryTextStore());
  const gone = ['docs/gone.txt', 'docs/deep/gone.txt', 'other/gone.txt', '/gone.txt'];
  await index.add([...gone, 'docs/new.txt', 'package.json'].flatMap((path) => paragraphs(path, 3)));
  await index.add(paragraphs('docs/long.txt', 1000));
  const former = new FormerTexts([file('docs/new.txt'), file('docs/long.txt')]);
  expect(await former.filesGone(index, ['docs/'])).toEqual(['docs/deep/gone.txt', 'docs/gone.txt']);
  expect(await former.filesGone(index, [''])).toEqual(['docs/deep/gone.txt', 'docs/gone.txt', 'other/gone.txt']);
  expect(await former.filesGone(index, ['none/'])).toEqual([]);
});
