import type { ModelContents } from '../model/embedding-model.ts';
import type { Vectors } from '../model/quantized-vectors.ts';
import { faultOfOption } from './option-rules.ts';
import type { TrainSettings } from './train-settings.ts';
import type { Warning } from './training-events.ts';
import type { PartialTrainingOptions, TrainingOptions } from './training-options.ts';

/** What a model's vectors are made for: another value turns them into something else. */
const OF_THE_MODEL = ['algorithm', 'loss', 'cbowInput', 'logitBias', 'subwords'] as const;
/** Vectors have learned what is left beside it. */
const OF_ANY_START = ['logitBias'] as const;
/** Rows of n-grams are found by these; others are refused where the vectors are taken over. */
const OF_NGRAMS = ['minNgram', 'maxNgram', 'buckets'] as const;

/** The options that a training takes over from the model that it continues, unless the caller gives others. */
export function continuedOptions({ start }: TrainSettings): PartialTrainingOptions {
  if (!start) return {};
  const earlier = optionsOf(start.model.contents);
  const names = start.keepWords ? [...OF_THE_MODEL, ...OF_NGRAMS] : OF_ANY_START;
  const known = names.filter((name) => faultOfOption(name, earlier[name]) === undefined);
  return Object.fromEntries(known.map((name) => [name, earlier[name]]));
}

/** What a model was trained with, as far as it is known. */
function optionsOf({
  training,
  subwords,
}: Pick<ModelContents<Vectors>, 'training' | 'subwords'>): Partial<TrainingOptions> {
  const { algorithm, loss, cbowInput, logitBias } = (training?.options ?? {}) as Partial<TrainingOptions>;
  const ofCbow = algorithm === 'cbow' && cbowInput !== undefined && { cbowInput };
  return {
    ...(algorithm && { algorithm }),
    ...(loss && { loss }),
    ...ofCbow,
    ...(logitBias !== undefined && { logitBias }),
    subwords: !!subwords,
    ...subwords?.options,
  };
}

/** Tells of options and of a tokenizer that are not those of the model that is continued. */
export function continuationWarnings(settings: TrainSettings, resolved: TrainingOptions, tokenizer: string): Warning[] {
  const earlier = continuedOptions(settings);
  const differences = OF_THE_MODEL.filter(
    (name) =>
      earlier[name] !== undefined &&
      earlier[name] !== resolved[name] &&
      (name !== 'cbowInput' || resolved.algorithm === 'cbow'),
  ).map((name) => `${name} ${earlier[name]}, now ${resolved[name]}`);
  const cutBy = settings.start?.keepWords ? settings.start.model.contents.tokenizer?.name : undefined;
  if (cutBy && cutBy !== tokenizer) differences.push(`tokenizer ${cutBy}, now ${tokenizer}`);
  if (differences.length === 0) return [];
  return [
    {
      code: 'continued',
      message: `The model that is continued was trained with ${differences.join('; ')}: leave these out`,
    },
  ];
}
