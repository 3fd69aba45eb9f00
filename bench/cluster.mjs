// Ranks beside threads: one rank of n threads and n ranks of one thread on the same processors, by turns. Prints for each how fast it
// prepares and trains, what it sends, and, with --analogies, how good its model is.
//
//   node bench/cluster.mjs TEXT[.gz] [--ranks 2] [--family openmpi|mpich] [--epochs 1] [--dimensions 100] [--rounds 1]
//       [--algorithm skip-gram|cbow] [--loss negative-sampling|hierarchical-softmax] [--merge-rule adaptive]
//       [--exchange-tokens 50000] [--exchange-rows 512] [--seed 1] [--analogies questions-words.txt] [--pairs EN-WS-353-ALL.txt]
//       [--hosts a,b] [--smoke]
//
// With --hosts the ranks run on these, one each, which mpirun of Open MPI reaches by WORDKIN_BENCH_AGENT in place of ssh
// (docs/cluster.md has one for two network namespaces). Efficiency is the speed of the ranks beside that of the threads.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { evaluateAnalogies, evaluateWordPairs, saveModel } from 'wordkin';
import { joinRanks, trainDistributed } from 'wordkin/distributed';
import { benchArguments } from './library/smoke.mjs';

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
    'exchange-tokens': { type: 'string', default: '50000' },
    'exchange-rows': { type: 'string', default: '512' },
    analogies: { type: 'string' },
    pairs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    hosts: { type: 'string' },
    save: { type: 'string' },
    threads: { type: 'string' },
  },
});
if (values.threads === undefined) await compare();
else await trainAsRank(Number(values.threads));

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
      ...{ exchangeTokens: Number(values['exchange-tokens']), exchangeRows: Number(values['exchange-rows']) },
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
  const flags = Object.entries({ ...values, threads: String(threads) }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const script = [fileURLToPath(import.meta.url), ...positionals, ...flags];
  const launcher = ranks > 1 ? [`mpirun.${values.family}`, ...launcherFlags(ranks)] : [];
  const [command, ...rest] = [...launcher, process.execPath, ...script];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`exit code ${code}`))));
  });
}

function launcherFlags(ranks) {
  if (values.hosts === undefined)
    return [...(values.family === 'openmpi' ? ['--oversubscribe'] : []), '-np', String(ranks)];
  const hostfile = join(tmpdir(), `wordkin-bench-hosts-${process.pid}`);
  writeFileSync(
    hostfile,
    values.hosts
      .split(',')
      .map((host) => `${host} slots=1\n`)
      .join(''),
  );
  const agent = process.env.WORDKIN_BENCH_AGENT;
  return [
    ...['-np', String(ranks), '--hostfile', hostfile, '--map-by', 'node'],
    ...(agent ? ['--mca', 'plm_rsh_agent', agent] : []),
    ...[
      '--mca',
      'btl',
      'tcp,self',
      '--mca',
      'btl_tcp_if_include',
      '10.77.0.0/24',
      '--mca',
      'oob_tcp_if_include',
      '10.77.0.0/24',
    ],
  ];
}

async function compare() {
  const ranks = Number(values.ranks);
  for (let round = 0; round < Number(values.rounds); round++) {
    const threads = await start(1, ranks);
    console.log(JSON.stringify(threads));
    const several = await start(ranks, 1);
    console.log(JSON.stringify(several));
    const part = (name) => (several[name] / threads[name]).toFixed(3);
    const preparation = (threads.secondsToPrepare / several.secondsToPrepare).toFixed(3);
    console.log(`efficiency of ${ranks} ranks: training ${part('wordsPerSecond')}, preparation ${preparation}`);
  }
}
