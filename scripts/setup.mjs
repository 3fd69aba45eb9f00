// Makes the checkout ready: installs the packages of the lock file and builds dist/ where either is missing or
// older than its sources; with --build, builds in any case. Needs Node and npm, nothing else.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`wordkin needs Node 20.19 or later, this is ${process.versions.node}.`);
  process.exit(1);
}

const time = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0);
if (time('node_modules/.package-lock.json') < time('package-lock.json')) {
  const npm = process.env.npm_execpath; // set when npm runs this script; works on Windows, too
  const [command, ...first] = npm ? [process.execPath, npm] : ['npm'];
  execFileSync(command, [...first, 'ci', '--no-audit', '--no-fund'], { cwd: root, stdio: 'inherit' });
}
const sources = ['src', 'web', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
);
const newest = Math.max(...sources.filter((path) => !path.includes('generated')).map(time), time('package.json'));
if (time('dist/cli/main.js') < newest || process.argv.includes('--build')) {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: 'inherit' });
}
