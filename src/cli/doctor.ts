import type { Command } from 'commander';
import { bindingMessage } from '../node/mpi/binding.ts';
import type { RankProbe } from '../node/mpi/probe-ranks.ts';
import { endByLoss } from '../node/mpi/supervise-rank.ts';
import { createOutput } from './output.ts';

interface Options {
  mpi?: boolean;
  json?: boolean;
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'tell whether what a training needs works here; with mpirun before it, whether the ranks reach each other',
    )
    .option(
      '--mpi',
      'MPI: its library, the ranks by host, the processors of a rank, how fast they add up, how fast rows are put together',
    )
    .action(run);
}

async function run({ mpi, json }: Options, command: Command): Promise<void> {
  if (!mpi) command.error("error: required option '--mpi' not specified");
  const { probeRanks } = await import('../node/mpi/probe-ranks.ts');
  const probe = await probeRanks(endByLoss);
  if (probe.rank > 0) return; // the first tells
  createOutput(json).print(probe, linesOf(probe).join('\n'));
}

function linesOf(probe: RankProbe): string[] {
  const { library, launcher, ranks, ranksByHost, processors, allreduces, mergeMegabytesPerSecond } = probe;
  const { usable, ofMachine } = processors;
  const hosts = Object.entries(ranksByHost).map(([host, count]) => `${host} ${count}`);
  return [
    `library  ${library.name}: ${library.version} (${library.family})`,
    launcher === undefined
      ? 'ranks  1: this process was started alone; mpirun -np 2 wordkin doctor --mpi looks at two'
      : `ranks  ${ranks}, started by ${launcher}: ${hosts.join(', ')}`,
    `processors  ${bindingMessage(processors) ?? `${usable} of ${ofMachine}`}`,
    ...allreduces.map(
      ({ byteLength, seconds, megabytesPerSecond }) =>
        `allreduce  ${byteLength} bytes in ${(1000 * seconds).toFixed(2)} ms, ${megabytesPerSecond.toFixed(0)} MB/s`,
    ),
    `merge  ${mergeMegabytesPerSecond.toFixed(0)} MB of rows a second in one thread`,
  ];
}
