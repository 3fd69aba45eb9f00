import { faultOfOption } from './option-rules.ts';
import type { TrainSettings } from './train-settings.ts';
import type { Warning } from './training-events.ts';
import type { PartialTrainingOptions, TrainingOptions } from './training-options.ts';

/** What a model's vectors are made for: another value turns them into something else. */
const OF_THE_MODEL = ['algorithm', 'loss', 'logitBias'] as const;
/** Vectors that have learned what is left beside it are of no use with another. */
const OF_ANY_START = ['logitBias'] as const;

/** The options that a training takes over from the model that it continues, unless the caller gives others. */
export function continuedOptions({ start }: TrainSettings): PartialTrainingOptions {
  if (!start) return {};
  const names = start.keepWords ? OF_THE_MODEL : OF_ANY_START;
  const earlier = start.model.contents.training?.options as Partial<TrainingOptions> | undefined;
  const known = names.filter((name) => earlier && faultOfOption(name, earlier[name]) === undefined);
  return Object.fromEntries(known.map((name) => [name, earlier?.[name]]));
}

/** Tells of options and of a tokenizer that are not those of the model that is continued. */
export function continuationWarnings(settings: TrainSettings, resolved: TrainingOptions, tokenizer: string): Warning[] {
  const earlier = continuedOptions(settings);
  const differences = OF_THE_MODEL.filter(
    (name) => earlier[name] !== undefined && earlier[name] !== resolved[name],
  ).map((name) => `${name} ${earlier[name]}, now ${resolved[name]}`);
  const cutBy = settings.start?.keepWords ? settings.start.model.contents.tokenizer?.name : undefined;
  if (cutBy && cutBy !== tokenizer) differences.push(`tokenizer ${cutBy}, now ${tokenizer}`);
  if (differences.length === 0) return [];
  return [
    {
      code: 'continued',
      message: `The model that is continued was trained with ${differences.join('; ')}: leave these out to go on as it was`,
    },
  ];
}
