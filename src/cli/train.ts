import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  ALGORITHMS,
  CBOW_GRADIENTS,
  CBOW_INPUTS,
  formatByName,
  formatVocabulary,
  LOSSES,
  loadModel,
  lossesIn,
  MODEL_FORMATS,
  type ModelFormat,
  type NodeTrainSettings,
  type PartialTrainingOptions,
  PHRASE_SCORES,
  PRESET_NAMES,
  parseVocabulary,
  preflight,
  removeCheckpoints,
  saveModel,
  TOKENIZER_NAMES,
  type TrainEvent,
  train,
} from '../node/index.ts';
import { checkWritable } from '../node/model-files.ts';
import { TEXT_FORMATS } from '../node/text-files.ts';
import { createOutput, note, oneOf, toByteLength, toCount, toNumber, toSeconds } from './output.ts';
import { eventPrinter, forecastLine } from './train-progress.ts';

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
  program
    .command('train')
    .description('train word vectors on text: files, folders, globs, .gz, .zst, .jsonl, .csv, .tsv, or - for stdin')
    .argument('<input...>', 'text in UTF-8; a line is a sentence')
    .option(
      '--output <model>',
      'file to write, needed but for --preflight; its ending tells the format: .safetensors, .bin, .txt, .npy, a folder/ …',
    )
    .option('--preflight', 'tell what the training would need and which mistakes are likely; no training, no file')
    .option('--output-format <format>', MODEL_FORMATS.join(', '), oneOf(MODEL_FORMATS))
    .option('--preset <name>', `defaults of ${PRESET_NAMES.join(', ')} (wordkin)`, oneOf(PRESET_NAMES))
    .option('--algorithm <name>', `${ALGORITHMS.join(' or ')} (skip-gram)`, oneOf(ALGORITHMS))
    .option('--loss <name>', `${LOSSES.join(', ')} (negative-sampling)`, oneOf(LOSSES))
    .option('--cbow-input <name>', 'cbow predicts from the mean or the sum of the words (mean)', oneOf(CBOW_INPUTS))
    .option(
      '--cbow-gradient <name>',
      'word2vec: each word gets the whole error; exact: its share (word2vec)',
      oneOf(CBOW_GRADIENTS),
    )
    .option('--dimensions <n>', 'length of a vector, 1 to 4096 (100)', toNumber)
    .option('--window <n>', 'largest distance between two words of a pair (5)', toNumber)
    .option('--negative <n>', 'noise words for each centre word (5; cbow 10)', toNumber)
    .option('--noise-exponent <x>', 'noise words are drawn by count^x (.75; fasttext .5)', toNumber)
    .option(
      '--subsample <x>',
      'thins out words with a larger share of the text; 0 = off (1e-3; fasttext 1e-4)',
      toNumber,
    )
    .option('--epochs <n>', 'passes over the text (5)', toNumber)
    .option('--min-count <n>', 'drops rarer words (5)', toNumber)
    .option('--max-vocabulary <n>', 'keeps the n most frequent words', toNumber)
    .option(
      '--phrases <passes>',
      'joins words that belong together, new_york, so many times over; 0 = off (0)',
      toNumber,
    )
    .option('--phrase-score <name>', `${PHRASE_SCORES.join(' or ')} (word2phrase)`, oneOf(PHRASE_SCORES))
    .option('--phrase-threshold <x>', 'joins pairs of words that score above it (100; npmi .5)', toNumber)
    .option(
      '--learning-rate <x>',
      'at the start; falls linearly (.025; cbow .075, with hierarchical softmax .025, with softmax .05; fasttext .05)',
      toNumber,
    )
    .option('--end-learning-rate <x>', 'at the end (1e-4 × start; gensim 1e-4; fasttext 0)', toNumber)
    .option('--initial <name>', 'uniform or normal start of the input vectors (uniform)', oneOf(['uniform', 'normal']))
    .option(
      '--initial-output <name>',
      'start of the output vectors: zeros, uniform, normal (zeros)',
      oneOf(['zeros', 'uniform', 'normal']),
    )
    .option('--initial-scale <x>', 'uniform in ±x (.5/dimensions; gensim and fasttext 1/dimensions)', toNumber)
    .option('--seed <n>', 'of all random numbers (1)', toNumber)
    .option('--deterministic', 'the same vectors bit for bit with any number of threads; slower')
    .option('--subwords', 'word vectors from character n-grams, too, also for words never seen (fasttext: on)')
    .option('--no-subwords', 'without them')
    .option('--min-ngram <n>', 'shortest n-gram (3; 1 for Chinese)', toNumber)
    .option('--max-ngram <n>', 'longest n-gram (6; 3 for Chinese)', toNumber)
    .option('--buckets <n>', 'n-grams share this many vectors (2000000)', toNumber)
    .option('--held-out-tokens <n>', 'not trained on; their loss tells of over-training (20000)', toNumber)
    .option('--early-stop', 'end when the held-out loss rises, with the vectors of the best epoch')
    .option('--start <model>', 'begin with the vectors of this model')
    .option('--start-factor <x>', 'updates of these word vectors are multiplied by it; 0 = frozen (1)', toNumber)
    .option('--continue <model>', 'go on with this model on new text: keep its words, add those of the text')
    .option('--checkpoint <folder>', 'keep checkpoints here')
    .option('--every <time>', 'time between two checkpoints, such as 30s, 10m, 1h (60s)', toSeconds)
    .option('--resume', 'go on from the checkpoint, if there is one')
    .option('--threads <n>', 'worker threads (one a processor)', toCount)
    .option('--tokenizer <name>', `auto, ${TOKENIZER_NAMES.join(', ')} (auto)`, oneOf(['auto', ...TOKENIZER_NAMES]))
    .option('--separator <text>', 'what parts two tokens, for --tokenizer ids (white space)')
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
  if (drift && !quiet) {
    const farthest = drift.farthest.map(({ word, similarity }) => `${word} ${similarity.toFixed(3)}`).join(', ');
    note(
      `${drift.words} words of ${options.start ?? options.continue} moved: mean cosine to before ${drift.meanSimilarity.toFixed(4)}; farthest ${farthest}`,
    );
  }
  createOutput(json).print(
    result,
    `${path}: ${model.size} words × ${model.dimensions} dimensions, ${speed}, loss ${loss}`,
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
    phrases,
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
    memoryBudgetBytes: memoryBudget,
    vocabulary: readVocabulary === undefined ? undefined : parseVocabulary(readFileSync(readVocabulary, 'utf8')),
    start,
  };
}

async function runPreflight(inputs: string[], options: Options): Promise<void> {
  const { json, quiet } = options;
  const { onEvent } = eventPrinter({ quiet: quiet || json });
  const found = await preflight({ files: inputs }, { ...(await toSettings(options)), onEvent });
  const warnings = found.warnings.map(({ message }) => `warning: ${message}`);
  createOutput(json).print(found, [forecastLine(found), ...warnings].join('\n'));
}

function partialName(output: string): string {
  const [, path, slash] = /^(.*?)([\\/]*)$/.exec(output)!;
  return path.replace(/(\.[^./\\]*)?$/, '.partial$1') + slash;
}
