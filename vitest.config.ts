import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { compilerEnvironment } from './scripts/compiler.mjs';

// With it each process of Node reads all certificates when it starts, which takes longer than all else that it does then. No test asks
// another machine.
delete process.env.NODE_EXTRA_CA_CERTS;

const MEMORY_FOLDER = '/dev/shm';

/** Whether temporary files can lie in memory: databases of 40 MB are copied there in half the time, and no disk is waited for. */
function hasRoomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize > 4e9;
  } catch {
    return false; // another system
  }
}

/** Many tests wait for processes, threads, databases or a browser: one file more than processors keeps all of them at work. */
const WORKERS = availableParallelism() + 1;

/**
 * Flags for V8: tests run most of the code a few times, so it is made fast later than else; and the heap may grow before it is searched for
 * what is not needed any more. A twelfth of all processor time.
 */
const FEW_RUNS = ['--interrupt-budget=400000', '--min-semi-space-size=16', '--initial-heap-size=1000'];

/**
 * Files of `test/` that leave nothing behind in their process: no open database, no server of pages, no changed environment. A process that
 * runs several loads the library once, and has made it fast for the later ones.
 */
const SHARING = [
  ...['api-reference', 'architecture', 'benchmarks', 'cluster', 'coming-from', 'command-line', 'docs-page', 'entries'],
  ...['fuzz-formats', 'limits', 'options', 'package', 'page-engine', 'preflight', 'readability', 'readme', 'saving'],
  ...['scan-helpers', 'server', 'threads', 'training-safety', 'types'],
].map((name) => `test/${name}.test.ts`);

/**
 * The files of `unit` come right behind the first that take the other workers, and so most of them go to one process: each process that
 * runs some of them loads the sources and makes them fast anew. Then come those of `built-sharing`: a process goes on only with a file of
 * the same project.
 */
class FewProcesses extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const of = (name: string) => sorted.filter(({ project }) => project.name === name);
    const together = [...of('unit'), ...of('built-sharing')];
    const apart = sorted.filter((file) => !together.includes(file));
    return [...apart.slice(0, WORKERS - 1), ...together, ...apart.slice(WORKERS - 1)];
  }
}

/** For tests of dist/, which Node loads as it is, and which open databases, as do the programs that they start. */
const ofDist = {
  env: {
    NODE_OPTIONS: `--require=${JSON.stringify(join(import.meta.dirname, 'test/quick-webassembly.cjs'))}`,
    ...(hasRoomInMemory() && { TMPDIR: MEMORY_FOLDER }),
    ...compilerEnvironment,
  },
  server: { deps: { external: [/\/dist\//] } },
};

export default defineConfig({
  test: {
    // Wide: a machine may be slow, or busy with other things.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    maxWorkers: WORKERS,
    execArgv: FEW_RUNS,
    sequence: { sequencer: FewProcesses },
    projects: [
      // One process runs many of these files: they change nothing that another could see.
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: { name: 'built', include: ['test/**/*.test.ts'], exclude: ['test/kill/**', ...SHARING], ...ofDist },
      },
      { extends: true, test: { name: 'built-sharing', include: SHARING, isolate: false, ...ofDist } },
      { extends: true, test: { name: 'kill', include: ['test/kill/**/*.test.ts'], isolate: false, ...ofDist } },
    ],
  },
});
