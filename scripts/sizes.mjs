// What wordkin weighs: in a page, and on the disk of a user. The tests hold these figures, the release prints them.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

export const PAGE_LIMITS = [
  [
    'readModel and neighbors',
    `import { memoryFile, readModel } from 'wordkin/formats';
     console.log((await readModel(memoryFile(globalThis.bytes))).neighbors('word'));`,
    24,
  ],
  ['wordkin/model', `import * as model from 'wordkin/model'; console.log(model);`, 45],
  ['train', `import { train } from 'wordkin'; console.log(train);`, 60],
  ['wordkin/search', `import * as search from 'wordkin/search'; console.log(search);`, 16],
];
export const INSTALLED_LIMITS = { least: 6_000_000, most: 50_000_000 };

/**
 * What a page gets of `code`, without what is loaded later: bytes when minified, and after gzip.
 *
 * @param {string} code
 * @param {string} folder from where packages are found
 */
export async function pageBytes(code, folder) {
  const peers = Object.keys(manifestOf(root).peerDependencies).filter((name) => name !== 'jieba-wasm');
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: folder },
    ...{ bundle: true, minify: true, format: 'esm', target: 'esnext', splitting: true },
    ...{ write: false, metafile: true, logLevel: 'silent', outdir: join(folder, 'out-size') },
    // A user who takes what needs such a package has it; a page never loads what PGlite imports for Node.
    external: [...peers, 'node:*', 'fs', 'path'],
  });
  const needed = new Set();
  const follow = (name) => {
    if (needed.has(name) || !metafile.outputs[name]) return;
    needed.add(name);
    for (const { path, kind } of metafile.outputs[name].imports) if (kind === 'import-statement') follow(path);
  };
  follow(Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint === '<stdin>'));
  const files = outputFiles.filter(({ path }) => [...needed].some((name) => path.endsWith(name.split('/').at(-1))));
  if (files.length !== needed.size)
    throw new Error(`Cannot measure: ${needed.size} files are loaded, ${files.length} are there`);
  const sum = (measure) => files.reduce((bytes, { contents }) => bytes + measure(contents), 0);
  return { minified: sum(({ length }) => length), gzip: sum((contents) => gzipSync(contents, { level: 9 }).length) };
}

/**
 * Bytes of the packages that come along with wordkin on this platform, without wordkin itself, as they lie in the checkout.
 *
 * @param {{ optional: boolean }} which whether those that npm may leave out count, too
 * @returns {Promise<number>}
 */
export async function dependencyBytes({ optional }) {
  const folders = new Set();
  const visit = (folder, names) => {
    for (const name of names) {
      const found = resolvePackage(folder, name);
      if (!found || folders.has(found)) continue;
      folders.add(found);
      const { dependencies, optionalDependencies } = manifestOf(found);
      visit(found, Object.keys({ ...dependencies, ...optionalDependencies }));
    }
  };
  const { dependencies, optionalDependencies } = manifestOf(root);
  const left = optional ? {} : optionalDependencies;
  visit(
    root,
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !(name in left)),
  );
  const sizes = await Promise.all([...folders].map(bytesIn));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Where Node finds a package from a folder; undefined for one of another platform. */
function resolvePackage(folder, name) {
  for (let place = folder; place.startsWith(root); place = dirname(place)) {
    const candidate = join(place, 'node_modules', name);
    if (existsSync(candidate)) return candidate;
  }
  return undefined;
}

/** Bytes of a package's files, without packages in it: these are counted by themselves. */
async function bytesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const own = files.filter((file) => !file.slice(folder.length).includes('/node_modules/'));
  return own.reduce((sum, file) => sum + statSync(file).size, 0);
}
