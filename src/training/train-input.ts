import { BOOLEAN, checkIsObject, checkOptions, NOT_EMPTY, type OptionRules } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import type { TextFileOptions } from '../text/text-file-options.ts';
import { isTextSource, type TextSource, TOKEN_SEPARATOR, textsSource, tokensSource } from '../text/text-source.ts';
import { INPUT_HELP, type TrainSettings } from './train-settings.ts';
import type { PartialTrainingOptions } from './training-options.ts';

/**
 * What to train on: files, or texts, or token lists, or sources of one's own. In Node, files are paths (files, folders,
 * globs, "-"); in a page, the `File`s that the user picked.
 */
export type TrainInput =
  | { readonly files: string | readonly string[] | Iterable<File> }
  | { readonly texts: Iterable<string> & object } // one string has letters, not texts
  | { readonly tokens: Iterable<readonly string[]> }
  | { readonly sources: readonly TextSource[] };

/** Everything that can be given to `train`: the options of the training and of its run, and how files are read. */
export type TrainOptions = PartialTrainingOptions & TrainSettings & TextFileOptions & FolderOptions;

/** Folders that a training uses; Node only. */
export interface FolderOptions {
  /** Folder for the encoded corpus, 4 bytes a token; the system's folder for temporary files if omitted. */
  readonly temporaryFolder?: string | undefined;
  /** Folder for checkpoints; none are made if omitted. `removeCheckpoints` when the model has been saved. */
  readonly checkpointFolder?: string | undefined;
}

function checkedSources(sources: unknown): readonly TextSource[] {
  if (Array.isArray(sources) && sources.every(isTextSource)) return sources;
  throw new TypeError('"sources" must be an array of { name, open }');
}

/** Checked here, because `preflight` passes over them. */
const FOLDER_RULES: OptionRules<FolderOptions & Pick<TrainSettings, 'resume'>> = {
  temporaryFolder: NOT_EMPTY,
  checkpointFolder: NOT_EMPTY,
  resume: BOOLEAN,
};

/** @throws RangeError for an option that would do nothing */
function refuseOptions(options: Record<string, unknown>, reason: string): void {
  const name = Object.keys(options).find((key) => options[key] !== undefined);
  if (name !== undefined) throw new RangeError(`"${name}" is ${reason}: leave it out`);
}

type Files = Extract<TrainInput, { files: unknown }>['files'];

/** Takes the arguments of `train` apart: the text, what the training itself takes, and the folders. */
export async function openTrainInput(
  input: TrainInput,
  options: TrainOptions,
  openFiles: (files: Files, options: TextFileOptions) => Promise<readonly TextSource[]>,
) {
  if (typeof input !== 'object' || input === null) throw new TypeError(`${INPUT_HELP}, got ${showValue(input)}`);
  const given = Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (given.length !== 1) throw new TypeError(`${INPUT_HELP}, got { ${given.join(', ')} }`);
  checkIsObject(options, 'dimensions');
  const { temporaryFolder, checkpointFolder, format, field, ...settings } = options;
  const folders = { temporaryFolder, checkpointFolder };
  checkOptions({ ...folders, resume: settings.resume }, FOLDER_RULES);
  if (!('files' in input)) refuseOptions({ format, field }, 'for { files }');
  if ('tokens' in input) {
    const { tokenizer, separator, language, dictionary } = settings;
    const cuts = tokenizer === 'auto' || tokenizer === 'ids' ? undefined : tokenizer;
    refuseOptions({ tokenizer: cuts, separator, language, dictionary }, 'not for { tokens }');
  }
  const asTokens = 'tokens' in input ? ({ tokenizer: 'ids', separator: TOKEN_SEPARATOR } as const) : {};
  const openSources = (): readonly TextSource[] | Promise<readonly TextSource[]> => {
    if ('files' in input) return openFiles(input.files, { format, field });
    if ('texts' in input) return [textsSource(input.texts)];
    if ('tokens' in input) return [tokensSource(input.tokens)];
    if ('sources' in input) return checkedSources(input.sources);
    throw new TypeError(INPUT_HELP);
  };
  return {
    sources: await openSources(),
    settings: { ...settings, ...asTokens } satisfies PartialTrainingOptions & TrainSettings,
    folders,
  };
}
