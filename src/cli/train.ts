import { readFileSync, writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import {
  formatByName,
  formatVocabulary,
  loadModel,
  lossesIn,
  MODEL_FORMATS,
  type ModelFormat,
  type NodeTrainSettings,
  type PartialTrainingOptions,
  parseVocabulary,
  preflight,
  removeCheckpoints,
  saveModel,
  TOKENIZER_NAMES,
  type TrainEvent,
  train,
} from '../node/index.ts';
import { checkWritable } from '../node/model-files.ts';
import { explainReadError } from '../node/read-error.ts';
import { TEXT_FORMATS } from '../node/text-files.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { note, oneOf, print, toByteLength, toCount, toNumber, toSeconds } from './output.ts';
import { eventPrinter, forecastLine } from './train-progress.ts';
import { addTrainingFlags } from './training-flags.ts';

type Options = PartialTrainingOptions &
  Omit<NodeTrainSettings, 'vocabulary' | 'start'> & {
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
    phrases?: number;
    json?: boolean;
    quiet?: boolean;
  };

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('train word vectors on text: files, folders, globs, .gz, .zst, .jsonl, .csv, .tsv, or - for stdin')
    .argument('<input...>', 'text in UTF-8; a line is a sentence')
    .option(
      '--output <model>',
      'file to write; its ending tells the format: .safetensors, .bin, .txt, .npy, a folder/ …',
    )
    .option('--preflight', 'tell what the training would need and which mistakes are likely; no training, no file')
    .option('--output-format <format>', MODEL_FORMATS.join(', '), oneOf(MODEL_FORMATS));
  addTrainingFlags(command)
    .option('--start <model>', 'begin with the vectors of this model')
    .option('--start-factor <x>', 'updates of these word vectors are multiplied by it; 0 = frozen (1)', toNumber)
    .option('--continue <model>', 'go on with this model on new text: keep its words, add those of the text')
    .option('--checkpoint <folder>', 'keep checkpoints here')
    .option('--every <time>', 'time between two checkpoints, such as 30s, 10m, 1h (60s)', toSeconds)
    .option('--resume', 'go on from the checkpoint, if there is one')
    .option('--threads <n>', 'worker threads (one a processor)', toCount)
    .option('--tokenizer <name>', `auto, ${TOKENIZER_NAMES.join(', ')} (auto)`, oneOf(['auto', ...TOKENIZER_NAMES]))
    .option('--separator <text>', 'what parts two tokens, for --tokenizer ids (white space)')
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
    .action(run);
}

async function run(inputs: string[], { preflight: only, ...options }: Options, command: Command): Promise<void> {
  if (only) return runPreflight(inputs, options);
  if (options.output === undefined) command.error("error: required option '--output <model>' not specified");
  const { output, outputFormat = formatByName(output), saveVocabulary, checkpoint, every, json, quiet } = options;
  if (checkpoint === undefined && (every !== undefined || options.resume)) {
    throw new Error(`${options.resume ? '--resume' : '--every'} needs --checkpoint`);
  }
  await checkWritable(output, 0, outputFormat);
  const settings = await toSettings(options);

  const abort = new AbortController();
  const interrupt = () => {
    abort.abort(new Error('Stopped before the training began; nothing was kept'));
    process.once('SIGINT', () => process.exit(130)); // the second time, at once
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const { onEvent, finish } = eventPrinter({ json, quiet });
  let early: Promise<void> | undefined;
  const checkSpace = (event: TrainEvent) => {
    onEvent(event);
    if (event.type !== 'vocabulary') return;
    // Known now: the size of the model. Better to hear of a full disk before the training than after.
    const byteLength = event.words * (settings.dimensions ?? 100) * (outputFormat === 'safetensors' ? 8 : 4);
    early = checkWritable(output, byteLength, outputFormat).catch((error) => abort.abort(error));
  };
  let trained: Awaited<ReturnType<typeof train>>;
  try {
    trained = await train(
      { files: inputs },
      {
        ...settings,
        checkpointFolder: checkpoint,
        checkpointSeconds: every,
        signal: abort.signal,
        onEvent: checkSpace,
      },
    );
    await early;
  } finally {
    finish();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  const { model, report, statistics } = trained;
  const stopped = report.endedBy === 'abort';
  if (stopped && /^Cannot write/.test(String((abort.signal.reason as Error)?.message))) throw abort.signal.reason;

  // What was stopped is not what was asked for, so it does not take the place of what is there.
  const path = stopped ? partialName(output) : output;
  await saveModel(model, path, outputFormat);
  if (checkpoint !== undefined && !stopped) await removeCheckpoints(checkpoint);
  if (saveVocabulary !== undefined) writeFileSync(saveVocabulary, formatVocabulary(trained.vocabulary));
  const lost = lossesIn(model.contents, outputFormat);
  if (lost.length > 0) note(`${outputFormat} does not keep ${lost.join('; ')}`);
  const result = {
    output: path,
    stopped,
    words: model.size,
    dimensions: model.dimensions,
    tokenizer: model.contents.tokenizer?.name,
    tokens: trained.vocabulary.tokenCount,
    ...statistics,
    share: report.share,
    endedBy: report.endedBy,
    epochLosses: report.epochLosses,
    heldOutLosses: report.heldOutLosses,
    learningRate: report.learningRate,
    drift: trained.drift,
    seconds: report.seconds,
    wordsPerSecond: report.wordsPerSecond,
    threads: report.threads,
  };
  const loss = report.epochLosses.at(-1)?.toFixed(4) ?? 'none';
  const speed = `${report.seconds.toFixed(1)} s at ${Math.round(report.wordsPerSecond).toLocaleString('en')} words/s`;
  if (stopped) {
    note(
      `wordkin: stopped at ${(100 * report.share).toFixed(0)} % of the training; the model so far is in ${path}, ${output} was not touched${checkpoint === undefined ? '' : '; --resume goes on'}`,
    );
    process.exitCode = 130;
  }
  const { drift } = trained;
  if (drift) {
    const farthest = drift.farthest.map(({ word, similarity }) => `${word} ${similarity.toFixed(3)}`).join(', ');
    note(
      `${drift.words} words of ${options.start ?? options.continue} moved: mean cosine to before ${drift.meanSimilarity.toFixed(4)}; farthest ${farthest}`,
    );
  }
  print(json, result, `${path}: ${model.size} words × ${model.dimensions} dimensions, ${speed}, loss ${loss}`);
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
    phrases,
    dictionary,
    json,
    quiet,
    ...settings
  } = options;
  if (startPath !== undefined && continuePath !== undefined) throw new Error('Give --start or --continue, not both');
  const modelPath = startPath ?? continuePath;
  if (startFactor !== undefined && modelPath === undefined) {
    throw new Error('--start-factor needs --start or --continue');
  }
  const start =
    modelPath === undefined
      ? undefined
      : { model: await loadModel(modelPath), factor: startFactor, keepWords: continuePath !== undefined };
  return {
    ...settings,
    dimensions: settings.dimensions ?? start?.model.dimensions,
    phrasePasses: phrases,
    dictionary: dictionary === undefined ? undefined : readDictionary(dictionary),
    memoryBudgetBytes: memoryBudget,
    vocabulary: readVocabulary === undefined ? undefined : parseVocabulary(readFileSync(readVocabulary, 'utf8')),
    start,
  };
}

/** @throws Error for a file that cannot be read or is no UTF-8 */
function readDictionary(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
  const { text, repairs } = decodeUtf8(bytes);
  if (repairs > 0)
    throw new Error(`Cannot read "${path}": a dictionary must be UTF-8, and ${repairs} places in it are not`);
  return text;
}

async function runPreflight(inputs: string[], options: Options): Promise<void> {
  const { json, quiet } = options;
  const { onEvent } = eventPrinter({ quiet: quiet || json });
  const found = await preflight({ files: inputs }, { ...(await toSettings(options)), onEvent });
  const warnings = found.warnings.map(({ message }) => styleText('yellow', `warning: ${message}`));
  print(json, found, [forecastLine(found), ...warnings].join('\n'));
}

function partialName(output: string): string {
  const [, path, slash] = /^(.*?)([\\/]*)$/.exec(output)!;
  return path.replace(/(\.[^./\\]*)?$/, '.partial$1') + slash;
}
