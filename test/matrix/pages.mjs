// Pages by vite, webpack, esbuild and rollup, cross-origin isolated and not, in Chromium.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as projects from '../bundlers/projects.mjs';
import { faultOf, PGLITE, pageProgram } from './programs.mjs';

export const PAGES = { isolated: projects.ISOLATION, 'not isolated': {} };

/** What an answer means, in words. @throws Error for a wrong one */
export function verdict(answer, expected) {
  const fault = faultOf(answer, expected);
  if (fault) throw new Error(fault);
  return answer.warning ? `in slices: ${answer.warning.slice(0, 60)}…` : 'in threads';
}

/** The files that PGlite loads by itself, beside the scripts that a bundler has made of it. */
function copyAssets(project, output) {
  for (const name of ['pglite.wasm', 'pglite.data', 'initdb.wasm'])
    cpSync(join(project, 'node_modules/@electric-sql/pglite/dist', name), join(output, name));
  cpSync(join(project, 'node_modules/@electric-sql/pglite-pgvector/dist/vector.tar.gz'), join(output, 'vector.tar.gz'));
}

/** PGlite in folders of its own, for a page that loads it from its server. */
export function servePglite(project, output) {
  for (const name of ['pglite', 'pglite-pgvector'])
    cpSync(join(project, 'node_modules/@electric-sql', name, 'dist'), join(output, name), { recursive: true });
}

const { vite, webpack, esbuild, rollup } = projects.PAGE_BUNDLERS;
const BUNDLERS = {
  'vite build': { ...vite, pglite: 'bundled', output: 'out-vite', finish() {} },
  webpack: { ...webpack, pglite: 'bundled', output: 'out-webpack', finish() {} },
  esbuild: { ...esbuild, pglite: 'bundled', output: 'out-esbuild', finish: copyAssets },
  rollup: { ...rollup, pglite: 'bundled', output: 'out-rollup', finish: copyAssets },
};

export function pageCells({ folder, archive }) {
  let project;
  let browser;
  const open = async () => {
    const packages = [...new Set(Object.values(BUNDLERS).flatMap((bundler) => bundler.packages))];
    project ??= projects.installedProject(join(folder, 'pages'), archive, packages);
    browser ??= await projects.openBrowser();
    writeFileSync(join(project, 'index.html'), projects.HTML);
  };
  const built = {};
  const cells = Object.entries(BUNDLERS).flatMap(([name, bundler]) =>
    Object.entries(PAGES).map(([page, headers]) => ({
      name: `page: ${name}, ${page}`,
      async work() {
        await open();
        built[name] ??= (async () => {
          writeFileSync(join(project, 'main.js'), pageProgram(PGLITE[bundler.pglite]));
          await bundler.build(project);
          const output = join(project, bundler.output);
          mkdirSync(output, { recursive: true });
          bundler.finish(project, output);
        })();
        await built[name];
        const { url, close } = await projects.serve(join(project, bundler.output), headers);
        const answer = await projects.answerOf(browser, url).finally(close);
        return verdict(answer, { threads: page === 'isolated' });
      },
    })),
  );
  const dev = Object.entries(PAGES).map(([page, headers]) => ({
    name: `page: vite dev, ${page}`,
    async work() {
      await open();
      writeFileSync(join(project, 'main.js'), pageProgram(PGLITE.bundled));
      const { url, close } = await projects.serveByVite(project, headers);
      const answer = await projects.answerOf(browser, url).finally(close);
      return verdict(answer, { threads: page === 'isolated' });
    },
  }));
  return [{ cells: [...cells, ...dev], close: () => browser?.close() }];
}
