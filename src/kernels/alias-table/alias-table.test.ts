import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAliasTable as createPlainly } from '../../math/alias-table.ts';
import { createAliasTable } from './alias-table-kernel.ts';

const weight = fc.oneof(fc.constantFrom(0, 1, 0.5), fc.nat(5000), fc.double({ min: 0, max: 1e6, noNaN: true }));

it('builds the table that the plain version builds, bit by bit', () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 300 }), (given) => {
      fc.pre(given.some((one) => one > 1e-200));
      const weights = Float64Array.from(given);
      expect(createAliasTable(weights)).toEqual(createPlainly(weights));
    }),
  );
});

it('builds a table of many words', () => {
  const weights = Float64Array.from({ length: 200_000 }, (_, i) => Math.round(1e7 / (i + 1)) ** 0.75);
  const [table, plain] = [createAliasTable(weights), createPlainly(weights)];
  for (const name of ['thresholds', 'aliases'] as const) {
    expect(Buffer.compare(Buffer.from(table[name].slice().buffer), Buffer.from(plain[name].buffer))).toBe(0);
  }
});

it('refuses weights without a positive finite sum', () => {
  expect(() => createAliasTable(Float64Array.of(0, 0))).toThrow('positive finite sum, got 0');
});
