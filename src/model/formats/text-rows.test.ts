import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countFields, parseNumber, parseRow, shortestDecimal } from './text-rows.ts';

const encoder = new TextEncoder();
const separator = fc.array(fc.constantFrom(' ', '\t'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
const value = fc.float({ noNaN: true, noDefaultInfinity: true }).map(Math.fround);

it('parseRow takes the last fields, whatever separates them, and leaves the word', () => {
  const word = fc.string({ minLength: 1 }).filter((text) => !/[\s]/.test(text));
  fc.assert(
    fc.property(word, fc.array(fc.tuple(separator, value), { minLength: 1, maxLength: 9 }), (text, fields) => {
      const line = encoder.encode(text + fields.map(([before, number]) => before + shortestDecimal(number)).join(''));
      const row = new Float32Array(fields.length);
      expect(parseRow(line, row)).toBe(encoder.encode(text).length);
      fields.forEach(([, number], d) => expect(row[d] === number).toBe(true));
    }),
  );
});

it('parseRow refuses fields that are no numbers, or too few', () => {
  const row = new Float32Array(2);
  for (const line of ['a 1', 'a 1 x', 'a 1 0,5', 'a 1 0x10', 'a 1 1e', '', 'a 1 0.1\u000b2'])
    expect(parseRow(encoder.encode(line), row)).toBe(-1);
});

it('parseNumber knows the forms of NaN and infinity', () => {
  for (const text of ['nan', 'NaN', '-nan', 'nan(ind)', '-1.#IND00', '1.#QNAN']) expect(parseNumber(text)).toBeNaN();
  for (const text of ['inf', 'Infinity', '+INF', '1.#INF', '1.#INF00']) expect(parseNumber(text)).toBe(Infinity);
  expect(parseNumber('-Infinity')).toBe(-Infinity);
  for (const text of ['', 'nano', 'info', '1,5', '1.2.3', '--1', '0x1']) expect(parseNumber(text)).toBeUndefined();
});

it('countFields tells how many numbers a line ends with', () => {
  expect(countFields('word 1 2.5 -3e-4')).toEqual({ fields: 4, numbers: 3 });
  expect(countFields('. . . 1\t2 \r')).toEqual({ fields: 5, numbers: 2 });
  expect(countFields('the cat sat')).toEqual({ fields: 3, numbers: 0 });
  expect(countFields('')).toEqual({ fields: 0, numbers: 0 });
});
