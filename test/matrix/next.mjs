// Next.js by both of its bundlers: a page that trains in the browser, a server component that trains on the server.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as projects from '../bundlers/projects.mjs';
import { servePglite, verdict } from './pages.mjs';
import { JOB, PGLITE, pageProgram } from './programs.mjs';

/** The settings that docs/bundlers.md names, and headers: /isolated is isolated, / is not. */
const CONFIG = `export default {
  serverExternalPackages: ['wordkin'],
  async headers() {
    const embed = { key: 'Cross-Origin-Embedder-Policy', value: 'require-corp' };
    const open = { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' };
    return [
      { source: '/isolated', headers: [open, embed] },
      { source: '/_next/:path*', headers: [embed] },
    ];
  },
};
`;
const LAYOUT = `export default ({ children }) => <html><body>{children}</body></html>;\n`;
const PAGE = `'use client';
import { useEffect } from 'react';
export default function Page() {
  useEffect(() => {
    import('WORK');
  }, []);
  return <p>training</p>;
}
`;
const SERVER_COMPONENT = `import * as wordkin from 'wordkin';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
export const dynamic = 'force-dynamic';
${JOB}
export default async function Page() {
  const folder = mkdtempSync('/tmp/wordkin-next-');
  const at = (name) => join(folder, name);
  try {
    writeFileSync(at('corpus.txt'), lines.join('\\n'));
    const save = (model) => wordkin.saveModel(model, at('model.safetensors'));
    const load = () => wordkin.loadModel(at('model.safetensors'));
    const { loaded, answer } = await trainAndKeep(wordkin, at('corpus.txt'), save, load);
    const hit = await searchTexts(wordkin, loaded, () => wordkin.openTextStore(at('texts')));
    return <pre>{JSON.stringify({ ...answer, hit })}</pre>;
  } catch (error) {
    return <pre>{JSON.stringify({ error: error.stack })}</pre>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
`;

function makeProject({ folder, archive }, name) {
  const project = projects.installedProject(join(folder, name), archive, ['next', 'react', 'react-dom']);
  const write = (path, text) => {
    mkdirSync(join(project, path, '..'), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  write('next.config.mjs', CONFIG);
  write('app/layout.jsx', LAYOUT);
  write('work.js', pageProgram(PGLITE.served));
  write('app/page.jsx', PAGE.replace('WORK', '../work.js'));
  write('app/isolated/page.jsx', PAGE.replace('WORK', '../../work.js'));
  write('app/server/page.jsx', SERVER_COMPONENT);
  mkdirSync(join(project, 'public'), { recursive: true });
  servePglite(project, join(project, 'public'));
  return project;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts the built application; `url` and `close`. */
async function start(project) {
  const port = await freePort();
  const command = [join(project, 'node_modules/next/dist/bin/next'), 'start', '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(process.execPath, command, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + 60_000; ; ) {
    if (await fetch(url).catch(() => false)) break;
    if (Date.now() > end || child.exitCode !== null) throw new Error(`next start fails: ${said}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { url, close: () => child.kill() };
}

async function answerOfServer(url) {
  const html = await (await fetch(url)).text();
  const [, text] = /<pre>(.*?)<\/pre>/s.exec(html) ?? [];
  if (text === undefined) return { error: `the server says ${html.slice(0, 500)}` };
  return JSON.parse(text.replaceAll('&quot;', '"').replaceAll('&#x27;', "'").replaceAll('&amp;', '&'));
}

export function nextCells(context) {
  return Object.entries({ Turbopack: [], webpack: ['--webpack'] }).map(([bundler, flags]) => {
    let started;
    let browser;
    const open = async () => {
      started ??= (async () => {
        const project = makeProject(context, `next-${bundler}`);
        const command = [join(project, 'node_modules/next/dist/bin/next'), 'build', ...flags];
        const { code, said } = await projects.run(process.execPath, command, project);
        if (code !== 0) throw new Error(`next build fails: ${said.slice(-3000)}`);
        return { ...(await start(project)), warnings: said.match(/.*(?:warn|jieba).*/gi) ?? [] };
      })();
      return started;
    };
    const cells = Object.entries({ isolated: '/isolated', 'not isolated': '/' }).map(([page, path]) => ({
      name: `page: Next ${bundler}, ${page}`,
      async work() {
        const { url, warnings } = await open();
        browser ??= await projects.openBrowser();
        const said = verdict(await projects.answerOf(browser, `${url}${path}`), { threads: page === 'isolated' });
        return [said, ...warnings].join('; ');
      },
    }));
    const server = {
      name: `server component: Next ${bundler}`,
      work: async () => verdict(await answerOfServer(`${(await open()).url}/server`)),
    };
    const close = async () => {
      await browser?.close();
      (await started?.catch(() => undefined))?.close();
    };
    return { cells: [...cells, server], close };
  });
}
