import { resolve } from 'node:path';
import type { Command } from 'commander';
import { evaluateSentencePairs } from '../entries/evaluation.ts';
import { EmbeddingModel, formatByName, saveModel, WEIGHTINGS, type Weighting } from '../node/model.ts';
import { checkModelOutput } from '../node/output-target.ts';
import { readSentencePairs, readWordWeights, sampleCorpus } from '../node/sentence-files.ts';
import { fitSentences, SENTENCE_DEFAULTS, SentenceEncoder, type SentenceOptions } from '../node/sentences.ts';
import { openTextFiles, type Tokenizer } from '../node/text.ts';
import { counted } from '../text/counted.ts';
import { noteFormat } from './note-format.ts';
import { openEncoder } from './open-model.ts';
import { withNeeds } from './option-needs.ts';
import { createOutput, note, oneOf, RepairCount, toCount, toNumber } from './output.ts';

const CHOICES = ['auto', ...WEIGHTINGS] as const;

interface Options {
  corpus?: string[];
  output?: string;
  weighting?: 'auto' | Weighting;
  weights?: string;
  smoothing?: number;
  components?: number;
  dimensions?: number;
  unitWords?: boolean;
  normalize?: boolean;
  negations?: boolean;
  evenAxes?: boolean;
  standIns?: boolean;
  pairs?: string;
  field?: string;
  json?: boolean;
}

export function addFitSentencesCommand(program: Command): void {
  const command = program
    .command('fit-sentences')
    .description(
      'choose how a model makes vectors of sentences (weights of words, even axes, stand-ins, components), and store it in the model',
    )
    .argument('<model>')
    .option('--corpus <input...>', 'what the model was trained on: files, folders, globs; for idf and components')
    .option('--output <model>', 'where to write it (the model itself)')
    .option(
      '--weighting <name>',
      `${CHOICES.join(', ')} (${SENTENCE_DEFAULTS.weighting}; auto takes what is best on --pairs)`,
      oneOf(CHOICES),
    )
    .option('--weights <file>', 'with --weighting custom: lines of a word and its weight; other words weigh 1')
    .option('--smoothing <a>', 'a of icf (.03) and of sif (1e-3): the smaller, the less frequent words weigh', toNumber)
    .option('--components <n>', `first components to take out (${SENTENCE_DEFAULTS.components})`, toNumber)
    .option('--dimensions <n>', 'keep so many principal axes (all)', toCount)
    .option('--unit-words', 'take word vectors at length 1')
    .option('--normalize', 'bring sentence vectors to length 1')
    .option('--negations', 'weigh words such as “not” and 没有 more (with icf)')
    .option('--no-negations', 'weigh them as other words')
    .option(
      '--even-axes',
      'make the principal axes of the words more alike; of 10 words a dimension or more (with icf)',
    )
    .option('--no-even-axes', 'leave them as they are')
    .option('--stand-ins', 'take words that an unknown one consists of, or that begin alike, in its place (with icf)')
    .option('--no-stand-ins', 'leave unknown words out')
    .option('--pairs <file>', 'sentence pairs with scores (CSV or TSV), to choose by with auto and to report on')
    .option('--field <name>', 'JSON field or CSV column of the corpus that holds the text (text)')
    .action(run);
  withNeeds(command, [{ option: '--field', oneOf: ['--corpus'], reason: 'it names a field of the corpus' }]);
}

async function run(path: string, options: Options): Promise<void> {
  const { corpus, weighting, weights, pairs: pairsPath, json, field } = options;
  if (weighting === 'auto' && !pairsPath) note('no --pairs to choose by: the default is taken');
  if ((weighting === 'custom') !== (weights !== undefined))
    throw new Error('Cannot fit sentences: --weighting custom and --weights FILE go together');
  const output = options.output ?? path;
  await checkOutput(output, path, options);
  const pairs = pairsPath === undefined ? undefined : await readSentencePairs(pairsPath);
  const { model, tokenizer } = await openEncoder(path);
  const sentences = corpus ? await sentencesOf(corpus, field, tokenizer) : [];

  const { smoothing, components, dimensions, unitWords, normalize, negations, evenAxes, standIns } = options;
  const chosen: Partial<SentenceOptions> = {
    ...(weighting && weighting !== 'auto' && { weighting }),
    ...(weights !== undefined && { weights: await knownWeights(weights, model) }),
    ...{ smoothing, components, dimensions, unitWords, normalize, negations, evenAxes, standIns },
  };
  const candidates = weighting === 'auto' && pairs ? variants(chosen, model, sentences.length) : [chosen];
  let best: { settings: ReturnType<typeof fitSentences>; spearman?: number } | undefined;
  const tried: { weighting: string; components: number; unitWords: boolean; spearman: number; pearson: number }[] = [];
  for (const candidate of candidates) {
    const settings = fitSentences(model, sentences, candidate);
    const scores = pairs && evaluateSentencePairs(new SentenceEncoder(model, tokenizer, settings), pairs);
    if (scores && Number.isNaN(scores.spearman)) {
      throw new Error(
        `Cannot fit sentences: "${pairsPath}" tells nothing: ${scores.coverage === 0 ? 'the model knows no word of it' : 'all scores, or all similarities, are the same'}`,
      );
    }
    if (scores) {
      tried.push({
        weighting: settings.weighting,
        components: settings.componentShares?.length ?? 0,
        unitWords: settings.unitWords,
        spearman: scores.spearman,
        pearson: scores.pearson,
      });
    }
    if (!best || (scores && scores.spearman > best.spearman!)) best = { settings, spearman: scores?.spearman };
  }
  const { settings } = best!;
  if (corpus && settings.sentences === 0) note(unusedCorpus(settings.weighting));
  noteFormat(output);
  await saveModel(new EmbeddingModel({ ...model.contents, sentences: settings }), output);
  const { weights: _, components: taken, componentShares, projection, ...plain } = settings;
  const result = {
    output,
    ...plain,
    components: componentShares?.length ?? 0,
    dimensions: projection ? projection.length / model.dimensions : model.dimensions,
    ...(tried.length > 0 && { tried }),
  };
  const table = tried.map(
    ({ weighting, components, unitWords, spearman, pearson }) =>
      `${(100 * spearman).toFixed(2)} Spearman  ${(100 * pearson).toFixed(2)} Pearson  ${weighting}, ${counted(components, 'component')}${unitWords ? ', unit words' : ''}`,
  );
  table.push(`${output}: ${describe(result, projection !== undefined && dimensions === undefined)}`);
  createOutput(json).print(result, table.join('\n'));
}

type Fitted = Pick<ReturnType<typeof fitSentences>, 'weighting' | 'standIns' | 'sentences'> & {
  readonly components: number;
  readonly dimensions: number;
};

function describe({ weighting, standIns, components, dimensions, sentences }: Fitted, hasEvenAxes: boolean): string {
  return [
    weighting,
    ...(hasEvenAxes ? ['even axes'] : []),
    ...(standIns ? ['stand-ins for unknown words'] : []),
    ...(components > 0 ? [`${counted(components, 'component')} taken out`] : []),
    counted(dimensions, 'dimension'),
    ...(sentences > 0 ? [`fitted on ${counted(sentences, 'sentence')}`] : []),
  ].join(', ');
}

/** The model itself may be replaced, but not by one that has lost what it holds, and nothing else that is read. */
async function checkOutput(output: string, path: string, options: Options): Promise<void> {
  const format = formatByName(output);
  const isItself = resolve(output) === resolve(path);
  // A folder of Model2Vec holds them, but as other vectors.
  if (format !== 'safetensors' && (format !== 'model2vec' || isItself))
    throw new Error(
      `Cannot write model "${output}": ${format} has no place for sentence settings${isItself ? ' beside the vectors' : ''}; give --output NAME.safetensors`,
    );
  const { corpus = [], pairs, weights } = options;
  const texts = (await openTextFiles(corpus)).map(({ name }) => name);
  const inputs = [...texts, pairs, weights].filter((input) => input !== undefined);
  if (!isItself) inputs.push(path);
  await checkModelOutput(output, { format, inputs });
}

/** All settings that can be fitted: components and idf need sentences of the corpus, other weights how often words occur. */
function variants(
  chosen: Partial<SentenceOptions>,
  model: EmbeddingModel,
  sentences: number,
): Partial<SentenceOptions>[] {
  const corpus = sentences > 0;
  const components = chosen.components === undefined ? (corpus ? [0, 1, 5] : [0]) : [chosen.components];
  const unit = chosen.unitWords === undefined ? [false, true] : [chosen.unitWords];
  const weightings = (['mean', 'icf', 'idf', 'sif', 'usif'] as const).filter((weighting) =>
    weighting === 'idf' ? corpus : canWeigh(model, weighting),
  );
  return weightings.flatMap((weighting) => {
    const own = {
      ...chosen,
      weighting,
      smoothing: weighting === 'sif' ? chosen.smoothing : undefined,
      negations: weighting === 'icf' ? chosen.negations : undefined,
    };
    return components.flatMap((count) => unit.map((unitWords) => ({ ...own, components: count, unitWords })));
  });
}

/** The weights of a file, some of which must be those of words that are there. */
async function knownWeights(path: string, model: EmbeddingModel): Promise<(word: string) => number> {
  const weightOf = await readWordWeights(path);
  if (model.words.every((word) => weightOf(word) === 1))
    throw new Error(`Cannot fit sentences: "${path}" gives no word of the model another weight than 1`);
  return weightOf;
}

/** Without a corpus: the model tells how often each word occurs, or the weights do without it. */
function canWeigh(model: EmbeddingModel, weighting: Weighting): boolean {
  try {
    fitSentences(model, [], { weighting });
    return true;
  } catch {
    return false;
  }
}

/** Sentences of the corpus as tokens. */
async function sentencesOf(corpus: string[], field: string | undefined, tokenizer: Tokenizer): Promise<string[][]> {
  const repairs = new RepairCount();
  const texts = await sampleCorpus(await openTextFiles(corpus, { field }), repairs.add);
  repairs.tell();
  const sentences = texts.map((text) => tokenizer.tokenize(text)).filter((tokens) => tokens.length > 0);
  if (sentences.length === 0)
    throw new Error(
      `Cannot fit sentences: ${corpus.join(', ')} holds none; in records the text is in the field "${field ?? 'text'}", --field names another`,
    );
  return sentences;
}

function unusedCorpus(weighting: string): string {
  return `warning: --corpus has no effect: ${weighting} without components needs no sentences; give --components 1, or --weighting idf`;
}
