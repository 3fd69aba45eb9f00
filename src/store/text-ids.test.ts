import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8 } from '../text/utf8.ts';
import { textProblem } from './metadata.ts';
import { TextIds } from './text-ids.ts';

const idOf = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'b',
    '\ufeffa',
    'a\ufffd',
    'é',
    '\u{10000}',
    '\uffff',
    'x'.repeat(2000),
    '文'.repeat(600),
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((id) => textProblem(id) === undefined),
);

it('TextIds find rows by ids and ids by rows, in the order of bytes, after any changes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), idOf), { maxLength: 200 }), (changes) => {
      const ids = new TextIds();
      const known = new Map<string, number>();
      const free: number[] = [];
      let rows = 0;
      for (const [isDeleted, id] of changes) {
        const row = known.get(id);
        expect(ids.row(id)).toBe(row);
        if (isDeleted && row !== undefined) {
          ids.delete(row);
          known.delete(id);
          free.push(row);
        } else if (row === undefined) {
          known.set(id, free.pop() ?? rows++);
          ids.add(id, known.get(id)!);
        }
      }
      expect(ids.size).toBe(known.size);
      expect(new Set(ids.ids())).toEqual(new Set(known.keys()));
      for (const [id, row] of known) {
        expect([ids.id(row), ids.row(id), ids.has(row)]).toEqual([id, row, true]);
        for (const [other, otherRow] of known)
          expect(Math.sign(ids.compare(row, otherRow))).toBe(Math.sign(compareUtf8(id, other)));
      }
      for (const row of free) expect(ids.has(row)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

it('TextIds hold many, give back what deleted ones took, and find nothing that is no id', () => {
  const ids = new TextIds();
  const idAt = (row: number) => `document ${row} of ${row % 7}`;
  for (let row = 0; row < 20_000; row++) ids.add(idAt(row), row);
  for (let row = 0; row < 20_000; row++) if (row % 10 !== 0) ids.delete(row);
  const found = () => Array.from({ length: 20_000 }, (_, row) => ids.row(idAt(row)));
  expect(found()).toEqual(Array.from({ length: 20_000 }, (_, row) => (row % 10 === 0 ? row : undefined)));
  for (let row = 1; row < 20_000; row += 10) ids.add(idAt(row), row);
  expect(found()).toEqual(Array.from({ length: 20_000 }, (_, row) => (row % 10 < 2 ? row : undefined)));
  ids.add('y'.repeat(40_000), 3);
  expect([ids.row('y'.repeat(40_000)), ids.id(3).length]).toEqual([3, 40_000]);
  ids.add('a\ufffd', 2);
  expect([ids.row('a\ufffd'), ids.row('a\ud800'), ids.row('a\0'), ids.row('x'.repeat(70_000))]).toEqual([
    2,
    undefined,
    undefined,
    undefined,
  ]);
  expect(() => ids.add('x'.repeat(65_536), 4)).toThrow('Cannot hold an id of 65536 bytes');
  expect(ids.size).toBe(4_002);
});
