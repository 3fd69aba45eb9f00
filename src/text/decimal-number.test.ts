import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimalNumber, lacksNumber } from './decimal-number.ts';

it('reads what JavaScript writes of a finite number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(decimalNumber(` ${value} `)).toBe(value === 0 ? 0 : value); // −0 is written as 0
    }),
  );
  expect([' 1.', '.5', '+3', '007'].map(decimalNumber)).toEqual([1, 0.5, 3, 7]);
});

it.each([undefined, '', ' ', '0x10', '1e999', 'Infinity', 'nan', '1,5', '12 %', '1_000', '.', '1 2'])(
  'takes %j for no number',
  (cell) => {
    expect(decimalNumber(cell)).toBeUndefined();
  },
);

it('lacksNumber tells a cell without its number from the name of a column', () => {
  for (const cell of [undefined, '', ' ', 'NaN', 'n/a', 'NA', 'null', '-', '?', '4,5', '80%'])
    expect(lacksNumber(cell), String(cell)).toBe(true);
  for (const cell of ['score', 'Human (mean)', 'gold', 'naN1']) expect(lacksNumber(cell), cell).toBe(false);
});
