// Pictures of each step of the page, in both languages, wide and narrow, light and dark. The folder is the first argument, some looks
// may follow (en-1440, zh-390 …). With --documents: the three pictures of the README, in docs/pictures, and no others.
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPageServer } from '../dist/node/page-server.js';
import { launchChromium } from './chromium.mjs';

const ofDocuments = process.argv.includes('--documents');
const folder = ofDocuments
  ? fileURLToPath(new URL('../docs/pictures', import.meta.url))
  : resolve(process.argv[2] ?? join(tmpdir(), 'wordkin-page-pictures'));
/** Of the README: the step, the name of its picture, and what comes to the top of it. */
const DOCUMENT_PICTURES = {
  gradient: ['page-gradient', 'h1'],
  train: ['page-training', '.controls'],
  playground: ['page-map', '.map'],
};
const LOOKS = [
  { language: 'en', theme: 'light', width: 1440 },
  { language: 'zh', theme: 'dark', width: 1440 },
  { language: 'en', theme: 'dark', width: 390 },
  { language: 'zh', theme: 'light', width: 390 },
];
const wanted = process.argv.slice(3);
mkdirSync(folder, { recursive: true });
const server = createPageServer();
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const origin = `http://127.0.0.1:${port}`;
try {
  if (ofDocuments) await takePictures({ language: 'en', theme: 'light', width: 1280 });
  else
    for (const look of LOOKS)
      if (wanted.length === 0 || wanted.includes(`${look.language}-${look.width}`)) await takePictures(look);
} finally {
  server.close();
  server.closeAllConnections();
}
console.log(folder);

async function takePictures({ language, theme, width }) {
  const browser = await launchChromium(['--enable-unsafe-swiftshader']);
  try {
    const page = await browser.newPage({ viewport: { width, height: width < 500 ? 844 : 900 } });
    page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
    page.on('pageerror', (error) => console.error(String(error)));
    await page.addInitScript(
      ([name, value]) => {
        localStorage.setItem('wordkin language', name);
        localStorage.setItem('wordkin theme', value);
      },
      [language, theme],
    );
    const picture = async (name) => {
      if (!ofDocuments)
        await page.screenshot({ path: join(folder, `${language}-${width}-${name}.png`), fullPage: true });
    };
    await page.goto(`${origin}/`);
    await page.waitForSelector('.counts', { timeout: 60_000 });
    const sample = language === 'zh' ? 1 : 0;
    await page.locator('main .switch input').nth(sample).check();
    await page.waitForFunction(() => document.querySelectorAll('.counts li').length > 10, undefined, {
      timeout: 60_000,
    });
    const steps = await page
      .locator('nav.steps a')
      .evaluateAll((links) => links.map((link) => (link.getAttribute('href') ?? '').slice(2)));
    for (const [number, step] of [...steps, 'playground'].entries()) {
      if (ofDocuments && !DOCUMENT_PICTURES[step]) continue;
      await page.evaluate((name) => {
        location.hash = `#/${name}`;
      }, step);
      await page.waitForTimeout(700);
      await act(page, step, () => picture(`${String(number + 1).padStart(2, '0')}-${step}-running`));
      await picture(`${String(number + 1).padStart(2, '0')}-${step}`);
      const [name, top] = (ofDocuments && DOCUMENT_PICTURES[step]) || [];
      if (name) writeFileSync(join(folder, `${name}.webp`), await toWebp(browser, await pictureFrom(page, top)));
    }
  } finally {
    await browser.close();
  }
}

async function pictureFrom(page, top) {
  await page.evaluate(
    (selector) => scrollBy(0, document.querySelector(selector).getBoundingClientRect().top - 16),
    top,
  );
  await page.waitForTimeout(300);
  return page.screenshot();
}

/** By the browser itself, which has an encoder. */
async function toWebp(browser, png) {
  const page = await browser.newPage();
  const encoded = await page.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.35 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, png.toString('base64'));
  await page.close();
  return Buffer.from(encoded);
}

/** What a reader would do in the step before looking at it. */
async function act(page, step, picture) {
  const press = (selector) => page.locator(selector).first().click();
  if (step === 'gradient') {
    await press('main .primary');
    await press('main .buttons button:nth-child(2)');
    await page.waitForTimeout(400);
  }
  if (step === 'train') {
    await press('.controls .primary');
    await page.waitForSelector('.map-host', { timeout: 60_000 });
    await page.waitForTimeout(4000);
    await picture();
    await page.waitForFunction(
      () =>
        document.querySelector('progress').value === 1 &&
        document.querySelector('.controls .primary') &&
        document.querySelectorAll('.controls .buttons button').length === 1,
      undefined,
      {
        timeout: 300_000,
      },
    );
    await page.waitForTimeout(800);
  }
  if (step === 'sentences')
    await page.waitForFunction(() => document.querySelector('.tutorial-vector').textContent.includes('0.367'));
  if (step === 'ask') {
    for (const form of await page.locator('main form').all()) await form.evaluate((element) => element.requestSubmit());
    await page.waitForTimeout(800);
  }
  if (step === 'search') {
    await press('main .primary');
    await page.waitForSelector('main textarea', { timeout: 120_000 });
    await press('main .buttons button:first-child');
    await page.waitForTimeout(300);
    await press('main .buttons .primary');
    await page.waitForFunction(() => document.querySelector('.happened')?.textContent.match(/[1-9]/), undefined, {
      timeout: 60_000,
    });
    const isChinese = (await page.locator('html').getAttribute('lang'))?.startsWith('zh');
    await page
      .locator('main form input')
      .fill(isChinese ? '春风吹落满地红花' : 'Prices rise and people lose their jobs');
    await press('main form button');
    await page.waitForSelector('.hits', { timeout: 30_000 });
  }
  if (step === 'playground') {
    await press('main .panel:first-child > button');
    await page.waitForSelector('.map-host', { timeout: 60_000 });
    await page.locator('main select').nth(1).selectOption('clusters');
    await page.waitForTimeout(2500);
  }
}
