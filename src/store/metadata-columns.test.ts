import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { Random } from '../math/random.ts';
import { type Filter, matchesFilter, parseFilter } from './filter.ts';
import type { Metadata } from './metadata.ts';
import { MetadataColumns } from './metadata-columns.ts';

it.each([false, true])(
  'selects what matchesFilter selects, after any changes; metadata elsewhere: %s',
  (liesElsewhere) => {
    const random = new Random(9, 9);
    const columns = new MetadataColumns(liesElsewhere ? 100 : Infinity);
    const kept: Metadata[] = [];
    const texts: string[] = []; // of `kept`, as JSON
    const metadataOf = (): Metadata => ({
      ...(random.below(3) > 0 && { n: random.below(5000) }),
      ...(random.below(2) > 0 && { tags: [['a', 'b'], ['b'], []][random.below(3)] }),
      ...(random.below(4) > 0 && { lang: ['en', 'zh', 7, null, true][random.below(5)] }),
      ...(random.below(5) === 0 && { 'a.b': 1, a: { b: { c: 2 } } }),
    });
    const filters: Filter[] = [
      'n < 2500',
      'n = 5 or n = 7 or lang = "zh" or lang in (7, null)',
      'not (tags contains "b") and lang != "en"',
      'a.b = 1 or a.b.c = 2 or a.b exists',
      'missing != 1',
      'missing exists',
      'lang > "en" and (n >= 100 or tags exists)',
    ].map(parseFilter);
    const fillMissing = (filter: Filter) => {
      const missing = columns.missing(filter)!;
      if (columns.isHeld) expect(missing).toEqual([]);
      if (missing.length === 0) return;
      const filler = columns.fill(missing);
      texts.forEach((text, row) => void filler.set(row, text));
      filler.finish();
    };
    for (let round = 0; round < 45; round++) {
      // Many values come and go, so that columns are made anew.
      for (let i = 0; i < 100; i++) {
        const row = random.below(400);
        kept[row] = metadataOf();
        texts[row] = JSON.stringify(kept[row]);
        columns.set(row, texts[row]);
      }
      for (const filter of filters) {
        fillMissing(filter);
        const found = [...columns.select(filter).rows()];
        const rows = Array.from({ length: kept.length }, (_, row) => row);
        const wanted = rows.filter((row) => matchesFilter(filter, kept[row] ?? {}));
        if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
      }
    }
    expect(columns.missing(filters[0])).toEqual([]);
    for (let i = 0; i < 200; i++) {
      const filter = parseFilter(`field${i} exists`);
      fillMissing(filter);
      expect(columns.select(filter).count).toBe(0);
    }
    expect(columns.missing(filters[0])).toEqual(liesElsewhere ? [['n']] : []); // given up for later ones
    const many = parseFilter(Array.from({ length: 65 }, (_, i) => `field${i} exists`).join(' or '));
    expect(columns.missing(many)).toEqual(liesElsewhere ? undefined : []);
  },
);
