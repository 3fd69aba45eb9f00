// The page beside Node: trains the same text with two threads in Chromium and in Node by turns, and watches the page meanwhile: tasks of the
// main thread longer than 50 ms (Long Tasks API), frames of the map a second, and the time until text can be pasted.
//
//   npm run bench:page -- TEXT[.gz] [--rounds 3] [--megabytes 5] [--epochs 5] [--dimensions 100] [--min-count 5]
//
// Needs Chromium (apt-get install chromium; CHROMIUM names another). It draws in software, as no graphics card is there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createPageServer } from '../dist/node/page-server.js';
import { chromiumPath, launchChromium } from '../scripts/chromium.mjs';
import { benchArguments } from './library/smoke.mjs';
import { writeLines } from './library/write-lines.mjs';

const args = await benchArguments((text) => [text, '--rounds', '1', '--epochs', '2', '--dimensions', '8']);
const { values, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    megabytes: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '5' },
    dimensions: { type: 'string', default: '100' },
    'min-count': { type: 'string', default: '5' },
  },
});
const [source] = positionals;
if (!source) throw new Error('Give a text file, such as a corpus of English.');
const { rounds, megabytes, epochs, dimensions, 'min-count': minCount } = values;
const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
const text = join(folder, 'text.txt');
await writeLines(source, text, Number(megabytes) * 1e6);

if (!chromiumPath) {
  console.log('0 rounds: there is no Chromium');
  process.exit();
}
const server = createPageServer();
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const url = `http://127.0.0.1:${port}/`;
const seconds = { page: [], node: [] };
try {
  for (let round = 0; round < Number(rounds); round++) {
    const page = await inPage();
    const node = inNode();
    seconds.page.push(page.seconds);
    seconds.node.push(node);
    console.log(
      `round ${round + 1}: page ${page.seconds.toFixed(2)} s, Node ${node.toFixed(2)} s, ratio ${(page.seconds / node).toFixed(2)}; ${page.words} words on the map, ` +
        `${page.framesPerSecond.toFixed(1)} frames a second; ${page.longTasks.length} tasks over 50 ms${page.longTasks.length > 0 ? ` (${page.longTasks.join(', ')} ms)` : ''}; ready after ${page.readySeconds.toFixed(2)} s`,
    );
  }
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const ratios = seconds.page.map((value, i) => value / seconds.node[i]);
console.log(
  `median: page ${median(seconds.page).toFixed(2)} s, Node ${median(seconds.node).toFixed(2)} s, ratio ${median(ratios).toFixed(2)}`,
);

/** Seconds of the training alone, as it reports them itself. */
function inNode() {
  const main = new URL('../dist/cli/main.js', import.meta.url).pathname;
  const flags = [
    '--dimensions',
    dimensions,
    '--epochs',
    epochs,
    '--min-count',
    minCount,
    '--threads',
    '2',
    '--json',
    '--quiet',
  ];
  const answer = execFileSync(
    process.execPath,
    [main, 'train', text, '--output', join(folder, 'node.safetensors'), ...flags],
    { encoding: 'utf8' },
  );
  return JSON.parse(answer).seconds;
}

async function inPage() {
  const browser = await launchChromium(['--enable-unsafe-swiftshader']);
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const begin = performance.now();
    await page.goto(url);
    await page.waitForSelector('.counts');
    const readySeconds = (performance.now() - begin) / 1000;
    await page.locator('main .switch input').last().check();
    await page.locator('main input[type=file]').setInputFiles(text);
    await page.waitForFunction(() => document.querySelectorAll('.counts li').length > 10, undefined, {
      timeout: 60_000,
    });
    await page.evaluate(() => {
      location.hash = '#/train';
    });
    const fields = page.locator('.settings input[type=number]');
    const wanted = { 0: dimensions, 2: epochs, 3: minCount, 6: '2' };
    for (const [place, value] of Object.entries(wanted)) await fields.nth(Number(place)).fill(value);
    await page.locator('.settings input[type=checkbox]').uncheck();
    await page.evaluate(() => {
      globalThis.longTasks = [];
      new PerformanceObserver((list) =>
        globalThis.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration))),
      ).observe({ type: 'longtask' });
    });
    await page.locator('.controls .primary').click();
    await page.waitForSelector('.map-host');
    const first = await frames(page);
    await page.waitForFunction(
      () => document.querySelector('.map-host') && document.querySelectorAll('.controls .buttons button').length === 1,
      undefined,
      { timeout: 600_000 },
    );
    const last = await frames(page);
    const longTasks = await page.evaluate(() => globalThis.longTasks);
    const sentence = await page.locator('.happened').textContent();
    const [trained] = /[\d.]+(?= s,)/.exec(sentence);
    return {
      seconds: Number(trained),
      words: last.words,
      framesPerSecond: ((last.frames - first.frames) * 1000) / (last.time - first.time),
      longTasks,
      readySeconds,
    };
  } finally {
    await browser.close();
  }
}

function frames(page) {
  return page.evaluate(() => {
    /** @type {HTMLElement} */
    const host = document.querySelector('.map-host');
    return {
      frames: Number(host.dataset.frames ?? 0),
      words: Number(host.dataset.words ?? 0),
      time: performance.now(),
    };
  });
}
