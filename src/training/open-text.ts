import { checkChoice } from '../text/check-choice.ts';
import { resolveTokenizer } from '../text/choose-tokenizer.ts';
import { sampleCharacters, sampleText } from '../text/text-sample.ts';
import type { TextSource } from '../text/text-source.ts';
import { createTokenizer, TOKENIZER_NAMES, TOKENIZERS } from '../text/tokenizer.ts';
import type { StartSettings, TrainEdge, TrainSettings } from './train-settings.ts';
import { type PartialTrainingOptions, resolveTrainingOptions, type TrainingOptions } from './training-options.ts';
import { localWorker, type Worker } from './worker-role.ts';

/** `auto` looks at so much of the text. */
const CHOICE_CHARACTERS = 1 << 18;

export type OpenedText = Awaited<ReturnType<typeof openText>>;

/** What training and preflight begin with: options checked, the beginning of the text read, workers started. */
export async function openText(
  input: TextSource | readonly TextSource[],
  options: PartialTrainingOptions & TrainSettings,
  edge: TrainEdge,
) {
  const { settings, training } = splitOptions(options);
  const { tokenizer: wanted = 'auto', separator, dictionary, threads, onEvent, resume } = settings;
  const resolved = resolveTrainingOptions(training);
  checkPhrases(resolved, settings.vocabulary, settings.start);
  checkChoice('tokenizer', wanted, ['auto', ...TOKENIZER_NAMES]);
  const threadCount = checkThreads(threads ?? edge.processors ?? 1);
  if (!resume && (await edge.checkpoints?.load('latest'))) {
    throw new Error(
      `Cannot begin anew: "${edge.checkpoints!.name}" holds a checkpoint; resume the training, or remove it`,
    );
  }
  onEvent?.({ type: 'options', options: resolved, threads: threadCount });

  const all: readonly TextSource[] = Array.isArray(input) ? input : [input];
  if (all.length === 0) throw new Error('Cannot train: there is no text');
  const { sample, sources, close: closeSources } = await sampleText(all);
  let workers: Worker[] = [];
  const close = async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await closeSources();
  };
  try {
    const { name, language, reason } = await resolveTokenizer(wanted, settings, () =>
      sampleCharacters(sample, CHOICE_CHARACTERS),
    );
    const segmenter = TOKENIZERS[name].needsSegmenter ? await edge.loadSegmenter?.(dictionary) : undefined;
    const tokenizer = createTokenizer(name, { separator, language, dictionary, segmenter });
    onEvent?.({ type: 'tokenizer', tokenizer: tokenizer.descriptor, reason });
    workers = Array.from({ length: threadCount }, () => edge.createWorker?.(tokenizer) ?? localWorker(tokenizer));
    return { resolved, tokenizer, workers, sources, sample, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Parts what is given beside the training options from them; what is left is checked as training options. */
function splitOptions({
  tokenizer,
  separator,
  language,
  dictionary,
  threads,
  vocabulary,
  memoryBudgetBytes,
  strict,
  signal,
  onEvent,
  start,
  resume,
  checkpointSeconds = 60,
  ...training
}: PartialTrainingOptions & TrainSettings) {
  const cutting = { tokenizer, separator, language, dictionary };
  const settings = { ...cutting, threads, vocabulary, memoryBudgetBytes, strict, signal, onEvent, start };
  return { settings: { ...settings, resume, checkpointSeconds }, training };
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
