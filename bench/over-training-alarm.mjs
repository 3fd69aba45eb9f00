// Whether the over-training alarm speaks where evaluation falls for good, and is silent where it does not: trainings of TEXT, one for
// each set of options, number of threads and seed. Prints a line of JSON for each: after which epoch the alarm spoke (0: it did not), the
// held-out contrast at its best and at the end, what the vectors are worth, and with --every N also after every Nth epoch; at the end
// means and standard errors for each set of options.
//
//   node bench/over-training-alarm.mjs TEXT --options '{"algorithm":"cbow","epochs":60}' [--options …] [--threads 1,2,4] [--seeds 1,2,3,4,5]
//     [--pairs FILE]… [--sts FILE] [--retrieval FOLDER] [--reference MODEL] [--every N] [--tokenizer words]
//
// Words of TEXT are what lies between spaces, those of sentences and questions what the tokenizer makes of them. Word pairs and
// sentence pairs: Spearman × 100; search: nDCG@10 × 100; neighbors: of the ten nearest of 1,000 words those that are among the ten
// nearest in MODEL, a better model of the same language, in per cent.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  createSentenceEncoder,
  EmbeddingModel,
  evaluateRetrieval,
  evaluateSentencePairs,
  evaluateWordPairs,
  loadModel,
  neighborOverlap,
  train,
} from 'wordkin';
import { readRetrievalTask, readSentencePairs } from '../dist/node/sentence-files.js';
import { createTokenizer } from '../dist/text/tokenizer.js';
import { benchArguments } from './library/smoke.mjs';

const { values, positionals } = parseArgs({
  args: await benchArguments(async (text, model) => {
    const options = '{"dimensions":8,"epochs":3}';
    return [text, '--options', options, '--threads', '1', '--seeds', '1', '--every', '2', '--reference', await model()];
  }),
  allowPositionals: true,
  options: {
    options: { type: 'string', multiple: true, default: ['{}'] },
    threads: { type: 'string', default: '1,2,4' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    pairs: { type: 'string', multiple: true, default: [] },
    sts: { type: 'string' },
    retrieval: { type: 'string' },
    reference: { type: 'string' },
    every: { type: 'string', default: '0' },
    tokenizer: { type: 'string', default: 'words' },
  },
});
const [text] = positionals;
if (!text) throw new Error('Give TEXT');
const numbers = (list) => list.split(',').map(Number);
const pairs = values.pairs.map((path) => readFileSync(path, 'utf8'));
const sentences = values.sts && (await readSentencePairs(values.sts));
const retrieval = values.retrieval && (await readRetrievalTask(values.retrieval)).task;
const reference = values.reference && (await loadModel(values.reference));

for (const options of values.options) {
  const cells = [];
  for (const threads of numbers(values.threads)) {
    for (const seed of numbers(values.seeds)) {
      const cell = await trainOne({ ...JSON.parse(options), threads, seed });
      console.log(JSON.stringify({ options: JSON.parse(options), threads, seed, ...cell }));
      cells.push(cell);
    }
  }
  console.log(
    `${options}: alarm in ${cells.filter(({ alarm }) => alarm > 0).length} of ${cells.length}, ${means(cells)}`,
  );
}

async function trainOne(options) {
  const every = Number(values.every);
  const course = [];
  let alarm = 0;
  let setbacks = 0;
  let live;
  const onEvent = (event) => {
    if (event.type === 'over-training') alarm = event.epoch;
    if (event.type === 'setback') setbacks++;
    if (event.type === 'epoch' && event.epoch % every === 0) course.push(live(event.epoch));
  };
  const onVectors = (vectors, vocabulary) => {
    live = async (epoch) => {
      const inputVectors = await vectors.readRows('inputVectors', Int32Array.from(vocabulary.words.keys()));
      const { words, counts } = vocabulary;
      const { dimensions } = vectors;
      const model = new EmbeddingModel({
        words,
        counts,
        dimensions,
        inputVectors,
        tokenizer: createTokenizer('whitespace').descriptor,
      });
      return { epoch, ...ofWords(model) };
    };
  };
  const begin = process.cpuUsage();
  const { model, report } = await train({ files: text }, { tokenizer: 'whitespace', ...options, onEvent, onVectors });
  const { user, system } = process.cpuUsage(begin);
  const contrasts = report.heldOutContrasts;
  const found = {
    alarm,
    setbacks,
    epochs: report.epochs,
    ...(contrasts.length > 0 ? { best: Math.max(...contrasts), end: contrasts.at(-1) } : {}),
    ...ofWords(model),
    ...(await ofTexts(model)),
    cpuSeconds: (user + system) / 1e6,
  };
  const rounded = Object.fromEntries(
    Object.entries(found).map(([name, value]) => [name, Math.round(100 * value) / 100]),
  );
  return every > 0 ? { ...rounded, course: await Promise.all(course) } : rounded;
}

function ofWords(model) {
  const spearman = pairs.map((each) => 100 * evaluateWordPairs(model, each).spearman);
  return {
    ...(pairs.length > 0 ? { wordPairs: spearman.reduce((sum, each) => sum + each, 0) / pairs.length } : {}),
    ...(reference ? { neighbors: 100 * neighborOverlap(reference, model).overlap } : {}),
  };
}

async function ofTexts(model) {
  const encoder = await createSentenceEncoder(model, /** @type {any} */ (values.tokenizer));
  return {
    ...(sentences ? { sts: 100 * evaluateSentencePairs(encoder, sentences).spearman } : {}),
    ...(retrieval ? { search: 100 * evaluateRetrieval(encoder, retrieval).vectors.ndcg10 } : {}),
  };
}

function means(cells) {
  const names = Object.keys(cells[0]).filter((name) => !['alarm', 'setbacks', 'course'].includes(name));
  return names
    .map((name) => {
      const found = cells.map((cell) => cell[name]);
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
      const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const error = Math.sqrt(squares / (found.length * Math.max(1, found.length - 1)));
      return `${name} ${mean.toFixed(2)} ± ${error.toFixed(2)}`;
    })
    .join(', ');
}
