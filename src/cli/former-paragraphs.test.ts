import { expect, it } from 'vitest';
import { testEncoder } from '../server/model.contract.ts';
import { MemoryTextStore } from '../store/memory-text-store.ts';
import { TextIndex } from '../store/text-index.ts';
import type { TextRecord } from '../store/text-store.ts';
import { FormerParagraphs } from './former-paragraphs.ts';

const paragraphs = (path: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${path}#${i + 1}`,
    text: `king ${i}`,
    metadata: { path, paragraph: i + 1 },
  }));

async function* records(...lists: ReturnType<typeof paragraphs>[]) {
  for (const list of lists) yield* list;
}

it('deletes the paragraphs that files have no more, and nothing else', async () => {
  const index = await TextIndex.open(testEncoder(), new MemoryTextStore());
  const others: TextRecord[] = [
    { id: 'a.txt#4', text: 'king', metadata: {} }, // not a paragraph of the file
    { id: 'c.txt', text: 'king', metadata: { path: 'c.txt', paragraph: 1 } },
  ];
  await index.add([...paragraphs('a.txt', 3), ...paragraphs('b.txt', 100), ...paragraphs('d.txt', 3), ...others]);
  const former = new FormerParagraphs();
  await index.add(former.watch(records(paragraphs('a.txt', 3), paragraphs('b.txt', 2))));
  expect(await former.deleteFrom(index)).toBe(98);
  expect((await index.list()).map(({ id }) => id)).toEqual([
    ...['a.txt#1', 'a.txt#2', 'a.txt#3', 'a.txt#4', 'b.txt#1', 'b.txt#2', 'c.txt'],
    ...['d.txt#1', 'd.txt#2', 'd.txt#3'], // of a file that was not indexed now
  ]);
});
