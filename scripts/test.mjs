// All checks of style and types beside all tests: the processors are busy with one where the other waits. What the checks have found is
// told behind what the tests tell. Arguments go to vitest.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/**
 * Runs a script of Node; its exit code.
 *
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 * @param {(text: string) => void} [onText]
 * @returns {Promise<number>}
 */
function run(args, stdio, onText) {
  const child = spawn(process.execPath, args, { cwd: root, stdio });
  if (onText) for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => onText(String(data)));
  return new Promise((done) => child.on('close', (code) => done(code ?? 1)));
}

let told = '';
const checking = run([join(root, 'scripts/check.mjs')], ['ignore', 'pipe', 'pipe'], (text) => {
  told += text;
});
const tested = await run([vitest, 'run', ...process.argv.slice(2)], 'inherit');
const checked = await checking;
console.log(checked === 0 ? 'Style and types: nothing found.' : `Style and types:\n${told}`);
if (tested !== 0 && checked !== 0) console.log('The tests fail, too: see above.');
process.exitCode = tested || checked;
