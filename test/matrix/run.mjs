// Tries the packed library as users meet it: bundlers and pages, runtimes, package managers, compilers.
//   node test/matrix/run.mjs [--only PART …] [--list] [--keep]
// Each cell is a program in an empty project in a temporary folder; it trains, loads, searches, and its results are checked. Needs a
// build, the registry and Chromium. `.ci/nightly` runs all of it.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packed } from '../bundlers/projects.mjs';
import { compilerCells } from './compilers.mjs';
import { managerCells } from './managers.mjs';
import { nextCells } from './next.mjs';
import { pageCells } from './pages.mjs';
import { runtimeCells } from './runtimes.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'wordkin-matrix-'));
const archive = join(folder, 'wordkin.tgz');
// Its own: the one that is kept goes when somebody changes a file and runs a test meanwhile.
if (!values.list) copyFileSync(packed().archive, archive);
const context = { folder, archive, place };
const GROUPS = [
  ...pageCells(context),
  ...nextCells(context),
  ...runtimeCells(context),
  ...managerCells(context),
  ...compilerCells(context),
];
const isWanted = ({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part));

/** A new folder of the run. */
function place(name) {
  const path = join(folder, name.replace(/[^\w.-]+/g, '-'));
  mkdirSync(path, { recursive: true });
  return path;
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
let failures = 0;
const began = performance.now();
try {
  for (const { cells, close } of GROUPS) {
    for (const cell of cells.filter(isWanted)) {
      if (values.list) {
        console.log(cell.name);
        continue;
      }
      const since = performance.now();
      const [verdict, text] = await cell.work().then(
        (said) => ['good', said ?? ''],
        (error) => ['BAD ', String(error?.message ?? error)],
      );
      if (verdict !== 'good') failures++;
      console.log(`${verdict}  ${cell.name.padEnd(44)} ${seconds(since).padStart(8)}  ${text.slice(0, 3000)}`);
    }
    await close?.();
  }
} finally {
  if (values.keep) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
if (!values.list)
  console.log(`${failures === 0 ? 'All cells are good' : `${failures} cells are bad`}, ${seconds(began)}`);
process.exitCode = failures === 0 ? 0 : 1;
