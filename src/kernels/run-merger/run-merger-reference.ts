import { mergeWanted, toRun } from './merge-wanted.ts';
import type { MergeRuns, MergeToRun } from './run-merger.ts';

/** The plain version. */
export const mergeRunsReference: MergeRuns = (runs, minCount, ids, rareTokens) =>
  mergeWanted(runs, ids, rareTokens, (_, count) => count >= minCount);

export const mergeToRunReference: MergeToRun = (runs, minCount, rareTokens, added) =>
  toRun(mergeRunsReference(runs, minCount, undefined, rareTokens), added);
