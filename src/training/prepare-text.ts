import type { PhraseOptions } from '../corpus/learn-phrases.ts';
import { type PreparedCorpus, type PrepareOptions, prepareCorpus } from '../corpus/prepare-corpus.ts';
import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { minCountFor } from './adaptive-defaults.ts';
import type { OpenedText } from './open-text.ts';
import type { TrainingOptions } from './training-options.ts';

const DEFAULT_MEMORY_BUDGET_BYTES = 2 ** 30;

/** Text → vocabulary and encoded corpus, as its options and settings ask for. */
export async function prepareText(opened: OpenedText): Promise<PreparedCorpus> {
  const { sources, workers, store, edge, options } = opened;
  const prepared = await prepareCorpus(sources, workers, store, prepareOptions(opened), edge.storeRun);
  tellVocabulary(prepared, options);
  return prepared;
}

export function tellVocabulary(prepared: PreparedCorpus, options: OpenedText['options']): void {
  const { vocabulary, corpus, statistics, phrases = [] } = prepared;
  options.onEvent?.({
    type: 'vocabulary',
    words: vocabulary.words.length,
    phrases: phrases.reduce((sum, { length }) => sum + length, 0),
    tokens: corpus.tokenCount,
    statistics,
  });
}

/** What the options and settings of a training say of its preparation. */
export function prepareOptions({ options, resolved, sample, tokenizer }: OpenedText): PrepareOptions {
  const { vocabulary, start, memoryBudgetBytes = DEFAULT_MEMORY_BUDGET_BYTES, strict, signal, onEvent } = options;
  return {
    minCount: (corpusTokens) => minCountFor(options, resolved, corpusTokens, start !== undefined),
    maxVocabulary: resolved.maxVocabulary,
    given: vocabulary,
    earlier: start?.keepWords ? wordsAndCounts(start.model) : undefined,
    phrases: resolved.phrasePasses > 0 ? phraseOptions(resolved) : undefined,
    memoryBudgetBytes,
    strict,
    sample,
    tokenizer,
    signal,
    onProgress: onEvent && ((progress) => onEvent({ type: 'prepare', ...progress })),
    onPhrases: onEvent && ((pass) => onEvent({ type: 'phrases', ...pass })),
  };
}

function phraseOptions({ phrasePasses, phraseScore, phraseThreshold }: TrainingOptions): PhraseOptions {
  return { passes: phrasePasses, score: phraseScore, threshold: phraseThreshold };
}

function wordsAndCounts({ words, contents }: EmbeddingModel): Pick<Vocabulary, 'words' | 'counts'> {
  if (contents.counts) return { words, counts: contents.counts };
  throw new Error('Cannot keep the words of the model: it has no counts; a model saved as safetensors has them');
}
