import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built page, beside this package's code. */
const PAGE = fileURLToPath(new URL('../page', import.meta.url));
/** Packages that the page loads from the server when they are needed, by the folder of their address. */
const PACKAGES: Readonly<Record<string, string>> = {
  pglite: '@electric-sql/pglite',
  'pglite-pgvector': '@electric-sql/pglite-pgvector',
};
/** The dictionary of jieba-wasm, 4 MB, is no part of this package: it comes from the optional one, where that is installed. */
const SEGMENTER_FILE = /^jieba_rs_wasm_bg-[\w-]+\.wasm$/;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.md': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};
const POLICY = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' blob: data:",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** Tells a folder that holds the page from other sites, which have an index.html and a .nojekyll, too. */
const OWN_FILE = 'isolation-worker.js';

/** How the page is served. */
export interface PageServerOptions {
  /** Origins that the page may load models from, beside its own: `https://host`. None if omitted. */
  readonly connect?: readonly string[] | undefined;
  /** Without it the page is not cross-origin isolated, as on a host that sets no headers. `true` if omitted. */
  readonly isolated?: boolean | undefined;
}

/**
 * A server for the page (`wordkin page`), not yet listening: its files, with the headers for threads and a strict
 * Content-Security-Policy. It answers by the names localhost, 127.0.0.1 and [::1] only.
 *
 * @throws Error where this package was built without the page
 */
export function createPageServer(options: PageServerOptions = {}): Server {
  checkPage();
  return createServer((request, response) => {
    answer(request, response, options).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
}

/**
 * Writes the page into a folder that any static host can serve, with the packages that it loads.
 *
 * @returns what is not there, in words
 * @throws Error for a folder that holds other files and no page
 */
export async function copyPage(folder: string): Promise<string[]> {
  checkPage();
  const there = existsSync(folder) ? await readdir(folder) : [];
  const others = there.filter((name) => !name.startsWith('.')).slice(0, 3);
  if (others.length > 0 && !there.includes(OWN_FILE))
    throw new Error(
      `Cannot write the page to "${folder}": it holds "${others.join('", "')}" and no page; give another folder`,
    );
  await cp(PAGE, folder, { recursive: true });
  const missing: string[] = [];
  for (const [place, name] of Object.entries(PACKAGES)) {
    const from = packageFolder(name);
    if (from) await cp(from, join(folder, 'packages', place), { recursive: true, filter: (path) => isServed(path) });
    else missing.push(`${name} is not installed: search will not work`);
  }
  const { wanted, installed } = segmenterFiles();
  if (wanted && installed) await cp(installed, join(folder, 'assets', wanted));
  else if (wanted)
    missing.push('jieba-wasm is not installed: Chinese will be cut by the browser (npm install jieba-wasm)');
  await writeFile(join(folder, '.nojekyll'), '');
  return missing;
}

function checkPage(): void {
  if (!existsSync(join(PAGE, 'index.html')))
    throw new Error(`Cannot serve the page: "${PAGE}" does not hold it; build it with npm run build`);
}

/** Where `dist` of an installed package stands; undefined where it is not installed. */
function packageFolder(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(name));
  } catch {
    return undefined;
  }
}

/** The name under which the page asks for the dictionary, where it is not beside the page; and where it is installed. */
function segmenterFiles(): { wanted: string | undefined; installed: string | undefined } {
  const assets = join(PAGE, 'assets');
  const script = readdirSync(assets).find((name) => /^jieba_rs_wasm-.*\.js$/.test(name));
  const [wanted] = (script && /jieba_rs_wasm_bg-[\w-]+\.wasm/.exec(readFileSync(join(assets, script), 'utf8'))) || [];
  const folder = packageFolder('jieba-wasm/node');
  const installed = folder && join(folder, '../web/jieba_rs_wasm_bg.wasm');
  return {
    wanted: wanted && !existsSync(join(assets, wanted)) ? wanted : undefined,
    installed: installed && existsSync(installed) ? installed : undefined,
  };
}

/** Type declarations and source maps are for nobody. */
function isServed(path: string): boolean {
  return !/\.(d\.c?ts|map|cjs)$/.test(path);
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

async function answer(request: IncomingMessage, response: ServerResponse, options: PageServerOptions): Promise<void> {
  const refuse = (status: number, text: string) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${text}\n`);
  };
  // A page of another name that points here must not read this one.
  if (!LOOPBACK.test(request.headers.host ?? '')) return refuse(403, 'The page answers by the name localhost only');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'The page is only read');
  const path = fileOf(request.url ?? '/');
  const stats = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || !stats?.isFile()) return refuse(404, 'There is no such file');
  for (const [name, value] of headersOf(path, options)) response.setHeader(name, value);
  if (options.connect?.length && path === join(PAGE, 'index.html')) {
    const html = (await readFile(path, 'utf8')).replace(
      "connect-src 'self'",
      `connect-src 'self' ${options.connect.join(' ')}`,
    );
    response.end(request.method === 'HEAD' ? undefined : html);
    return;
  }
  response.setHeader('Content-Length', stats.size);
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** The file behind an address; undefined for one that leaves its folder. */
function fileOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const [, place, rest] = /^\/packages\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const folder =
    place === undefined ? PAGE : Object.hasOwn(PACKAGES, place) ? packageFolder(PACKAGES[place]) : undefined;
  if (folder === undefined || path.includes('\0')) return undefined;
  const file = resolve(
    folder,
    `.${place === undefined ? (path.endsWith('/') ? `${path}index.html` : path) : `/${rest}`}`,
  );
  if (!file.startsWith(folder + sep)) return undefined;
  return SEGMENTER_FILE.test(basename(file)) && !existsSync(file) ? segmenterFiles().installed : file;
}

function headersOf(path: string, { connect = [], isolated = true }: PageServerOptions): [string, string][] {
  // The database alone evaluates code (PGlite does): its worker has a policy of its own.
  const database = /^search-worker.*\.js$/.test(path.slice(path.lastIndexOf(sep) + 1));
  const policy = {
    ...POLICY,
    'script-src': `${POLICY['script-src']}${database ? " 'unsafe-eval'" : ''}`,
    'connect-src': [POLICY['connect-src'], ...connect].join(' '),
  };
  return [
    ['Content-Type', TYPES[extname(path)] ?? 'application/octet-stream'],
    [
      'Content-Security-Policy',
      Object.entries(policy)
        .map((entry) => entry.join(' '))
        .join('; '),
    ],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    // The names of assets hold a hash of their content.
    ['Cache-Control', path.startsWith(join(PAGE, 'assets')) ? 'public, max-age=31536000, immutable' : 'no-cache'],
    ...(isolated
      ? ([
          ['Cross-Origin-Opener-Policy', 'same-origin'],
          ['Cross-Origin-Embedder-Policy', 'require-corp'],
          ['Cross-Origin-Resource-Policy', 'same-origin'],
        ] as [string, string][])
      : []),
  ];
}
