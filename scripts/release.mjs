// Makes a release: checks, tests, packs, looks at the package as npm's users and their compilers will, and publishes.
//   npm run release -- --dry-run   everything but publishing (and leaves the archive in the system's temporary folder)
//   npm run release                publishes what has passed; the version and the CHANGELOG are written before
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { dependencyBytes, INSTALLED_LIMITS, PAGE_LIMITS, pageBytes } from './sizes.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values: options } = parseArgs({
  options: { 'dry-run': { type: 'boolean' }, 'skip-tests': { type: 'boolean' } },
});

const npmPath = process.env.npm_execpath; // set when npm runs this script; works on Windows, too
/** @param {string[]} args @param {import('node:child_process').StdioOptions} stdio */
function npm(args, stdio = 'inherit') {
  const [command, ...first] = npmPath ? [process.execPath, npmPath] : ['npm'];
  return execFileSync(command, [...first, ...args], { cwd: root, encoding: 'utf8', stdio });
}

/** @arethetypeswrong tells these of every package of ES modules alone; CommonJS loads it by import(), and says so itself. */
const EXPECTED_PROBLEMS = new Set(['NoResolution', 'CJSResolvesToESM']);

async function checkTypes(tarball) {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  if (!('problems' in result)) return ['the package has no types'];
  return result.problems
    .filter(
      (problem) =>
        !EXPECTED_PROBLEMS.has(problem.kind) ||
        !('resolutionKind' in problem && /node10|node16-cjs/.test(problem.resolutionKind)),
    )
    .map((problem) => `@arethetypeswrong: ${JSON.stringify(problem)}`);
}

async function checkManifest(tarball) {
  const buffer = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length) },
    strict: true,
  });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** What a page loads at first of the parts that have a limit, and of each import that a page can have. */
async function pageSizes() {
  const imports = Object.entries(manifest.exports).flatMap(([path, { types }]) => {
    const name = `${manifest.name}${path.slice(1)}`;
    return types ? [[name, `import * as all from '${name}'; console.log(all);`]] : [];
  });
  const rows = [];
  for (const [name, code, limit] of [
    ...PAGE_LIMITS,
    ...imports.filter(([name]) => !PAGE_LIMITS.some(([one]) => one === name)),
  ]) {
    const bytes = await pageBytes(code, root).catch(() => undefined);
    const inKilobytes = bytes
      ? { 'minified kB': bytes.minified / 1000, 'gzip kB': bytes.gzip / 1000 }
      : { 'gzip kB': 'for Node' };
    rows.push({ what: name, ...inKilobytes, limit });
  }
  return rows;
}

/** What a version lacks before it may be published. */
function checkVersion() {
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const heading = new RegExp(`^## \\[?${manifest.version.replaceAll('.', '\\.')}\\b.*\\d{4}-\\d{2}-\\d{2}`, 'm');
  if (heading.test(changes)) return [];
  return [
    `CHANGELOG.md has no heading "## ${manifest.version} (date)": name the changes, or raise "version" in package.json`,
  ];
}

if (!options['skip-tests']) npm(['test']);
const folder = mkdtempSync(join(tmpdir(), 'wordkin-release-'));
const [{ filename, size, unpackedSize }] = JSON.parse(
  npm(['pack', '--json', '--pack-destination', folder], ['ignore', 'pipe', 'inherit']).replace(/^[^[]*(?=\[\s*\{)/, ''),
);
const tarball = join(folder, filename);
const problems = [...(await checkManifest(tarball)), ...(await checkTypes(tarball))];
if (!options['dry-run']) problems.push(...checkVersion());
const installed = {
  'packed archive': size,
  'unpacked archive': unpackedSize,
  'installed, without what npm may leave out': unpackedSize + (await dependencyBytes({ optional: false })),
  'installed, with all of it': unpackedSize + (await dependencyBytes({ optional: true })),
};
const limits = [undefined, undefined, INSTALLED_LIMITS.least, INSTALLED_LIMITS.most];
console.table(await pageSizes());
console.table(
  Object.entries(installed).map(([what, bytes], i) => ({ what, MB: bytes / 1e6, limit: limits[i] && limits[i] / 1e6 })),
);
console.log(tarball);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
if (options['dry-run']) console.log('Not published: --dry-run.');
// The registry says from which commit the archive was built, where a workflow builds it (.github/workflows/release.yml).
else npm(['publish', tarball, '--access', 'public', ...(process.env.GITHUB_ACTIONS ? ['--provenance'] : [])]);
