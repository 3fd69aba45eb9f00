import type { RankCounts } from './rank-counts.ts';

/** The plain version. */
export const rankCountsReference: RankCounts = (counts, most, lists) => {
  const places = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const order = places.subarray(0, Math.min(most, counts.length));
  const ranks = new Int32Array(counts.length).fill(-1);
  order.forEach((place, rank) => {
    ranks[place] = rank;
  });
  for (const list of lists) list.set(list.map((place) => (place < 0 ? place : ranks[place])));
  return { order, ranks };
};
