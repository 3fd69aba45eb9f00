import { emptyVocabularyMessage } from '../corpus/empty-vocabulary-message.ts';
import { type EncodedCorpus, joinFingerprints } from '../corpus/encoded-corpus.ts';
import { countedOptions, type PreparedCorpus, skippedRecordsMessage, storeInMemory } from '../corpus/prepare-corpus.ts';
import { TextEncoding } from '../corpus/text-encoding.ts';
import type { TextSource } from '../text/text-source.ts';
import type { OpenedText } from '../training/open-text.ts';
import { prepareOptions } from '../training/prepare-text.ts';
import { type Communicator, gatherValues } from './communicator.ts';
import { mergeVocabulary } from './merge-vocabulary.ts';
import { factsOf } from './run-stretches.ts';
import { together } from './together.ts';

/** A prepared corpus of which a stretch lies here, and how often each word stands in it. */
export interface SharedCorpus extends PreparedCorpus {
  readonly countsHere: Float64Array;
}

/**
 * Text → vocabulary and encoded corpus, on many machines: each reads, counts and encodes its share, and all know the words of all. The
 * vocabulary and the corpus are those that one machine would make; `corpus.share` tells which stretch of it lies here.
 *
 * @param sources - this rank's share
 * @throws on all ranks what any of them has met: text that cannot be read, a disk that is full, no word that is frequent enough
 */
export async function prepareShared(
  communicator: Communicator,
  sources: readonly TextSource[],
  opened: OpenedText,
): Promise<SharedCorpus> {
  const { workers, store, edge } = opened;
  const given = prepareOptions(opened);
  const encoding = new TextEncoding(workers, store, given, edge.storeRun ?? storeInMemory);
  const { runs, firstRecord, told } = await together(communicator, async () => {
    const { runs, totals, firstRecord } = await encoding.encodeAll(sources);
    return { runs, firstRecord, told: { totals, facts: factsOf(runs) } };
  });
  const all = await gatherValues(communicator, told);
  const totals = addUp(all.map(({ totals }) => totals));
  const options = countedOptions(given, totals.tokens);
  const facts = all.map(({ facts }) => facts);
  const merged = await mergeVocabulary(communicator, runs, facts, options, options.memoryBudgetBytes);
  const { vocabulary, foundWords, wordIds, distinctWords, corpusTokens, rareTokens } = merged;
  if (foundWords === 0 || vocabulary.tokenCount === 0) {
    throw new Error(emptyVocabularyMessage(merged, options, skippedRecordsMessage(totals.skippedRecords, firstRecord)));
  }
  const { sentences, repairs, skippedRecords, spills } = totals;
  const helpers = workers.flatMap(({ renumber }) => renumber ?? []);
  const corpus = await together(communicator, () => store.finish(wordIds, helpers));
  return {
    vocabulary,
    corpus: await placeInAll(communicator, corpus),
    statistics: { sentences, corpusTokens, distinctWords, repairs, skippedRecords, spills },
    keptTokens: vocabulary.tokenCount,
    rareTokens,
    countsHere: merged.countsHere,
  };
}

function addUp<T extends Record<string, number>>(all: readonly T[]): T {
  const names = Object.keys(all[0]);
  return Object.fromEntries(names.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)])) as T;
}

/** The corpus of all ranks, of which that of this one is a stretch: they follow each other in the order of the text. */
async function placeInAll(communicator: Communicator, here: EncodedCorpus): Promise<EncodedCorpus> {
  const { length, tokenCount, fingerprint } = here;
  const all = await gatherValues(communicator, { length, tokenCount, fingerprint });
  const sum = { length: 0, tokenCount: 0, fingerprint: 0 };
  let begin = 0;
  all.forEach((one, rank) => {
    if (rank === communicator.rank) begin = sum.length;
    sum.fingerprint = joinFingerprints(sum.fingerprint, one.fingerprint, one.length);
    sum.length += one.length;
    sum.tokenCount += one.tokenCount;
  });
  return { ...here, ...sum, share: { begin, end: begin + length } };
}
