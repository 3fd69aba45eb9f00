import type { PreparedCorpus } from '../corpus/prepare-corpus.ts';
import type { OpenedText } from '../training/open-text.ts';
import type { TrainingPlan } from '../training/trainer.ts';

/**
 * Tells of likely mistakes and, where the text is long, of what is to be expected; returns what it has warned of. It is loaded
 * where somebody listens: others need not load it.
 */
export async function lookAhead(opened: OpenedText): Promise<ReadonlySet<string>> {
  if (!opened.options.onEvent) return new Set();
  const { warnOfSample } = await import('./preflight.ts');
  return warnOfSample(opened, opened.options.onEvent);
}

/** The warnings that the counts of all words give, but for what has been warned of. */
export async function warnOfWords(
  prepared: PreparedCorpus,
  plan: TrainingPlan,
  opened: OpenedText,
  warned: ReadonlySet<string>,
): Promise<void> {
  const { onEvent } = opened.options;
  if (!onEvent) return;
  const { vocabularyWarningsOf } = await import('./preflight.ts');
  for (const warning of vocabularyWarningsOf(prepared, plan, opened, warned)) onEvent({ type: 'warning', ...warning });
}
