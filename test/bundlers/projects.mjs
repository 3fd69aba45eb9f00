// Empty projects with the packed library, bundlers that build them, and a browser that shows what came of it.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../../scripts/chromium.mjs';

const root = resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** npm as a command that also runs where npm has started this process, and on Windows. */
export function npm(args, cwd) {
  const path = process.env.npm_execpath;
  const [command, ...first] = path ? [process.execPath, path] : ['npm'];
  // What it says of a failure comes with the error that is thrown.
  return execFileSync(command, [...first, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Changes with every file that npm may pack: those in the checkout's root, and in the folders that `files` of package.json names. */
function fingerprint() {
  const folders = manifest.files.filter(
    (name) => existsSync(join(root, name)) && statSync(join(root, name)).isDirectory(),
  );
  const below = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
  );
  const hash = createHash('sha256');
  for (const name of [...readdirSync(root), ...below].sort()) {
    const { size, mtimeMs, isFile } = fileOf(join(root, name));
    if (isFile) hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

function fileOf(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return { size: found?.size, mtimeMs: found?.mtimeMs, isFile: found?.isFile() === true };
}

/**
 * The built library packed as it would be published: the path of the archive, and what npm tells of it. npm takes two seconds of a
 * processor, so the archive is kept until a file changes.
 */
export function packed() {
  const cache = join(root, 'node_modules/.cache');
  const kept = join(cache, `packed-${fingerprint()}`);
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const own = mkdtempSync(join(cache, 'packing-'));
    writeFileSync(join(own, 'told.json'), npm(['pack', '--json', '--ignore-scripts', '--pack-destination', own], root));
    for (const name of readdirSync(cache))
      if (name.startsWith('packed-') && join(cache, name) !== kept)
        rmSync(join(cache, name), { recursive: true, force: true });
    try {
      renameSync(own, kept);
    } catch {
      rmSync(own, { recursive: true }); // another test has packed it meanwhile
    }
  }
  const [told] = JSON.parse(readFileSync(join(kept, 'told.json'), 'utf8'));
  return { archive: join(kept, told.filename), files: told.files, unpackedSize: told.unpackedSize };
}

/** A project that has unpacked the archive, with links to the packages of the checkout: nothing is fetched. */
export function linkedProject(folder, archive) {
  const own = join(folder, 'node_modules/wordkin');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', own, '--strip-components', '1']);
  linkPackages(folder, Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  return folder;
}

/** Links packages of the checkout into a project, those that it has. */
export function linkPackages(folder, names) {
  for (const name of names) {
    const [here, there] = [root, folder].map((place) => join(place, 'node_modules', name));
    mkdirSync(dirname(there), { recursive: true });
    if (existsSync(here)) symlinkSync(here, there, 'junction');
  }
}

/** A project that npm installs from the registry, as a user's. */
export function installedProject(folder, archive, packages) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', archive, ...packages], folder);
  return folder;
}

/** The training that all projects try; what comes of it: the words, or the error, and why there are no threads. */
const TRAIN = `
const line = (i) => \`w\${i % 7} w\${i % 11} w\${i % 13} w\${i % 5}\`;
const texts = Array.from({ length: 400 }, (_, i) => line(i));
async function tryTraining({ train }) {
  let warning;
  const onEvent = (event) => {
    if (event.type === 'warning' && event.code === 'threads') warning = event.message;
  };
  try {
    const { model } = await train({ texts }, { dimensions: 8, epochs: 2, minCount: 1, threads: 2, onEvent });
    return { words: model.size, warning };
  } catch (error) {
    return { error: error.message, warning };
  }
}`;
export const PAGE = `import { train } from 'wordkin';\n${TRAIN}\nglobalThis.answer = await tryTraining({ train });\n`;
/** A page that opens a store by what the bundler has made of PGlite. */
export const STORE_PAGE = `import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { openTextStore } from 'wordkin';
globalThis.answer = await openTextStore('texts', { pglite: { PGlite, vector } }).then(
  async (store) => ({ texts: await store.count() }),
  (error) => ({ error: error.message }),
);
`;
/** One that leaves it to the page's import map, which it has not. */
export const LONE_STORE_PAGE = `import { openTextStore } from 'wordkin';
globalThis.answer = await openTextStore('texts').catch((error) => ({ error: error.message }));
`;
export const PROGRAM = `import { train } from 'wordkin';\n${TRAIN}\ntryTraining({ train }).then((answer) => console.log(JSON.stringify(answer)));\n`;
export const HTML =
  '<!doctype html><meta charset="utf-8"><title>wordkin</title><script type="module" src="./main.js"></script>\n';

/**
 * How each bundler builds main.js of a project, and whether the page that comes of it finds the script of its web worker.
 * `packages`: what it needs of the registry.
 */
export const PAGE_BUNDLERS = {
  vite: {
    packages: ['vite'],
    threads: true,
    build: (project) => bin(project, 'vite', 'bin/vite.js', ['build', '--outDir', 'out-vite', '--target', 'esnext']),
  },
  esbuild: {
    packages: ['esbuild'],
    threads: true,
    build: (project) => {
      const worker = { 'training-thread': 'wordkin/training-thread' };
      return esbuildPage(project, 'out-esbuild', worker);
    },
  },
  'esbuild without the worker': {
    packages: ['esbuild'],
    threads: false,
    build: (project) => esbuildPage(project, 'out-esbuild-alone', {}),
  },
  webpack: {
    packages: ['webpack', 'webpack-cli'],
    threads: true,
    build: async (project) => {
      const output = { path: join(project, 'out-webpack'), filename: 'main.js', module: true, chunkFormat: 'module' };
      // What PGlite imports for Node is never loaded in a page.
      const externals = { 'node:module': 'var {}' };
      const settings = {
        mode: 'production',
        entry: './main.js',
        output,
        externals,
        experiments: { outputModule: true },
      };
      const text = JSON.stringify(settings).replace(/}$/, ',"ignoreWarnings":[/jieba-wasm/]}');
      writeFileSync(join(project, 'webpack.config.mjs'), `export default ${text};\n`);
      await bin(project, 'webpack', 'bin/webpack.js', []);
      writeFileSync(join(project, 'out-webpack/index.html'), HTML);
    },
  },
  rollup: {
    packages: ['rollup', '@rollup/plugin-node-resolve'],
    threads: true,
    build: async (project) => {
      writeFileSync(
        join(project, 'rollup.config.mjs'),
        `import resolve from '@rollup/plugin-node-resolve';
         export default {
           input: { main: 'main.js', 'training-thread': 'wordkin/training-thread' },
           output: { dir: 'out-rollup', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
           plugins: [resolve({ browser: true })],
         };\n`,
      );
      await bin(project, 'rollup', 'dist/bin/rollup', ['-c']);
      writeFileSync(join(project, 'out-rollup/index.html'), HTML);
    },
  },
};

/** How each bundler builds main.js into a program for Node, and its file. */
export const NODE_BUNDLERS = {
  'esbuild for Node': {
    packages: ['esbuild'],
    build: (project) => esbuildProgram(project, 'esm', 'out-node/program.mjs'),
  },
  'esbuild for Node, CommonJS': {
    packages: ['esbuild'],
    build: (project) => esbuildProgram(project, 'cjs', 'out-node/program.cjs'),
  },
  'webpack for Node': {
    packages: ['webpack', 'webpack-cli'],
    build: async (project) => {
      const output = { path: join(project, 'out-webpack-node'), filename: 'program.mjs', module: true };
      const settings = { mode: 'production', target: 'node', entry: './main.js', output };
      const text = JSON.stringify({ ...settings, experiments: { outputModule: true } });
      writeFileSync(join(project, 'webpack-node.config.mjs'), `export default ${text};\n`);
      await bin(project, 'webpack', 'bin/webpack.js', ['-c', 'webpack-node.config.mjs']);
      return join(project, 'out-webpack-node/program.mjs');
    },
  },
};

async function esbuildPage(project, folder, worker) {
  const entryPoints = { main: 'main.js', ...worker };
  const outdir = join(project, folder);
  await esbuild(project, { entryPoints, outdir, format: 'esm', splitting: true, target: 'esnext' });
  writeFileSync(join(outdir, 'index.html'), HTML);
}

async function esbuildProgram(project, format, file) {
  const outfile = join(project, file);
  await esbuild(project, { entryPoints: ['main.js'], platform: 'node', format, outfile });
  return outfile;
}

async function esbuild(project, settings) {
  const { build } = await import(pathToFileURL(packageFile(project, 'esbuild', 'lib/main.js')));
  // What PGlite imports for Node is never loaded in a page.
  const external = settings.platform === 'node' ? [] : ['node:*', 'fs', 'path'];
  await build({ absWorkingDir: project, bundle: true, logLevel: 'silent', external, ...settings });
}

/** Runs a program of a package. */
async function bin(project, name, file, args) {
  const { code, said } = await run(process.execPath, [packageFile(project, name, file), ...args], project);
  if (code !== 0) throw new Error(`${name} fails: ${said.slice(-3000)}`);
}

/** A file of a package of the project, or of the checkout. */
function packageFile(project, name, file) {
  const path = [project, root].map((place) => join(place, 'node_modules', name, file)).find(existsSync);
  if (!path) throw new Error(`${name} is not installed`);
  return path;
}

/** Runs a program; `answer()` is what it printed. */
export function run(command, args, cwd) {
  return new Promise((done, reject) => {
    const { NODE_ENV: _, ...environment } = process.env; // vite, while it serves a page in this process, sets it to development
    const child = spawn(command, args, { cwd, env: { ...environment, NO_COLOR: '1' } });
    const [stdout, stderr] = [[], []];
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => stderr.push(data));
    child.on('error', reject);
    child.on('close', (code) => {
      const [out, err] = [stdout, stderr].map((parts) => Buffer.concat(parts).toString());
      done({ code, said: `${out}\n${err}`, answer: () => answerIn(out, err) });
    });
  });
}

function answerIn(out, err) {
  try {
    return JSON.parse(out);
  } catch {
    return { error: `it prints ${JSON.stringify(out.slice(0, 200))}: ${err.slice(-2000)}` };
  }
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
export const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Serves a folder; `url` and `close`. */
export async function serve(folder, headers = {}) {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = new URL(request.url, 'http://localhost').pathname;
    const file = join(folder, path === '/' ? 'index.html' : decodeURIComponent(path));
    if (!existsSync(file)) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Chromium with a window that nothing is kept for, and one page in it: each takes a fifth of a second to open. */
export async function openBrowser() {
  const program = await launchChromium(['--disable-gpu', '--js-flags=--liftoff-only']); // the database starts in half the time
  const browser = await program.newContext();
  browser.setDefaultTimeout(200_000); // for busy machines
  return { page: await browser.newPage(), close: () => program.close() };
}

/** What the page at an address keeps as `answer`. */
export async function answerOf({ page }, url) {
  const errors = [];
  const keep = (error) => errors.push(String(error));
  page.on('pageerror', keep);
  try {
    await page.goto(url);
    // Asked again and again: what waits inside of the page may be forbidden by its Content-Security-Policy.
    for (const end = Date.now() + 200_000; Date.now() < end; ) {
      const answer = await page.evaluate('globalThis.answer');
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`The page gives no answer: ${errors.join('; ')}`);
  } finally {
    page.off('pageerror', keep);
    await page.goto('about:blank'); // its threads and databases end
  }
}

/** The page as vite serves it while it is written; `url` and `close`. */
export async function serveByVite(project, headers) {
  const { createServer: createVite } = await import('vite');
  const vite = await createVite({
    root: project,
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(project, '.vite'),
    server: { port: 0, host: '127.0.0.1', headers, fs: { strict: false } },
  });
  await vite.listen();
  const { port } = vite.httpServer.address();
  return { url: `http://127.0.0.1:${port}/`, close: () => vite.close() };
}
