import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES } from '../text/line-blocks.ts';
import { type TextSource, textsSource } from '../text/text-source.ts';
import { shareInputs } from './share-inputs.ts';

/** A file of plain text, or, packed, one that is read as a whole. */
function fileOf(name: string, byteLength: number, packed = false): TextSource {
  const open = () => [];
  return { name, byteLength, open: packed ? open : Object.assign(open, { file: name }) };
}

/** What a share reads: blocks of files, or a file as a whole. */
const partsOf = (share: readonly TextSource[]) =>
  share.flatMap(({ name, open: { part } }) =>
    part === undefined ? [name] : Array.from({ length: part.end - part.first }, (_, i) => `${name} ${part.first + i}`),
  );

describe('the shares of a text', () => {
  it('are all of it, in its order, each part once', () => {
    const size = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: 20 * BLOCK_BYTES }));
    const files = fc.array(fc.tuple(size, fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(
        files,
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 9 }),
        (sizes, weights) => {
          const sources = sizes.map(([byteLength, packed], i) => fileOf(`f${i}`, byteLength, packed));
          const shares = shareInputs(sources, weights);
          expect(shares).toHaveLength(weights.length);
          expect(shares.flatMap(partsOf)).toEqual(shareInputs(sources, [1]).flatMap(partsOf));
          // No share is farther from what its weight asks for than the largest part.
          const total = sizes.reduce((sum, [byteLength]) => sum + byteLength, 0);
          const largest = Math.max(
            0,
            ...sizes.map(([byteLength, packed]) => (packed ? byteLength : Math.min(byteLength, BLOCK_BYTES))),
          );
          shares.forEach((share, rank) => {
            const bytes = share.reduce((sum, { byteLength }) => sum + byteLength!, 0);
            const wanted = (weights[rank] / weights.reduce((a, b) => a + b)) * total;
            expect(Math.abs(bytes - wanted)).toBeLessThanOrEqual(largest + 1);
          });
        },
      ),
    );
  });

  it('leave ranks without text where there are fewer parts than ranks', () => {
    const shares = shareInputs([fileOf('a.gz', 1000, true)], [1, 1, 1]);
    expect(shares.map(({ length }) => length).sort()).toEqual([0, 0, 1]);
  });

  it('are refused for a text whose length is not known', () => {
    expect(() => shareInputs([textsSource(['a b'], 'standard input')], [1, 1])).toThrow(
      'Cannot share out standard input among several ranks: its length is not known; give files',
    );
  });
});
