import { expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { METRICS } from './text-store.ts';
import { type Entry, VectorTable } from './vector-table.ts';

it.each(METRICS)('after any changes answers as a table made anew: %s', (metric) => {
  const random = new Random(5, 5);
  const dimensions = 5;
  const vectorOf = () => Float32Array.from({ length: dimensions }, () => random.normal());
  const table = new VectorTable();
  const kept = new Map<string, Entry>();
  for (let round = 0; round < 60; round++) {
    const changes = [3, 40, 700][round % 3];
    for (let i = 0; i < changes; i++) {
      const id = `t${random.below(1500)}`;
      if (random.below(4) === 0) {
        expect(table.delete(id)).toBe(kept.delete(id));
        continue;
      }
      const kind = random.below(20);
      const vector = kind === 0 ? undefined : kind === 1 ? new Float32Array(dimensions) : vectorOf();
      const entry = { id, vector, metadata: { n: random.below(3) } };
      table.set(entry);
      kept.set(id, entry);
    }
    const anew = new VectorTable();
    for (const entry of kept.values()) anew.set(entry);
    expect(table.size).toBe(anew.size);
    const where = { kind: 'compare', path: ['n'], operator: '=', value: 1 } as const;
    for (const query of [{ count: 7 }, { count: 5000 }, { count: 7, where }]) {
      const question = { vector: vectorOf(), metric, ...query };
      const [found, expected] = [table.search(question), anew.search(question)];
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      const differences = found.map(({ value }, i) => Math.abs(value - expected[i].value));
      expect(Math.max(0, ...differences)).toBeLessThan(5e-7);
    }
  }
});

it('puts equal values in the order of the ids', () => {
  const table = new VectorTable();
  const set = (id: string) => table.set({ id, vector: Float32Array.of(1, 2), metadata: {} });
  const found = (metric: (typeof METRICS)[number]) =>
    table.search({ vector: Float32Array.of(1, 2), metric, count: 3 }).map(({ id }) => id);
  for (const id of ['c', 'a', 'd']) set(id);
  for (const metric of METRICS) expect(found(metric)).toEqual(['a', 'c', 'd']);
  set('b');
  for (const metric of METRICS) expect(found(metric)).toEqual(['a', 'b', 'c']);
});
