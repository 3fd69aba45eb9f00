import { type CorpusStore, createMemoryCorpusStore } from '../corpus/encoded-corpus.ts';
import { checkChoice } from '../text/check-choice.ts';
import { sampleCharacters, sampleText, type TextSample } from '../text/text-sample.ts';
import type { TextSource } from '../text/text-source.ts';
import { chooseTokenizer, createTokenizer, TOKENIZER_NAMES, type Tokenizer } from '../text/tokenizer.ts';
import type { StartSettings, TrainEdge, TrainSettings } from './train-settings.ts';
import { type PartialTrainingOptions, resolveTrainingOptions, type TrainingOptions } from './training-options.ts';
import { localWorker, type Worker } from './worker-role.ts';

/** `auto` looks at so much of the text. */
const CHOICE_CHARACTERS = 1 << 18;

/** A text that is about to be trained on: what was asked for, checked, and what trains it. */
export interface OpenedText {
  readonly options: PartialTrainingOptions & TrainSettings;
  readonly edge: TrainEdge;
  readonly resolved: TrainingOptions;
  readonly tokenizer: Tokenizer;
  readonly workers: readonly Worker[];
  readonly sources: readonly TextSource[];
  readonly sample: TextSample;
  readonly store: CorpusStore;
  close(): Promise<void>;
}

/**
 * What training and preflight begin with: options checked, the beginning of the text read, a tokenizer chosen, workers
 * started.
 *
 * @throws RangeError for options out of range, Error for a text that cannot be read, or a checkpoint that is in the way
 */
export async function openText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge,
): Promise<OpenedText> {
  const resolved = resolveTrainingOptions(withoutSettings(options));
  const { onEvent } = options;
  const threads = checkSettings(options, resolved, edge);
  if (!options.resume && (await edge.checkpoints?.load('latest'))) {
    throw new Error(
      `Cannot begin anew: "${edge.checkpoints!.name}" holds a checkpoint; resume the training, or remove it`,
    );
  }
  onEvent?.({ type: 'options', options: resolved, threads });

  const all: readonly TextSource[] = Array.isArray(input) ? input : [input];
  if (all.length === 0) throw new Error('Cannot train: there is no text');
  const { sample, sources, close: closeSources } = await sampleText(all);
  let store: CorpusStore | undefined;
  let workers: Worker[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await closeSources();
    store?.dispose();
  };
  try {
    store = edge.createCorpusStore?.() ?? createMemoryCorpusStore();
    const { tokenizer, reason } = await tokenizerFor(sample, options, edge);
    onEvent?.({ type: 'tokenizer', tokenizer: tokenizer.descriptor, reason });
    workers = Array.from({ length: threads }, () => edge.createWorker?.(tokenizer) ?? localWorker(tokenizer));
    return { options, edge, resolved, tokenizer, workers, sources, sample, store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function tokenizerFor(
  sample: TextSample,
  { tokenizer: wanted = 'auto', separator }: TrainSettings,
  edge: TrainEdge,
): Promise<{ tokenizer: Tokenizer; reason: string }> {
  const { name, reason } =
    wanted === 'auto'
      ? chooseTokenizer(await sampleCharacters(sample, CHOICE_CHARACTERS))
      : { name: wanted, reason: 'as asked' };
  const segmenter = name === 'chinese' ? await edge.loadSegmenter?.() : undefined;
  return { tokenizer: createTokenizer(name, { separator, segmenter }), reason };
}

/** All settings; a missing one is a type error. */
const SETTINGS: Readonly<Record<keyof TrainSettings, true>> = {
  tokenizer: true,
  separator: true,
  threads: true,
  vocabulary: true,
  memoryBudgetBytes: true,
  strict: true,
  signal: true,
  onEvent: true,
  onVectors: true,
  start: true,
  resume: true,
  checkpointSeconds: true,
};

/** What is left is checked as training options. */
function withoutSettings(options: PartialTrainingOptions & TrainSettings): PartialTrainingOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !(name in SETTINGS)));
}

/** Checks what is given beside the training options; returns the number of threads. */
function checkSettings(settings: TrainSettings, resolved: TrainingOptions, edge: TrainEdge): number {
  const { tokenizer = 'auto', threads, vocabulary, start, resume, checkpointSeconds = 60 } = settings;
  if (!(checkpointSeconds > 0)) throw new RangeError(`"checkpointSeconds" must be above 0, got ${checkpointSeconds}`);
  if (resume && !edge.checkpoints) {
    throw new RangeError('Cannot resume: there is no place for checkpoints; give the "checkpointFolder" that has them');
  }
  checkPhrases(resolved, vocabulary, start);
  checkChoice('tokenizer', tokenizer, ['auto', ...TOKENIZER_NAMES]);
  return checkThreads(threads ?? edge.processors ?? 1);
}

/** @throws RangeError where words come from elsewhere: what is joined in this text would not fit to them */
function checkPhrases({ phrasePasses }: TrainingOptions, given: unknown, start: StartSettings | undefined): void {
  if (phrasePasses > 0 && given) {
    throw new RangeError('Cannot join phrases with a given vocabulary, which has none; leave out one of the two');
  }
  if (!start?.keepWords) return;
  if (phrasePasses > 0) {
    throw new RangeError(
      'Cannot join phrases and keep the words of the model at once; leave out "phrasePasses", or train anew on all of the text',
    );
  }
  if (start.model.contents.tokenizer?.phrases) {
    throw new RangeError(
      'Cannot keep the words of a model with phrases, which would not be joined in the new text; train anew on all of the text',
    );
  }
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new RangeError(`"threads" must be an integer from 1 to 256, got ${JSON.stringify(threads)}`);
}
