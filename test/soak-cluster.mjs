// Two ranks on two hosts (network namespaces of this machine) whose link is cut while they train: each job must end by itself within its
// deadline and what the launcher takes, leave no process on either host, and the next one must go on from its checkpoint and end well.
//
//     node test/soak-cluster.mjs TEXT [--cuts 5] [--deadline 6] [--epochs 20]
//
// Linux, as root, with `ip` and Open MPI. Prints a line of JSON for each cut and one at the end; exit status 1 if anything is wrong.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { layOutTwoHosts } from '../bench/library/two-hosts.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    cuts: { type: 'string', default: '5' },
    deadline: { type: 'string', default: '6' },
    epochs: { type: 'string', default: '20' },
  },
});
const [text] = positionals;
if (!text) throw new Error('Give TEXT');
/** Of a launcher that does not end by itself, see docs/cluster.md, and of a busy machine. */
const LAUNCHER_SECONDS = 10;
const SPARE_SECONDS = 10;
const main = resolve(import.meta.dirname, '../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'wordkin-soak-cluster-'));
const temporary = join(folder, 'temporary');
mkdirSync(temporary);
const checkpoint = join(folder, 'checkpoints', 'latest.checkpoint.safetensors');
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const hosts = layOutTwoHosts();
let isGood = true;

/** Starts the job; gives how it ends. */
function startJob() {
  const [command, ...flags] = hosts.launcher;
  const training = [
    ...['train', resolve(text), '--output', join(folder, 'model.safetensors'), '--temporary-folder', temporary],
    ...['--threads', '1', '--dimensions', '20', '--epochs', values.epochs, '--deadline', `${values.deadline}s`],
    ...['--checkpoint', join(folder, 'checkpoints'), '--every', '1s', '--resume', '--json'],
  ];
  const child = spawn(command, [...flags, process.execPath, main, ...training], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  });
  const job = { child, told: '', output: '', ended: undefined };
  child.stderr.on('data', (data) => (job.told += data));
  child.stdout.on('data', (data) => (job.output += data));
  job.ended = new Promise((done) => child.on('close', (code, signal) => done(code ?? signal)));
  return job;
}

const writtenAt = () => statSync(checkpoint, { throwIfNoEntry: false })?.mtimeMs;

async function cutOnce(number) {
  const before = writtenAt();
  const job = startJob();
  while (job.child.exitCode === null && writtenAt() === before) await wait(50);
  if (job.child.exitCode !== null) throw new Error(`The job was over before the link was cut: ${job.told}`);
  const begin = performance.now();
  hosts.cutLink();
  const code = await job.ended;
  const seconds = (performance.now() - begin) / 1000;
  hosts.mendLink();
  await wait(1000); // what the launcher has ended
  const resumed = job.told.includes('"type":"resumed"');
  const said = job.told.replaceAll('\0', '').match(/^wordkin: .*$/gm) ?? [];
  const left = hosts.pids().length;
  const inTime = seconds < Number(values.deadline) + LAUNCHER_SECONDS + SPARE_SECONDS;
  const isWell = code !== 0 && inTime && left === 0 && said.length > 0 && resumed === number > 1;
  isGood &&= isWell;
  console.log(JSON.stringify({ cut: number, code, seconds: Number(seconds.toFixed(1)), resumed, left, said, isWell }));
}

try {
  for (let number = 1; number <= Number(values.cuts); number++) await cutOnce(number);
  const job = startJob();
  const code = await job.ended;
  const files = readdirSync(temporary, { recursive: true });
  const resumed = job.told.includes('"type":"resumed"');
  const { share, endedBy } = code === 0 ? JSON.parse(job.output) : {};
  const isWell = code === 0 && resumed && share === 1 && files.length === 0;
  isGood &&= isWell;
  console.log(JSON.stringify({ last: code, resumed, share, endedBy, temporaryFiles: files, isWell }));
} finally {
  hosts.remove();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isGood ? 0 : 1;
