// Bundlers, on the packed library in an empty project: what users build of it. `test/bundlers/try-bundlers.mjs` tries more of
// them, installed from the registry.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as projects from './bundlers/projects.mjs';
import { mayBeSkipped } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'wordkin-bundles-'));
const project = join(folder, 'project');
const write = (name: string, text: string) => writeFileSync(join(project, name), text);

beforeAll(() => {
  mkdirSync(project);
  projects.linkedProject(project, projects.pack(folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a page gets of `code`, without what is loaded later: minified, in bytes after gzip. */
async function gzippedBytes(code: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'esnext',
    splitting: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    outdir: join(project, 'out-size'),
  });
  const needed = new Set<string>();
  const follow = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const { path, kind } of metafile.outputs[name].imports) if (kind === 'import-statement') follow(path);
  };
  follow(Object.keys(metafile.outputs).find((name) => metafile.outputs[name].entryPoint === '<stdin>')!);
  const files = outputFiles.filter(({ path }) => [...needed].some((name) => path.endsWith(name.split('/').at(-1)!)));
  expect(files.length).toBe(needed.size);
  return files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}

/** Most kB (of 1,000 bytes) of the parts that pages take. */
const LIMITS: [name: string, code: string, kilobytes: number][] = [
  [
    'readModel and neighbors',
    `import { memoryFile, readModel } from 'wordkin/formats';
     console.log((await readModel(memoryFile(globalThis.bytes))).neighbors('word'));`,
    24,
  ],
  ['wordkin/model', `import * as model from 'wordkin/model'; console.log(model);`, 45],
  ['train', `import { train } from 'wordkin'; console.log(train);`, 60],
  ['wordkin/search', `import * as search from 'wordkin/search'; console.log(search);`, 12],
];

it.each(LIMITS)('%s is small in a page', async (_, code, kilobytes) => {
  const bytes = await gzippedBytes(code);
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes / 1000).toBeLessThanOrEqual(kilobytes);
});

it('every entry is bundled alone, and everything at once', async () => {
  const entries = ['', '/model', '/sentences', '/store', '/text', '/search', '/evaluation', '/formats', '/browser'];
  for (const entry of entries) {
    const bytes = await gzippedBytes(`import * as all from 'wordkin${entry}'; console.log(all);`);
    expect(bytes, entry).toBeGreaterThan(1000);
  }
});

describe('a program for Node', () => {
  beforeAll(() => write('main.js', projects.PROGRAM));

  it.each(['esbuild for Node', 'esbuild for Node, CommonJS'])(
    'by %s trains without threads, and says what to leave out of the bundle',
    async (name) => {
      const program = await projects.NODE_BUNDLERS[name].build(project);
      const { answer } = await projects.run(process.execPath, [program], project);
      expect(answer()).toEqual({ words: 13, warning: expect.stringMatching(/"external".*wordkin\/training-thread/) });
    },
  );

  it.each([
    ['a module', 'main.js', projects.PROGRAM],
    ['CommonJS', 'main.cjs', projects.COMMON_JS],
  ])('that is %s trains in threads', async (_, file, code) => {
    write(file, code);
    const { answer } = await projects.run(process.execPath, [join(project, file)], project);
    expect(answer()).toEqual({ words: 13 });
  });
});

describe.skipIf(mayBeSkipped(!projects.browserPath))('a page (needs chromium)', () => {
  let browser: Awaited<ReturnType<typeof projects.openBrowser>>;
  beforeAll(async () => {
    browser = await projects.openBrowser(join(folder, 'profile'));
    write('index.html', projects.HTML);
  });
  afterAll(() => browser?.close());

  it.each([
    ['vite', 'out-vite'],
    ['esbuild', 'out-esbuild'],
    ['esbuild without the worker', 'out-esbuild-alone'],
  ])('by %s trains, in threads or with the reason why not', async (name, output) => {
    write('main.js', projects.PAGE);
    const { build: bundle, threads } = projects.PAGE_BUNDLERS[name];
    await bundle(project);
    for (const headers of [projects.ISOLATION, {}]) {
      const { url, close } = await projects.serve(join(project, output), headers);
      const isolated = headers === projects.ISOLATION;
      const warning = expect.stringMatching(isolated ? /wordkin\/training-thread/ : /Cross-Origin-Opener-Policy/);
      const expected = threads && isolated ? { words: 13 } : { words: 13, warning };
      expect(await projects.answerOf(browser, url).finally(close)).toEqual(expected);
    }
  });

  it('with a strict Content-Security-Policy trains in threads', async () => {
    write('main.js', projects.PAGE);
    await projects.PAGE_BUNDLERS.vite.build(project);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const headers = { ...projects.ISOLATION, 'content-security-policy': policy };
    const { url, close } = await projects.serve(join(project, 'out-vite'), headers);
    expect(await projects.answerOf(browser, url).finally(close)).toEqual({ words: 13 });
  });

  it('by vite opens a store of what the page imports', async () => {
    write('main.js', projects.STORE_PAGE);
    await projects.PAGE_BUNDLERS.vite.build(project);
    const { url, close } = await projects.serve(join(project, 'out-vite'));
    expect(await projects.answerOf(browser, url).finally(close)).toEqual({ texts: 0 });
  });

  it.each([
    ['without the files of PGlite', projects.STORE_PAGE, /the server answers 404 for http.*beside its script/],
    ['without PGlite', projects.LONE_STORE_PAGE, /the page has no database.*@electric-sql\/pglite/],
  ])('by esbuild %s is told so', async (_, code, message) => {
    write('main.js', code);
    await projects.PAGE_BUNDLERS['esbuild without the worker'].build(project);
    const { url, close } = await projects.serve(join(project, 'out-esbuild-alone'));
    const answer = await projects.answerOf(browser, url).finally(close);
    expect(answer).toEqual({ error: expect.stringMatching(message) });
  });
});
