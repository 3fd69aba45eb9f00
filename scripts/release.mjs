// Makes a release: checks, tests, packs, looks at the package as npm's users and their compilers will, and publishes.
//   npm run release -- --dry-run   everything but publishing (and leaves the archive in the system's temporary folder)
//   npm run release                publishes what has passed; the version and the CHANGELOG are written before
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

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

/** Bytes that a page loads at first of each entry, minified: plain, and after gzip. */
async function sizes() {
  const rows = [];
  for (const entry of Object.keys(manifest.exports).filter((name) => !/node|thread|json/.test(name))) {
    const { outputFiles } = await build({
      stdin: {
        contents: `import * as all from '${manifest.name}${entry.slice(1)}'; console.log(all);`,
        resolveDir: root,
      },
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'esnext',
      write: false,
      logLevel: 'error',
      external: Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, 'jieba-wasm/web': '' }),
    });
    const [{ contents }] = outputFiles;
    rows.push({ entry, 'minified kB': contents.length / 1000, 'gzip kB': gzipSync(contents).length / 1000 });
  }
  return rows;
}

if (!options['skip-tests']) npm(['test']);
const folder = mkdtempSync(join(tmpdir(), 'wordkin-release-'));
const [{ filename, size, unpackedSize }] = JSON.parse(
  npm(['pack', '--json', '--pack-destination', folder], ['ignore', 'pipe', 'inherit']).replace(/^[^[]*(?=\[\s*\{)/, ''),
);
const tarball = join(folder, filename);
const problems = [...(await checkManifest(tarball)), ...(await checkTypes(tarball))];
console.table(await sizes());
console.log(`${tarball}: ${Math.round(size / 1000)} kB, unpacked ${Math.round(unpackedSize / 1000)} kB`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
if (options['dry-run']) console.log('Not published: --dry-run.');
else npm(['publish', tarball, '--access', 'public']);
