import { mergeWanted } from './merge-wanted.ts';
import type { MergeRuns } from './run-merger.ts';

/** The plain version. */
export const mergeRunsReference: MergeRuns = (runs, minCount, ids, rareTokens) =>
  mergeWanted(runs, ids, rareTokens, (_, count) => count >= minCount);
