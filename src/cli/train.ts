import type { Command } from 'commander';
import { MERGE_RULES } from '../distributed/row-exchange.ts';
import {
  formatVocabulary,
  type Goal,
  type Preflight,
  parseVocabulary,
  type TrainEvent,
  type TrainingOptions,
  type TrainOptions,
} from '../entries/training.ts';
import { degenerateVectors } from '../model/degenerate-vectors.ts';
import { formatByName, lossesIn, MODEL_FORMATS, type ModelFormat } from '../model/formats/write-model.ts';
import { mayResume, removeCheckpoints } from '../node/checkpoint-folder.ts';
import { loadModel } from '../node/model-files.ts';
import { writeTextFile } from '../node/output-target.ts';
import { readTextFile } from '../node/read-text-file.ts';
import { preflight, type train } from '../node/train.ts';
import { counted } from '../text/counted.ts';
import { TEXT_FORMATS } from '../text/text-file-options.ts';
import { TOKENIZER_NAMES } from '../text/tokenizer.ts';
import { withFlags } from './error-message.ts';
import { noteFormat } from './note-format.ts';
import { withNeeds } from './option-needs.ts';
import { createOutput, note, oneOf, toByteLength, toCount, toNumber, toSeconds } from './output.ts';
import { onStopSignal } from './stop-signals.ts';
import { type JobOptions, openTrainJob, type TrainJob } from './train-job.ts';
import {
  checkTrainedSize,
  checkTrainOutput,
  partialName,
  resumeHint,
  saveOrKeep,
  type TrainPaths,
} from './train-output.ts';
import { eventPrinter, forecastLine, optionsLine } from './train-progress.ts';
import { addTrainingFlags } from './training-flags.ts';

type Options = Omit<TrainOptions, 'vocabulary' | 'start'> & {
  output?: string;
  preflight?: boolean;
  outputFormat?: ModelFormat;
  readVocabulary?: string;
  saveVocabulary?: string;
  memoryBudget?: number;
  start?: string;
  startFactor?: number;
  continue?: string;
  checkpoint?: string;
  every?: number;
  time?: number;
  phrases?: number;
  for?: Goal;
  json?: boolean;
  quiet?: boolean;
} & JobOptions;

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description(
      'train word vectors on text: files, folders, globs, .gz, .zst, .jsonl, .json, .csv, .tsv, or - for stdin',
    )
    .argument('<input...>', 'text in UTF-8; a line is a sentence')
    .option(
      '--output <model>',
      'file to write, needed but for --preflight; its ending tells the format: .safetensors, .bin, .txt, .npy, a folder/ …',
    )
    .option('--preflight', 'tell what the training would need and which mistakes are likely; no training, no file')
    .option('--output-format <format>', MODEL_FORMATS.join(', '), oneOf(MODEL_FORMATS));
  addTrainingFlags(command)
    .option('--start <model>', 'begin with the vectors of this model')
    .option('--start-factor <x>', 'updates of these word vectors are multiplied by it; 0 = frozen (1)', toNumber)
    .option(
      '--continue <model>',
      'go on with this model on new text: keep its words, add those of the text; --output may be the same .safetensors',
    )
    .option('--checkpoint <folder>', 'keep checkpoints here')
    .option('--every <time>', 'time between two checkpoints, such as 30s, 10m, 1h (60s)', toSeconds)
    .option('--resume', 'go on from the checkpoint, if there is one')
    .option('--time <time>', 'train as well as that time allows, such as 30s, 10m, 1h', toSeconds)
    .option('--threads <n>', 'worker threads (one a processor)', toCount)
    .option('--tokenizer <name>', `auto, ${TOKENIZER_NAMES.join(', ')} (auto)`, oneOf(['auto', ...TOKENIZER_NAMES]))
    .option('--separator <text>', 'what separates two tokens, for --tokenizer ids (white space)')
    .option('--language <tag>', 'of the text, such as th or ja, for --tokenizer segmenter (by the script)')
    .option('--dictionary <file>', 'more words for --tokenizer chinese: a word a line, behind it its frequency or not')
    .option('--format <name>', `${TEXT_FORMATS.join(', ')} (auto: by the file name)`, oneOf(TEXT_FORMATS))
    .option('--field <name>', 'JSON field, or CSV column by name or number, with the text ("text")')
    .option('--strict', 'refuse malformed UTF-8 instead of repairing it')
    .option('--read-vocabulary <file>', 'use these words and counts, a line each, instead of counting')
    .option('--save-vocabulary <file>', 'write words and counts, a line each')
    .option(
      '--memory-budget <size>',
      'memory for counting words and pairs, such as 2GB; never changes the result (1GiB)',
      toByteLength,
    )
    .option('--temporary-folder <folder>', 'for the encoded text, 4 bytes a token')
    .option('--quiet', 'no progress')
    .option('--deadline <time>', 'of several ranks (mpirun, srun): so long they wait for each other (2m)', toSeconds)
    .option('--merge-rule <rule>', `of several ranks: ${MERGE_RULES.join(', ')} (adaptive)`, oneOf(MERGE_RULES))
    .option(
      '--exchange-tokens <n>',
      'of several ranks: tokens that all train between two exchanges (200000, more than two ranks: 100000)',
      toCount,
    )
    .option(
      '--exchange-rows <n>',
      'of several ranks: rows that are exchanged each time, others less often (512; CBOW, hierarchical softmax 2048)',
      toCount,
    )
    .action(run);
  withNeeds(command, [
    { option: '--every', oneOf: ['--checkpoint'], reason: 'it tells how often one is kept' },
    { option: '--resume', oneOf: ['--checkpoint'], reason: 'that is where the training goes on from' },
    { option: '--start-factor', oneOf: ['--start', '--continue'], reason: 'it is for the vectors of an earlier model' },
  ]);
}

type TrainedModel = Awaited<ReturnType<typeof train>>;

async function run(inputs: string[], { preflight: only, ...options }: Options, command: Command): Promise<void> {
  if (inputs.includes('-') && process.stdin.isTTY && !options.quiet)
    note('wordkin: the text is what you type now; Ctrl-D at the beginning of a line ends it');
  if (only) return runPreflight(inputs, options, command);
  if (options.output === undefined) command.error("error: required option '--output <model>' not specified");
  const { output, outputFormat = formatByName(output) } = options;
  const job = await openTrainJob(options);
  try {
    await runJob(inputs, options, { ...options, output, outputFormat }, job, command);
  } catch (error) {
    const told = await job.fail(error);
    await job.close();
    throw told;
  }
  await job.close();
}

async function runJob(
  inputs: string[],
  options: Options,
  paths: TrainPaths,
  job: TrainJob,
  command: Command,
): Promise<void> {
  const { output } = paths;
  const { checkpoint } = options;
  if (options.outputFormat === undefined && job.isFirst) noteFormat(output);
  if (
    options.resume &&
    checkpoint !== undefined &&
    job.isFirst &&
    !options.quiet &&
    !options.json &&
    !mayResume(checkpoint)
  )
    note(`"${checkpoint}" holds no checkpoint: the training begins anew`);
  const read = (await job.onFirst(() => checkTrainOutput(inputs, paths, options))) ?? [];
  const abort = new AbortController();
  const stop = { begun: false, exitCode: 130, trained: false };
  const { onEvent, finish } = eventPrinter({ ...options, silent: !job.isFirst }, command);
  const listenNoLonger = onStopSignal((exitCode) => {
    stop.exitCode = exitCode;
    if (!stop.begun) {
      finish();
      // Where a rank is lost, the launcher stops the others: what there is to say, was said.
      if (job.ranks === 1) note('wordkin: stopped before the training began; nothing was kept');
      process.exit(exitCode);
    }
    if (stop.trained) note('wordkin: the training is over, the model is being saved; once more ends that, too');
    abort.abort();
  });
  try {
    const trained = await runTraining(inputs, options, paths, { abort, stop, onEvent, job }).finally(finish);
    stop.trained = true;
    const stopped = trained.report.endedBy === 'abort';
    const path = stopped ? partialName(output) : output;
    await job.onFirst(async () => {
      await saveOrKeep(trained.model, path, read, paths);
      if (checkpoint !== undefined && !stopped) await removeCheckpoints(checkpoint);
      const degenerate = stopped ? undefined : degenerateVectors(trained.model);
      if (degenerate) onEvent({ ...degenerate, type: 'warning' });
      tellResult(trained, path, options, paths);
      if (options.saveVocabulary !== undefined)
        await writeTextFile(options.saveVocabulary, 'vocabulary', formatVocabulary(trained.vocabulary));
    });
    if (stopped) process.exitCode = stop.exitCode;
  } finally {
    listenNoLonger();
  }
}

/** Trains, and ends it early where it is found that the model could not be written. */
async function runTraining(
  inputs: string[],
  options: Options,
  paths: TrainPaths,
  control: {
    abort: AbortController;
    stop: { begun: boolean };
    onEvent: (event: TrainEvent) => void;
    job: TrainJob;
  },
): Promise<TrainedModel> {
  const { checkpoint, every } = options;
  const { abort, stop, job } = control;
  let resolved: TrainingOptions | undefined;
  let fault: unknown;
  let check: Promise<void> | undefined;
  const trained = await job.train(
    { files: inputs },
    {
      ...(await toSettings(options)),
      checkpointFolder: checkpoint,
      checkpointSeconds: every,
      signal: abort.signal,
      onEvent(event) {
        if (event.type === 'options') resolved = event.options;
        if (event.type === 'vocabulary') stop.begun = true;
        control.onEvent(event);
      },
      onVectors(_, vocabulary) {
        if (!job.isFirst) return;
        check = checkTrainedSize(vocabulary, resolved!, paths).catch((error) => {
          fault = error;
          abort.abort();
        });
      },
    },
  );
  await check;
  if (fault !== undefined && trained.report.endedBy === 'abort') throw fault; // else it was over before that was known
  return trained;
}

function tellResult(trained: TrainedModel, path: string, options: Options, paths: TrainPaths): void {
  const { model, report, statistics, drift } = trained;
  const { json, quiet, checkpoint } = options;
  const stopped = report.endedBy === 'abort';
  const lost = lossesIn(model.contents, paths.outputFormat);
  if (lost.length > 0) note(`${paths.outputFormat} does not keep ${lost.join('; ')}`);
  if (stopped)
    note(
      `wordkin: stopped at ${(100 * report.share).toFixed(0)} % of the training; the model so far is in ${path}, ${paths.output} was not touched${resumeHint(checkpoint)}`,
    );
  if (drift && !quiet) {
    const farthest = drift.farthest.map(({ word, similarity }) => `${word} ${similarity.toFixed(3)}`).join(', ');
    note(
      `${counted(drift.words, 'word')} of ${options.start ?? options.continue} moved: mean cosine to before ${drift.meanSimilarity.toFixed(4)}; farthest ${farthest}`,
    );
  }
  const result = {
    output: path,
    stopped,
    words: model.size,
    dimensions: model.dimensions,
    tokenizer: model.contents.tokenizer?.name,
    tokens: trained.vocabulary.tokenCount,
    ...statistics,
    share: report.share,
    epochs: report.epochs,
    endedBy: report.endedBy,
    epochLosses: report.epochLosses,
    heldOutLosses: report.heldOutLosses,
    heldOutContrasts: report.heldOutContrasts,
    learningRate: report.learningRate,
    drift,
    seconds: report.seconds,
    wordsPerSecond: report.wordsPerSecond,
    threads: report.threads,
  };
  const loss = report.epochLosses.at(-1)?.toFixed(4) ?? 'none';
  const speed = `${report.seconds.toFixed(1)} s at ${Math.round(report.wordsPerSecond).toLocaleString('en')} words/s`;
  createOutput(json).print(
    result,
    `${path}: ${counted(model.size, 'word')} × ${counted(model.dimensions, 'dimension')}, ${speed}, loss ${loss}`,
  );
}

/** What the library takes, of what the command line gave; files are read. */
async function toSettings(options: Options) {
  const {
    output,
    outputFormat,
    readVocabulary,
    saveVocabulary,
    memoryBudget,
    start: startPath,
    startFactor,
    continue: continuePath,
    checkpoint,
    every,
    time,
    phrases,
    for: goal,
    dictionary,
    json,
    quiet,
    deadline,
    mergeRule,
    exchangeTokens,
    exchangeRows,
    ...settings
  } = options;
  if (startPath !== undefined && continuePath !== undefined) throw new Error('Give --start or --continue, not both');
  const modelPath = startPath ?? continuePath;
  const start =
    modelPath === undefined
      ? undefined
      : { model: await loadModel(modelPath), factor: startFactor, keepWords: continuePath !== undefined };
  return {
    ...settings,
    timeSeconds: time,
    dimensions: settings.dimensions ?? start?.model.dimensions,
    goal,
    phrasePasses: phrases,
    dictionary: dictionary === undefined ? undefined : await readTextFile(dictionary),
    memoryBudgetBytes: memoryBudget,
    vocabulary: readVocabulary === undefined ? undefined : parseVocabulary(await readTextFile(readVocabulary)),
    start,
  };
}

async function runPreflight(inputs: string[], options: Options, command: Command): Promise<void> {
  const { json, quiet, output } = options;
  // Whether the model could be written is among what is asked.
  if (output !== undefined)
    await checkTrainOutput(
      inputs,
      { ...options, output, outputFormat: options.outputFormat ?? formatByName(output) },
      options,
    );
  const { onEvent, finish } = eventPrinter({ quiet: quiet || json }, command);
  // Its options are those before the text is known; what comes of them is told below.
  const tell = (event: TrainEvent) => event.type !== 'options' && onEvent(event);
  const found = await preflight({ files: inputs }, { ...(await toSettings(options)), onEvent: tell }).finally(finish);
  const warnings = found.warnings.map(({ message }) => `warning: ${withFlags(message, command)}`);
  createOutput(json).print(found, [forecastLine(found), ...chosenLines(found, options), ...warnings].join('\n'));
}

/** What the training would be done with, and why. */
function chosenLines({ tokens, reason, options, threads }: Preflight, { preset = 'wordkin' }: Options): string[] {
  const unknown = 'it is not known how long the text is: when it has been read, some of these options may follow it';
  const isUnknown = tokens === undefined && preset === 'wordkin';
  const why = isUnknown ? unknown : reason && `chosen by the text, ${reason}`;
  return [...(why ? [why] : []), optionsLine(options, threads)];
}
