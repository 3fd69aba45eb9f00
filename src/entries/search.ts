// `wordkin/search`: the nearest of many vectors, and texts by their words.
export { Bm25Index } from '../search/bm25-index.ts';
export type { SearchHit, SearchOptions, VectorRows } from '../search/exact-index.ts';
export { ExactIndex } from '../search/exact-index.ts';
export { type Folded, foldNearDuplicates } from '../search/near-duplicates.ts';
export type { ScoredItem } from '../search/rank-fusion.ts';
export { fuseRankings } from '../search/rank-fusion.ts';
export type { TermHit, TermSearchOptions } from '../search/term-index.ts';
