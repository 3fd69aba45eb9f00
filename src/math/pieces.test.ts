import { expect, it } from 'vitest';
import { Pieces } from './pieces.ts';

it('Pieces does a piece at a time, the rest when it is to finish, and none twice', () => {
  const done: number[] = [];
  const pieces = new Pieces(
    (function* () {
      for (let i = 0; i < 4; i++) {
        done.push(i);
        yield undefined;
      }
      return done.length;
    })(),
  );
  pieces.next();
  pieces.next();
  expect(done).toEqual([0, 1]);
  expect(pieces.finish()).toBe(4);
  pieces.next();
  expect(pieces.finish()).toBe(4);
  expect(done).toEqual([0, 1, 2, 3]);
});
