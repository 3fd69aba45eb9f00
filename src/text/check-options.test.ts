import { expect, it } from 'vitest';
import { ANY_VALUE, BOOLEAN, COUNT, checkOptions, checkTexts, oneOf } from './check-options.ts';
import { showValue } from './show-value.ts';

const rules = { count: COUNT, exact: BOOLEAN, metric: oneOf(['cosine', 'euclidean']), where: ANY_VALUE };

it.each([
  [{ count: 3, exact: true, metric: 'cosine', where: 'x' }, undefined],
  [{ count: undefined, other: undefined }, undefined],
  [{ cuont: 3 }, 'There is no option "cuont"; did you mean "count"?'],
  [{ topn: 3 }, 'There is no option "topn"; there are "count", "exact", "metric", "where"'],
  [{ constructor: 3 }, 'There is no option "constructor"'],
  [{ count: Number.NaN }, '"count" must be an integer of at least 1, got NaN'],
  [{ count: Infinity }, '"count" must be an integer of at least 1, got Infinity'],
  [{ count: 0 }, '"count" must be an integer of at least 1, got 0'],
  [{ count: { value: 3 } }, '"count" must be an integer of at least 1, got an object'],
  [{ exact: 'yes' }, '"exact" must be true or false, got "yes"'],
  [{ metric: 'cosin' }, '"metric" must be cosine or euclidean, got "cosin"'],
  [3, 'Options must be an object such as { count: … }, got 3'],
  [null, 'got null'],
  [[1], 'got an array of 1'],
])('checkOptions of %j', (options, message) => {
  const check = () => checkOptions(options, rules);
  if (message === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(message);
});

it('takes one text for no list of texts', () => {
  expect(() => checkTexts('texts', 'one')).toThrow('"texts" must be an array of texts, got "one"');
  expect(() => checkTexts('texts', ['one', 2])).toThrow('"texts" must be a text, got 2');
  expect(() => checkTexts('texts', new Set(['one']))).not.toThrow();
});

it('shows what a value is, never [object Object]', () => {
  const values = [
    {},
    new Map(),
    Promise.resolve(),
    () => 1,
    Symbol('x'),
    new Uint8Array(3),
    Object.create(null),
    'a'.repeat(99),
  ];
  for (const value of values) expect(showValue(value)).toMatch(/^(an? \w|"a{60}…"$)/);
});
