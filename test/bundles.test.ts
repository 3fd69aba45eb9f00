// Bundlers, on the packed library in an empty project: what users build of it. `test/matrix/run.mjs` tries more of
// them, installed from the registry.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../scripts/chromium.mjs';
import { PAGE_LIMITS, pageBytes } from '../scripts/sizes.mjs';
import * as projects from './bundlers/projects.mjs';
import { emptyStore, mayBeSkipped } from './command.ts';
import { faultOf, PGLITE, pageProgram, runtimeProgram } from './matrix/programs.mjs';

const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'wordkin-bundles-'));
const project = join(folder, 'project');
const write = (name: string, text: string) => writeFileSync(join(project, name), text);

beforeAll(() => {
  mkdirSync(project);
  projects.linkedProject(project, projects.packed().archive);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(PAGE_LIMITS)('%s is small in a page', async (_, code, kilobytes) => {
  const { gzip } = await pageBytes(code, project);
  expect(gzip).toBeGreaterThan(1000);
  expect(gzip / 1000).toBeLessThanOrEqual(kilobytes);
});

/** Imports that pages have no use for. */
const FOR_NODE = ['./node', './server', './distributed'];

it('every entry is bundled alone, and everything at once', async () => {
  const entries = Object.entries(manifest.exports as Record<string, { types?: string }>).flatMap(([path, { types }]) =>
    types && !FOR_NODE.includes(path) ? [path.slice(1)] : [],
  );
  expect(entries.length).toBeGreaterThan(8);
  for (const entry of entries) {
    const { gzip } = await pageBytes(`import * as all from 'wordkin${entry}'; console.log(all);`, project);
    expect(gzip, entry).toBeGreaterThan(500);
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
    ['a module', 'main.mjs', { store: join(project, 'texts') }],
    ['CommonJS', 'main.cjs', { commonJs: true, store: false as const }],
  ])('that is %s trains in threads, saves and loads, and searches', async (_, file, kind) => {
    if (kind.store) await emptyStore(kind.store);
    write(file, runtimeProgram(kind));
    const { answer } = await projects.run(process.execPath, [join(project, file)], project);
    expect(faultOf(answer(), kind)).toBeUndefined();
  });
});

describe.skipIf(mayBeSkipped(!chromiumPath))('a page (needs chromium)', () => {
  let browser: Awaited<ReturnType<typeof projects.openBrowser>>;
  beforeAll(async () => {
    browser = await projects.openBrowser();
    write('index.html', projects.HTML);
  });
  afterAll(() => browser?.close());

  /** What each bundler has built last. */
  const built = new Map<string, string>();
  async function bundle(name: string, code: string): Promise<void> {
    if (built.get(name) === code) return;
    write('main.js', code);
    await projects.PAGE_BUNDLERS[name].build(project);
    built.set(name, code);
  }

  it.each([
    ['vite', 'out-vite'],
    ['esbuild', 'out-esbuild'],
    ['esbuild without the worker', 'out-esbuild-alone'],
  ])('by %s trains, in threads or with the reason why not', async (name, output) => {
    await bundle(name, projects.PAGE);
    const { threads } = projects.PAGE_BUNDLERS[name];
    for (const headers of [projects.ISOLATION, {}]) {
      const { url, close } = await projects.serve(join(project, output), headers);
      const isolated = headers === projects.ISOLATION;
      const warning = expect.stringMatching(isolated ? /wordkin\/training-thread/ : /Cross-Origin-Opener-Policy/);
      const expected = threads && isolated ? { words: 13 } : { words: 13, warning };
      expect(await projects.answerOf(browser, url).finally(close)).toEqual(expected);
    }
  });

  it('with a strict Content-Security-Policy trains in threads', async () => {
    await bundle('vite', projects.PAGE);
    const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
    const headers = { ...projects.ISOLATION, 'content-security-policy': policy };
    const { url, close } = await projects.serve(join(project, 'out-vite'), headers);
    expect(await projects.answerOf(browser, url).finally(close)).toEqual({ words: 13 });
  });

  it('by vite trains on a File, saves and loads, and searches in IndexedDB', async () => {
    await bundle('vite', pageProgram(PGLITE.bundled));
    const { url, close } = await projects.serve(join(project, 'out-vite'), projects.ISOLATION);
    expect(faultOf(await projects.answerOf(browser, url).finally(close))).toBeUndefined();
  });

  it.each([
    ['without the files of PGlite', projects.STORE_PAGE, /the server answers 404 for http.*beside its script/],
    ['without PGlite', projects.LONE_STORE_PAGE, /the page has no database.*@electric-sql\/pglite/],
  ])('by esbuild %s is told so', async (_, code, message) => {
    await bundle('esbuild without the worker', code);
    const { url, close } = await projects.serve(join(project, 'out-esbuild-alone'));
    const answer = await projects.answerOf(browser, url).finally(close);
    expect(answer).toEqual({ error: expect.stringMatching(message) });
  });
});
