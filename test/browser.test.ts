import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryFile, readModel, train, writeModel, writeSafetensors } from 'wordkin';
import { chromiumPath, launchChromium } from '../scripts/chromium.mjs';
import { mayBeSkipped } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const page = `<!doctype html><title>wordkin</title><script type="importmap">{ "imports": {
  "wordkin": "/dist/browser/index.js", "jieba-wasm/web": "/node_modules/jieba-wasm/pkg/web/jieba_rs_wasm.js",
  "@huggingface/tokenizers": "/node_modules/@huggingface/tokenizers/dist/tokenizers.mjs",
  "@electric-sql/pglite": "/node_modules/@electric-sql/pglite/dist/index.js",
  "@electric-sql/pglite-pgvector": "/node_modules/@electric-sql/pglite-pgvector/dist/index.js" } }</script>
  <script type="module" src="/test/browser-page.js"></script>`;

/** What `trainTopics` of browser-page.js answers. */
interface PageResult {
  isolated: boolean;
  threads: number;
  losses: number[];
  neighbors: string[];
  tokenizer: { name: string; engine: string };
  known: number;
  bytes: number[];
}

/** What `scanTwice` of browser-page.js answers. */
interface ScanResult {
  relaxed: boolean;
  /** Hits of each query. */
  counts: number[];
  difference: object | null;
}

/** What the server has under /model/. */
const modelFiles = new Map<string, Uint8Array>();

/** The built package as plain files: what a page without a bundler would load. */
const server = createServer(({ url = '/', headers }, response) => {
  const isolated = !url.startsWith('/plain');
  if (isolated) {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  }
  const path = join(root, url);
  if (url.startsWith('/model/')) {
    const body = modelFiles.get(url.slice('/model/'.length));
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (!body) response.writeHead(404);
    else if (begin !== undefined)
      response.writeHead(206, {
        'content-range': `bytes ${begin}-${Math.min(Number(end), body.length - 1)}/${body.length}`,
      });
    response.end(body?.subarray(Number(begin ?? 0), begin === undefined ? undefined : Number(end) + 1));
    return;
  }
  if (/^\/(dist|node_modules|test)\//.test(url) && existsSync(path)) {
    response.setHeader('Cache-Control', 'max-age=600');
    response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain');
    response.end(readFileSync(path));
  } else {
    response.setHeader('Content-Type', 'text/html');
    response.end(page);
  }
});

describe.skipIf(mayBeSkipped(!chromiumPath))('in Chromium (needs chromium)', () => {
  let program: Browser;
  let browser: BrowserContext;
  let origin: string;

  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    program = await launchChromium(['--disable-gpu', '--js-flags=--liftoff-only']); // see quick-webassembly.cjs
    browser = await program.newContext();
    browser.setDefaultTimeout(200_000); // as patient as the tests
  });
  afterAll(async () => {
    await program?.close();
    server.close();
  });

  const opened = new Map<string, { page: Page; errors: string[] }>();
  /** The page at this path, one for all tests: to load all files of the package takes most of the time of many. */
  async function pageAt(path: string) {
    let found = opened.get(path);
    if (!found) {
      const [page, errors] = [await browser.newPage(), [] as string[]];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(origin + path);
      found = { page, errors };
      opened.set(path, found);
    }
    return found;
  }

  async function trainInPage(target: Page): Promise<PageResult> {
    await target.waitForFunction('window.trainTopics');
    return target.evaluate('window.trainTopics()');
  }

  it.each([
    ['/isolated', true],
    ['/plain', false],
  ])('trains, asks and saves on the page %s', async (path, isolated) => {
    const { page: target, errors } = await pageAt(path);
    const result = await trainInPage(target);
    expect(errors).toEqual([]);
    // Threads are really used where they can be.
    expect(result).toMatchObject({
      isolated,
      threads: 2,
      known: 2,
      tokenizer: { name: 'chinese', engine: 'jieba-wasm' },
    });
    expect(result.neighbors.sort()).toEqual(['喜欢', '好吃', '水果', '香蕉'].sort());
    expect(result.losses.at(-1)!).toBeLessThan(result.losses[0]);
    // The file that the page made is one that Node reads.
    const model = await readModel(memoryFile(Uint8Array.from(result.bytes)));
    expect(model.size).toBe(10);
  });

  it('makes the same file as Node in deterministic training', async () => {
    const texts = Array.from({ length: 2000 }, (_, i) => `common w${i % 100} x${(i * 7) % 50} y${i % 3}`);
    const options = {
      dimensions: 6,
      epochs: 3,
      minCount: 1,
      deterministic: true,
      tokenizer: 'whitespace',
      threads: 2,
      phrasePasses: 2,
    } as const;
    const { model } = await train({ texts }, options);
    expect(model.contents.tokenizer!.phrases![0].length).toBeGreaterThan(50);
    const expected = Buffer.concat([...writeSafetensors(model.contents)]);
    for (const path of ['/isolated', '/plain']) {
      const { page: target } = await pageAt(path);
      await target.waitForFunction('window.trainDeterministic');
      const bytes = await target.evaluate(
        `window.trainDeterministic(${JSON.stringify(texts)}, ${JSON.stringify(options)})`,
      );
      expect(Buffer.from(bytes as number[]).equals(expected)).toBe(true);
      const phrase = model.words.find((word) => word.includes('_'))!;
      const tokens = await target.evaluate(
        `window.tokensOf(${JSON.stringify(bytes)}, ${JSON.stringify(phrase.replaceAll('_', ' '))})`,
      );
      expect(tokens).toEqual([phrase]);
    }
  });

  it('scans codes with relaxed SIMD as without', async () => {
    const { page: target } = await pageAt('/isolated');
    await target.waitForFunction('window.scanTwice');
    for (const dimensions of [3, 100]) {
      const { relaxed, counts, difference } = (await target.evaluate(`window.scanTwice(${dimensions})`)) as ScanResult;
      expect(relaxed).toBe(true);
      expect(counts[0]).toBe(1003);
      expect(difference).toBeNull();
    }
  });

  it('scans codes of many vectors with relaxed SIMD as without, also where their sums need 32 bits', async () => {
    const { page: target } = await pageAt('/isolated');
    await target.waitForFunction('window.scanCodesTwice');
    for (const dimensions of [3, 100, 300]) {
      const { relaxed, counts, difference } = (await target.evaluate(
        `window.scanCodesTwice(${dimensions})`,
      )) as ScanResult;
      expect(relaxed).toBe(true);
      expect(counts[0]).toBe(5000);
      expect(difference).toBeNull();
    }
  });

  it('keeps texts in the browser: a question finds them, after a reload, too', async () => {
    const model = {
      words: ['苹果', '水果', 'stone'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 0, 0.9, 0.1, 0, 1),
      tokenizer: { name: 'chinese', version: 1 } as const,
    };
    const bytes = [...writeSafetensors(model)].flatMap((part) => [...part]);
    const texts = [
      { id: 'a', text: '水果', metadata: { lang: 'zh' } },
      { id: 'b', text: 'a stone', metadata: { lang: 'en' } },
      { id: '\ufeffc', text: '苹果和 stone', metadata: { lang: 'zh' } },
    ];
    const target = await browser.newPage();
    const search = async (list: typeof texts): Promise<unknown> => {
      await target.waitForFunction('window.searchTexts');
      return target.evaluate(
        ([file, list]) =>
          (window as never as { searchTexts(...args: unknown[]): unknown }).searchTexts(file, list, '苹果'),
        [bytes, list] as const,
      );
    };
    await target.goto(`${origin}/`);
    const second = 'Cannot open "texts": another page uses it; a store takes one page at a time';
    expect(await search(texts)).toEqual({
      added: 3,
      count: 3,
      second,
      hits: ['a', '\ufeffc'],
      hybrid: ['\ufeffc', 'a'],
    });
    await target.reload();
    expect(await search([])).toEqual({ added: 0, count: 3, second, hits: ['a', '\ufeffc'], hybrid: ['\ufeffc', 'a'] });
    await target.close();
  });

  it('reads models from Blobs, compressed, from URLs in parts, and from folders', async () => {
    const contents = {
      words: ['苹果', 'a'],
      dimensions: 2,
      inputVectors: Float32Array.of(1, 2, 3, 4),
      subwords: {
        options: { minNgram: 1, maxNgram: 2, buckets: 2 },
        buckets: Uint32Array.of(0, 1),
        vectors: Float32Array.of(0.25, 0.5, 0.25, 0.5),
      },
    };
    const joined = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]);
    const [[, chunks]] = [...writeModel(contents, 'fasttext-binary').files];
    const fastText = joined(chunks);
    const folder = [...writeModel(contents, 'model2vec').files].map(([name, parts]) => [name, joined(parts)] as const);
    for (const [name, bytes] of [...folder, ['a.bin', fastText] as const]) modelFiles.set(name, bytes);
    const files = {
      fastText: [...fastText],
      packed: [...gzipSync(fastText)],
      folder: Object.fromEntries(folder.map(([name, bytes]) => [name, [...bytes]])),
    };
    const { page: target } = await pageAt('/isolated');
    await target.waitForFunction('window.readModels');
    const results = await target.evaluate(
      (list) => (window as never as { readModels(list: unknown): unknown }).readModels(list),
      files,
    );
    const single = { words: contents.words, knownTokens: 2, unknown: [0.25, 0.5] };
    expect(results).toEqual([single, single, single, ...Array(2).fill({ ...single, unknown: [] })]);
  });

  it('falls back to Intl.Segmenter where jieba-wasm is not there', async () => {
    const target = await browser.newPage();
    await target.route('**/jieba_rs_wasm*', (route) => route.abort());
    await target.goto(`${origin}/isolated`);
    expect((await trainInPage(target)).tokenizer).toMatchObject({ engine: 'Intl.Segmenter' });
    await target.close();
  });
});
