// Tries the packed library in projects that npm installs: every bundler, isolated pages and others, programs for Node.
// Needs the network, Chromium, and a build; a minute or two. `node test/bundlers/try-bundlers.mjs [name …]`
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as projects from './projects.mjs';

const { ISOLATION, NODE_BUNDLERS, PAGE_BUNDLERS } = projects;
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const folder = mkdtempSync(join(tmpdir(), 'wordkin-bundlers-'));
let failures = 0;

/** Prints what came of a cell; it must train, in threads or with a warning that says why not. */
function report(name, threads, { words, error, warning }) {
  const good = words === 13 && error === undefined && (warning === undefined) === threads;
  if (!good) failures++;
  const how = error ?? (warning ? `in slices: ${warning}` : 'in threads');
  console.log(`${good ? 'good' : 'BAD '}  ${name}: ${how}`);
}

async function attempt(name, threads, work) {
  if (!isWanted(name)) return;
  report(name, threads, await work().catch((error) => ({ error: error.message })));
}

try {
  const bundlers = Object.entries({ ...PAGE_BUNDLERS, ...NODE_BUNDLERS }).filter(([name]) => isWanted(name));
  const packages = new Set(bundlers.flatMap(([, bundler]) => bundler.packages));
  const project = projects.installedProject(join(folder, 'project'), projects.pack(folder), [...packages]);
  const write = (name, text) => writeFileSync(join(project, name), text);

  write('main.js', projects.PAGE);
  write('index.html', projects.HTML);
  const browser = await projects.openBrowser(join(folder, 'profile'));
  for (const [name, { build, threads }] of Object.entries(PAGE_BUNDLERS)) {
    if (!isWanted(name)) continue;
    const built = await build(project).catch((error) => error);
    const out = { 'esbuild without the worker': 'esbuild-alone' }[name] ?? name;
    for (const [page, headers] of Object.entries({ isolated: ISOLATION, 'not isolated': {} })) {
      await attempt(`${name}, ${page}`, threads && page === 'isolated', async () => {
        if (built instanceof Error) throw built;
        const server = await projects.serve(join(project, `out-${out}`), headers);
        return projects.answerOf(browser, server.url).finally(server.close);
      });
    }
  }
  for (const [page, headers] of Object.entries({ isolated: ISOLATION, 'not isolated': {} })) {
    await attempt(`vite dev, ${page}`, page === 'isolated', async () => {
      const server = await projects.serveByVite(project, headers);
      return projects.answerOf(browser, server.url).finally(server.close);
    });
  }
  await browser.close();

  write('main.js', projects.PROGRAM);
  write('main.cjs', projects.COMMON_JS);
  for (const [name, { build }] of Object.entries(NODE_BUNDLERS)) {
    await attempt(name, name.startsWith('webpack'), async () => {
      const program = await build(project);
      return (await projects.run(process.execPath, [program], project)).answer();
    });
  }
  for (const file of ['main.js', 'main.cjs']) {
    await attempt(`Node, ${file}`, true, async () =>
      (await projects.run(process.execPath, [join(project, file)], project)).answer(),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
