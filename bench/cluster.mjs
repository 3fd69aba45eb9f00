// Ranks beside threads: one rank of n threads and n ranks of one thread on the same processors, by turns. Prints for each how fast it
// prepares and trains, what it sends, and, with --analogies, how good its model is.
//
//   node bench/cluster.mjs TEXT[.gz] [--ranks 2] [--family openmpi|mpich] [--epochs 1] [--dimensions 100] [--rounds 1]
//       [--algorithm skip-gram|cbow] [--loss negative-sampling|hierarchical-softmax] [--merge-rule adaptive]
//       [--exchange-tokens N] [--exchange-rows N] [--seed 1] [--analogies questions-words.txt] [--pairs EN-WS-353-ALL.txt]
//       [--two-hosts] [--smoke]
//
// With --two-hosts the two ranks talk over TCP, each in a network namespace of its own (Linux, as root, with Open MPI). Efficiency is the
// speed of the ranks beside that of the threads, the median, the least and the greatest of all rounds.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evaluateAnalogies, evaluateWordPairs, saveModel } from 'wordkin';
import { joinRanks, trainDistributed } from 'wordkin/distributed';
import { benchArguments } from './library/smoke.mjs';
import { layOutTwoHosts } from './library/two-hosts.mjs';

const { values, positionals } = parseArgs({
  args: await benchArguments((text) => [text, '--dimensions', '8']),
  allowPositionals: true,
  options: {
    ranks: { type: 'string', default: '2' },
    family: { type: 'string', default: 'openmpi' },
    epochs: { type: 'string', default: '1' },
    dimensions: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '1' },
    algorithm: { type: 'string', default: 'skip-gram' },
    loss: { type: 'string', default: 'negative-sampling' },
    'merge-rule': { type: 'string', default: 'adaptive' },
    'exchange-tokens': { type: 'string' },
    'exchange-rows': { type: 'string' },
    analogies: { type: 'string' },
    pairs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'two-hosts': { type: 'boolean', default: false },
    save: { type: 'string' },
    threads: { type: 'string' },
  },
});
const hosts = values['two-hosts'] ? layOutTwoHosts() : undefined;
try {
  if (values.threads === undefined) await compare();
  else await trainAsRank(Number(values.threads));
} finally {
  hosts?.remove();
}

async function trainAsRank(threads) {
  const ranks = await joinRanks();
  const sent = { byteLength: 0, milliseconds: 0, exchanges: 0 };
  const begin = performance.now();
  let prepared = 0;
  // Checked by what they are given to.
  const { algorithm, loss, 'merge-rule': mergeRule } = /** @type {any} */ (values);
  const { model, report, vocabulary } = await trainDistributed(
    ranks,
    { files: positionals },
    {
      ...{ threads, epochs: Number(values.epochs), dimensions: Number(values.dimensions) },
      ...{ algorithm, loss, mergeRule, seed: Number(values.seed) },
      ...{
        exchangeTokens: values['exchange-tokens'] && Number(values['exchange-tokens']),
        exchangeRows: values['exchange-rows'] && Number(values['exchange-rows']),
      },
      onExchange({ byteLength, milliseconds }) {
        sent.byteLength += byteLength;
        sent.milliseconds += milliseconds;
        sent.exchanges++;
      },
      onVectors() {
        prepared = performance.now() - begin;
      },
    },
  );
  const words = vocabulary.tokenCount * Number(values.epochs);
  if (ranks.rank === 0) {
    if (values.save !== undefined) await saveModel(model, values.save, 'safetensors');
    const analogies = values.analogies && evaluateAnalogies(model, readFileSync(values.analogies, 'utf8'));
    const similarity = values.pairs && evaluateWordPairs(model, readFileSync(values.pairs, 'utf8'));
    const { wordsPerSecond, heldOutLosses } = report;
    console.log(
      JSON.stringify({
        ...{ ranks: ranks.size, threads, secondsToPrepare: prepared / 1000, wordsPerSecond },
        ...{ heldOutLoss: heldOutLosses.at(-1), analogies: analogies?.total.accuracy },
        ...{ similarity: similarity?.spearman },
        ...{ exchanges: sent.exchanges, megabytes: sent.byteLength / 1e6, exchangeSeconds: sent.milliseconds / 1000 },
        megabytesPerSecond: sent.byteLength / 1e3 / sent.milliseconds,
        bytesForWord: (sent.byteLength * ranks.size) / words, // each rank gives as much
      }),
    );
  }
  await ranks.close();
}

/** Starts the ranks of this very script; gives what rank 0 tells. */
function start(ranks, threads) {
  const given = Object.entries({ ...values, threads: String(threads) }).filter(([name]) => name !== 'two-hosts');
  const flags = given.flatMap(([name, value]) => [`--${name}`, String(value)]);
  const script = [fileURLToPath(import.meta.url), ...positionals.map((path) => resolve(path)), ...flags];
  const [command, ...rest] = [...launcherOf(ranks), process.execPath, ...script];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  });
  return new Promise((done, reject) => {
    let output = '';
    child.stdout?.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? done(JSON.parse(output)) : reject(new Error(`exit code ${code}`))));
  });
}

function launcherOf(ranks) {
  if (ranks === 1) return [];
  if (hosts) return hosts.launcher;
  const free = values.family === 'openmpi' ? ['--oversubscribe', '--bind-to', 'none'] : [];
  return [`mpirun.${values.family}`, ...free, '-np', String(ranks)];
}

async function compare() {
  const ranks = Number(values.ranks);
  const found = { training: [], preparation: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    const threads = await start(1, ranks);
    console.log(JSON.stringify(threads));
    const several = await start(ranks, 1);
    console.log(JSON.stringify(several));
    found.training.push(several.wordsPerSecond / threads.wordsPerSecond);
    found.preparation.push(threads.secondsToPrepare / several.secondsToPrepare);
  }
  const told = Object.entries(found).map(([name, all]) => {
    const sorted = all.sort((a, b) => a - b).map((value) => value.toFixed(3));
    return `${name} ${sorted[sorted.length >> 1]} (${sorted[0]} to ${sorted.at(-1)})`;
  });
  console.log(`efficiency of ${ranks} ranks: ${told.join(', ')}`);
}
