// The page in Chromium: the whole lesson in both languages, with threads and without, each step looked at wide and narrow, light and
// dark; what a reader may do wrong; what the server sends.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyPage, createPageServer } from '../dist/node/page-server.js';
import { chromiumPath, launchChromium } from '../scripts/chromium.mjs';
import { gradientStep, softmax } from '../web/src/engine/lesson.ts';
import { decimal, textsOf } from '../web/src/language/languages.ts';
import { TUTORIAL_PLANE } from '../web/src/planes.ts';
import { STEPS } from '../web/src/state.ts';
import { mayBeSkipped, wordkin, wordkinHere } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
const topics = {
  en: [
    ['apple', 'banana', 'orange', 'sweet', 'juice', 'ripe'],
    ['horse', 'saddle', 'gallop', 'stable', 'rider', 'bridle'],
  ],
  zh: [
    ['苹果', '香蕉', '橙子', '好吃', '水果', '喜欢'],
    ['音乐', '唱歌', '钢琴', '声音', '舞台', '演员'],
  ],
};
/** A text of two topics in which the words of one never meet those of the other. */
function topicText(language: 'en' | 'zh'): string {
  const lines = Array.from({ length: 500 }, (_, i) =>
    Array.from({ length: 7 }, (_, j) => topics[language][i % 2][(i * 7 + j * (1 + (i % 5))) % 6]).join(
      language === 'en' ? ' ' : '，',
    ),
  );
  return `${lines.join('\n')}\n`;
}

function listening(server: Server): Promise<string> {
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
}

describe.skipIf(mayBeSkipped(!chromiumPath))('the page (needs chromium)', () => {
  const servers = { isolated: createPageServer(), plain: createPageServer({ isolated: false }) };
  const origins: Record<keyof typeof servers, string> = { isolated: '', plain: '' };
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-page-'));
  /** One for all tests, each of which has a context of its own: to start it takes seconds of a processor. */
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium([
      '--enable-unsafe-swiftshader',
      // The database starts in half the time; see quick-webassembly.cjs.
      '--js-flags=--liftoff-only',
    ]);
    for (const name of ['isolated', 'plain'] as const) origins[name] = await listening(servers[name]);
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of Object.values(servers)) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  interface Visit {
    page: Page;
    errors: string[];
    foreign: string[];
    texts: ReturnType<typeof textsOf>;
  }

  interface Appearance {
    width: number;
    theme: 'light' | 'dark';
  }

  interface Look extends Appearance {
    language: 'en' | 'zh';
    host: keyof typeof servers;
    serviceWorkers?: 'allow' | 'block';
    before?: string;
  }

  const viewport = ({ width }: Appearance) => ({ width, height: width < 500 ? 844 : 900 });

  async function visit(look: Look): Promise<Visit> {
    const context = await browser.newContext({
      viewport: viewport(look),
      locale: look.language === 'zh' ? 'zh-CN' : 'en-GB',
      colorScheme: look.theme,
      serviceWorkers: look.serviceWorkers ?? 'block',
      acceptDownloads: true,
    });
    context.setDefaultTimeout(200_000); // as patient as the tests
    const page = await context.newPage();
    return open(page, look.language, `${origins[look.host]}/`, look.before);
  }

  async function open(page: Page, language: 'en' | 'zh', url: string, before?: string): Promise<Visit> {
    const errors: string[] = [];
    const foreign: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (asked) => {
      if (!asked.url().startsWith(new URL(url).origin) && !/^(blob|data):/.test(asked.url())) foreign.push(asked.url());
    });
    if (before) await page.addInitScript(before);
    await page.goto(url);
    await page.waitForSelector('.counts');
    return { page, errors, foreign, texts: textsOf(language) };
  }

  const go = async ({ page, texts }: Visit, step: (typeof STEPS)[number] | 'playground') => {
    await page.evaluate((name) => {
      location.hash = `#/${name}`;
    }, step);
    const title = step === 'playground' ? texts.playgroundName : texts.steps[step];
    await page.waitForFunction((wanted) => document.querySelector('h1')?.textContent === wanted, title);
  };
  const press = (page: Page, name: string | RegExp) =>
    page
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
      .click();
  const happened = (page: Page, wanted: RegExp | string) =>
    page.locator('.happened').filter({ hasText: wanted }).first().waitFor();

  /** axe-core's findings on the page as it is now. It is run by the browser's tools, which the policy of the page does not bind. */
  async function violations(page: Page, runOnly?: string[]): Promise<string[]> {
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
    return page.evaluate(async (rules) => {
      const { violations: found } = await (
        globalThis as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }
      ).axe.run({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
      return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
    }, runOnly);
  }

  const other = ({ width, theme }: Appearance): Appearance => ({
    width: width < 500 ? 1440 : 390,
    theme: theme === 'dark' ? 'light' : 'dark',
  });

  const appear = async (page: Page, appearance: Appearance) => {
    await page.emulateMedia({ colorScheme: appearance.theme });
    await page.setViewportSize(viewport(appearance));
  };

  /** Nothing stands out to the right, which a phone would have to scroll to. */
  const expectFits = async (page: Page) =>
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

  /** All of axe's rules as the reader sees the page; in the other appearance those that it can change. */
  async function look({ page }: Visit, appearance?: Appearance): Promise<void> {
    expect(await violations(page)).toEqual([]);
    await expectFits(page);
    if (!appearance) return;
    await appear(page, other(appearance));
    expect(await violations(page, ['color-contrast', 'target-size', 'scrollable-region-focusable'])).toEqual([]);
    await expectFits(page);
    await appear(page, appearance);
  }

  async function useText(visited: Visit, text: string): Promise<void> {
    const { page, texts } = visited;
    await page.getByLabel(texts.wordsStep.own, { exact: true }).check();
    // In one go, as a paste does it: Chromium lays the page out three times for each line that the keyboard gives.
    await page.getByLabel(texts.wordsStep.pasteLabel).evaluate((field, pasted) => {
      (field as HTMLTextAreaElement).value = pasted;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, text);
    await press(page, texts.wordsStep.use);
    await happened(page, '3,500');
  }

  async function train(visited: Visit): Promise<void> {
    const { page, texts } = visited;
    await press(page, new RegExp(`^(${texts.trainStep.start}|${texts.trainStep.startAgain})$`));
    await page.getByRole('button', { name: texts.trainStep.startAgain, exact: true }).waitFor();
  }

  /** The map has been drawn, and without WebGL. */
  const isDrawnIn2D = async (page: Page) => {
    await page.locator('.map-host canvas').first().waitFor();
    await page.waitForFunction(() => {
      const canvas = document.querySelector('canvas')!;
      return canvas
        .getContext('2d')
        ?.getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value > 0);
    });
  };

  /** Steps 1 to 11, with the tutorial's numbers, what the text must give, and the file of the command line. */
  async function walk(visited: Visit, walking: Look): Promise<void> {
    const { page, texts } = visited;
    const { language } = walking;
    const [first, second] = topics[language];
    await useText(visited, topicText(language));
    await page.locator('.token').filter({ hasText: first[0] }).first().waitFor();
    await look(visited, walking);

    await go(visited, 'vectors');
    await happened(page, first[0].length > 1 ? /\[/ : '');
    expect(await page.locator('.strip').count()).toBeGreaterThanOrEqual(12);
    await look(visited, walking);

    await go(visited, 'windows');
    await happened(page, '4');
    expect(await page.locator('.pairs li').count()).toBe(4);
    await press(page, texts.windowsStep.right);
    expect(await page.locator('.window-arrows > path').count()).toBe(4);
    await page.getByLabel(texts.windowsStep.cbow).check();
    expect(await page.locator('.pairs li').count()).toBe(1);
    await look(visited, walking);

    await go(visited, 'softmax');
    const wanted = softmax(TUTORIAL_PLANE, 0);
    await happened(page, decimal(wanted.probabilities[1]));
    const shown = await page
      .locator('.softmax-table tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('td')].slice(1, 4).map((cell) => cell.textContent)),
      );
    expect(shown).toEqual([
      ['0.200', '1.221', '0.303'],
      ['0.380', '1.462', '0.363'],
      ['0.300', '1.350', '0.335'],
    ]);
    expect(shown).toEqual(
      wanted.logits.map((logit, id) =>
        [logit, wanted.powers[id], wanted.probabilities[id]].map((value) => decimal(value)),
      ),
    );
    await look(visited, walking);

    await go(visited, 'gradient');
    const stepped = gradientStep(TUTORIAL_PLANE, 0, 1, 0.5);
    await happened(page, decimal(stepped.loss));
    await page
      .getByText(`[${stepped.centreGradient.map((value) => decimal(value)).join(', ')}]`)
      .first()
      .waitFor();
    await press(page, texts.gradientStep.step);
    await happened(page, texts.gradientStep.fell('1', decimal(stepped.loss), decimal(stepped.lossAfter)));
    await press(page, texts.gradientStep.ten);
    await happened(page, '11');
    await look(visited, walking);
    // The last of six words; the tutorial has three.
    await page.getByLabel(texts.softmaxStep.yours).check();
    await page.getByLabel(texts.softmaxStep.centre).selectOption('5');
    await page.getByLabel(texts.softmaxStep.tutorial).check();
    await happened(page, texts.gradientStep.ready('', 'Banana', '').slice(0, 12));
    await press(page, texts.gradientStep.step);
    await happened(page, texts.gradientStep.fell('1', '', '').slice(0, 8));
    expect(await page.locator('.trouble').count()).toBe(0);

    await go(visited, 'instead');
    await happened(page, /12/);
    expect(await page.locator('.way li').count()).toBeGreaterThanOrEqual(4);
    await look(visited, walking);

    await go(visited, 'train');
    await train(visited);
    await happened(page, /100/);
    await isDrawnIn2D(page);
    expect(await page.getByText(texts.playground.lostContext).count()).toBe(0);
    await look(visited, walking);

    await go(visited, 'ask');
    await page.getByLabel(texts.askStep.wordLabel, { exact: true }).first().fill(first[0]);
    await press(page, texts.askStep.ask);
    await happened(page, texts.askStep.happened(first[0], '', '').slice(0, 4 + first[0].length));
    const nearest = await page.locator('.counts').first().locator('.word').allTextContents();
    expect(nearest.slice(0, 5).every((word) => first.includes(word))).toBe(true);
    await page.getByLabel(texts.askStep.oddLabel).first().fill(`${first[1]} ${first[2]} ${second[0]}`);
    await page
      .locator('form')
      .filter({ has: page.getByLabel(texts.askStep.oddLabel) })
      .first()
      .getByRole('button')
      .click();
    await page.getByText(texts.askStep.oddAnswer(second[0])).waitFor();
    await page.locator('.tutorial-comparison dd').getByText('0.942').waitFor();
    await look(visited, walking);

    await go(visited, 'sentences');
    await page.locator('.tutorial-vector').getByText('[0.400, 0.367, 0.733]').waitFor();
    expect(await page.locator('.panel').first().locator('.token').allTextContents()).toEqual(['我', '喜欢', '苹果']);
    await page.locator('[class*="strength-"]').first().waitFor();
    await look(visited, walking);

    await go(visited, 'search');
    await look(visited, walking);

    await go(visited, 'take');
    await page
      .locator('.hash')
      .filter({ hasText: /^[0-9a-f]{64}$/ })
      .waitFor();
    await look(visited, walking);
    await (language === 'en' ? isFileOfCommandLine : isFileOfNodeInChinese)(visited);

    await go(visited, 'playground');
    await page.getByRole('button', { name: texts.playground.fromLesson }).first().click();
    await page.locator('.map-host').waitFor();
    await page.getByLabel(texts.playground.search).fill(first[0]);
    await page.getByLabel(texts.playground.search).press('Enter');
    await page.getByText(texts.playground.found(first[0])).waitFor();
    await look(visited, walking);
  }

  /** What the step shows makes, by the command line, the file that the page has made, byte for byte. */
  async function isFileOfCommandLine({ page, texts }: Visit): Promise<void> {
    const saved = async (button: string, name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), press(page, button)]);
      const path = join(folder, name);
      await download.saveAs(path);
      return path;
    };
    const text = await saved(texts.takeStep.usedText, 'text.txt');
    const model = await saved(texts.takeStep.safetensors, 'page.safetensors');
    const line = (await page.locator('#command').textContent())!;
    expect(line).toBe('npx wordkin train text.txt --output model.safetensors --deterministic');
    const args = line
      .split(' ')
      .slice(2)
      .map((arg) => (arg === 'text.txt' ? text : arg === 'model.safetensors' ? join(folder, arg) : arg));
    expect((await wordkin(args)).code).toBe(0);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(readFileSync(model))).toBe(true);
    const info = await wordkinHere(['neighbors', await saved(texts.takeStep.text, 'page.vec'), 'apple']);
    expect(info.stdout.split('\n')[0]).toMatch(/banana|orange|sweet|juice|ripe/);
  }

  /** The same in Chinese, where Node has the segmenter of the page. */
  async function isFileOfNodeInChinese({ page, texts }: Visit): Promise<void> {
    const install = (await page.locator('#install').textContent())!;
    expect(install).toMatch(/^npm install --omit=optional wordkin jieba-wasm@\d+\.\d+\.\d+$/);
    // What that line leaves: the package with its dependencies and jieba-wasm, without optional packages.
    const modules = join(folder, 'chinese/node_modules');
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    mkdirSync(join(modules, 'wordkin'), { recursive: true });
    for (const name of ['package.json', 'dist'])
      cpSync(join(root, name), join(modules, 'wordkin', name), {
        recursive: true,
        filter: (path) => !path.includes('/dist/page'),
      });
    for (const name of [...Object.keys(dependencies), 'jieba-wasm'])
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    const text = join(folder, 'chinese/text.txt');
    writeFileSync(text, topicText('zh'));
    const output = join(folder, 'chinese/model.safetensors');
    // One thread: each would load the dictionary.
    execFileSync(
      process.execPath,
      [
        join(modules, 'wordkin/dist/cli/main.js'),
        'train',
        text,
        '--output',
        output,
        '--deterministic',
        '--quiet',
        '--threads',
        '1',
      ],
      { stdio: 'pipe' },
    );
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, texts.takeStep.safetensors)]);
    expect(readFileSync(output).equals(readFileSync(await download.path()))).toBe(true);
  }

  /** The step of the search: what is nearest to a question comes first. */
  async function askFor({ page, texts }: Visit, question: string): Promise<string> {
    await page.getByRole('textbox', { name: texts.searchStep.question }).fill(question);
    await press(page, texts.searchStep.search);
    return (await page.locator('.hits li p').first().textContent())!;
  }

  it.each([
    { language: 'en', width: 1440, theme: 'light', host: 'isolated' },
    { language: 'zh', width: 390, theme: 'dark', host: 'plain' },
  ] as const)('walks the lesson: $language, $width pixels, $theme, $host', async (walking) => {
    const visited = await visit(walking);
    const { page, errors, foreign } = visited;
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(walking.host === 'isolated');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(walking.language === 'zh' ? 'zh-Hans' : 'en');
    await walk(visited, walking);
    expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
    await page.context().close();
  });

  it('is walked by keys alone', async () => {
    const visited = await visit({ language: 'en', width: 1440, theme: 'light', host: 'isolated' });
    const { page, texts } = visited;
    /** Tab until the focus is where it is wanted. */
    const tabTo = async (name: string) => {
      for (let i = 0; i < 120; i++) {
        await page.keyboard.press('Tab');
        const found = await page.evaluate(() => {
          const { activeElement } = document;
          const label =
            activeElement instanceof HTMLInputElement || activeElement instanceof HTMLSelectElement
              ? activeElement.labels?.[0]?.textContent
              : activeElement?.textContent;
          return (activeElement?.getAttribute('aria-label') ?? label ?? '').trim();
        });
        if (found === name) return;
      }
      throw new Error(`The focus never came to "${name}"`);
    };
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    for (const [place, step] of STEPS.slice(0, -1).entries()) {
      if (step === 'windows') {
        await tabTo(texts.windowsStep.left);
        await page.keyboard.press('Enter');
        await happened(page, 'banana');
      }
      if (step === 'softmax') {
        await tabTo(texts.softmaxStep.xOf('u Banana'));
        await page.keyboard.press('ArrowUp');
        await happened(page, decimal(softmax({ ...TUTORIAL_PLANE, outputs: [0.2, 0.4, 0.55, 0.7, 0.3, 0.6] }, 0).sum));
      }
      if (step === 'gradient') {
        await tabTo(texts.gradientStep.step);
        await page.keyboard.press('Enter');
        await happened(page, texts.gradientStep.fell('1', '', '').slice(0, 12));
      }
      if (step === 'train') {
        // Key by key, as a reader types; what is out of range is told, and not trained with.
        const typed = async (name: string, keys: string) => {
          const field = page.getByLabel(name, { exact: true });
          await field.focus();
          await field.press('Control+a');
          await field.pressSequentially(keys);
          return field.inputValue();
        };
        expect(await typed(texts.trainStep.rate, '0.05')).toBe('0.05');
        expect(await typed(texts.trainStep.dimensions, '500')).toBe('500');
        await page.getByText(texts.wholeRange('2', '300', '100')).waitFor();
        expect(await typed(texts.trainStep.dimensions, '20')).toBe('20');
        expect(await page.locator('.wrong').count()).toBe(0);
        await tabTo(texts.trainStep.start);
        await page.keyboard.press('Enter');
        await page.getByRole('button', { name: texts.trainStep.startAgain, exact: true }).waitFor();
        await page.locator('.map-host').focus();
        await page.keyboard.press('+');
        await page.keyboard.press('ArrowLeft');
        await happened(page, '3 words × 20 dimensions');
      }
      const next = STEPS[place + 1];
      await tabTo(`${texts.next}: ${texts.steps[next]} →`);
      await page.keyboard.press('Enter');
      await page.waitForFunction((title) => document.activeElement?.textContent === title, texts.steps[next]);
    }
    // The line of the last step is that of the text which the model was trained on.
    expect(await page.locator('#command').count()).toBe(1);
    await go(visited, 'words');
    await page.getByLabel(texts.wordsStep.own, { exact: true }).check();
    await page.getByLabel(texts.wordsStep.pasteLabel).fill('one two three\none four two three\n');
    await press(page, texts.wordsStep.use);
    await happened(page, '7 tokens');
    // The rare word is forgotten before the windows are drawn.
    await go(visited, 'windows');
    await page.getByLabel(texts.windowsStep.sentence).selectOption('1');
    await page.getByText(texts.windowsStep.forgotten('four')).waitFor();
    await happened(page, '3 words make 6 pairs');
    await go(visited, 'ask');
    await page.getByText(texts.otherText).waitFor();
    await happened(page, /“(apple|banana|orange)”/);
    await go(visited, 'take');
    await page.getByText(texts.takeStep.notDeterministic).waitFor();
    expect(await page.locator('#command, .trouble').count()).toBe(0);
    await page.context().close();
  });

  it('becomes isolated by its service worker where the host sets no headers', async () => {
    const { page, errors } = await visit({
      language: 'en',
      width: 1440,
      theme: 'light',
      host: 'plain',
      serviceWorkers: 'allow',
    });
    await page.waitForFunction(() => crossOriginIsolated);
    await page.waitForSelector('.counts');
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('tells what is wrong with what it is given, and goes on', async () => {
    const visited = await visit({ language: 'en', width: 1440, theme: 'light', host: 'isolated' });
    const { page, texts, errors } = visited;
    const give = (file: string | { name: string; mimeType: string; buffer: Buffer }) =>
      page.locator('main input[type=file]').first().setInputFiles(file);
    const trouble = (text: string) => page.locator('.trouble').filter({ hasText: text }).waitFor();
    await page.getByLabel(texts.wordsStep.own, { exact: true }).check();
    await give({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
    await trouble(texts.faults['empty-text']('empty.txt'));
    await give({
      name: 'picture.png',
      mimeType: 'image/png',
      buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1, 2]),
    });
    await trouble('“picture.png” is not a text in UTF-8');
    await give({ name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from('id,body\n1,hello\n') });
    await trouble('Its columns are: id, body');

    const large = join(folder, 'large.txt');
    const piece = Buffer.from('the same few words again and again\n'.repeat(30_000));
    const handle = openSync(large, 'w');
    for (let written = 0; written < 100e6; written += piece.length) writeSync(handle, piece);
    await give(large);
    await page.locator('.notice').filter({ hasText: 'The page uses the first 34 MB' }).waitFor();

    await go(visited, 'playground');
    const model = join(folder, 'large.safetensors');
    const descriptor = openSync(model, 'w');
    ftruncateSync(descriptor, 2 * 2 ** 30);
    await give(model);
    await trouble('more than a page can hold');
    await give({ name: 'noise.bin', mimeType: 'application/octet-stream', buffer: Buffer.from('no model at all') });
    await page.locator('.trouble').filter({ hasText: 'noise.bin' }).waitFor();
    await page.getByLabel(texts.playground.url).first().fill('https://example.org/model.safetensors');
    await press(page, texts.playground.load);
    await trouble('npx wordkin page --connect https://example.org');
    // Only the policy's own refusal is told on the console.
    expect(errors.filter((error) => !/Content Security Policy/.test(error))).toEqual([]);
    await page.context().close();
  });

  it('draws on in 2D where WebGL is lost', async () => {
    // The page would not take WebGL that no graphics card draws, as it is here.
    const before = `WebGLRenderingContext.prototype.getParameter = () => 'a graphics card'`;
    const visited = await visit({ language: 'en', width: 1440, theme: 'light', host: 'isolated', before });
    const { page, texts } = visited;
    await useText(visited, topicText('en'));
    await go(visited, 'train');
    await train(visited);
    await page.locator('.map-host canvas').first().waitFor();
    await page.evaluate(() =>
      document.querySelector('canvas')!.getContext('webgl')!.getExtension('WEBGL_lose_context')!.loseContext(),
    );
    await page.getByText(texts.playground.lostContext).waitFor();
    await isDrawnIn2D(page);
    await page.context().close();
  });

  it('searches, and loses nothing that was kept: a full disk, a tab that is closed in the middle of a training', async () => {
    const full = `const put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = function (...args) {
      if (globalThis.isFull) throw new DOMException('The current transaction exceeded its quota limitations.', 'QuotaExceededError'); return put.apply(this, args); };`;
    const visited = await visit({ language: 'en', width: 1440, theme: 'light', host: 'isolated', before: full });
    const { page, texts } = visited;
    await useText(visited, topicText('en'));
    await go(visited, 'train');
    await train(visited);
    await happened(page, texts.trainStep.kept);
    const hashOf = async (target: Visit) => {
      await go(target, 'take');
      return target.page.locator('.hash').textContent();
    };
    const kept = await hashOf(visited);
    await go(visited, 'train');
    await page.evaluate('globalThis.isFull = true');
    await page.getByLabel(texts.trainStep.dimensions).fill('20');
    await train(visited);
    await page.locator('.trouble').filter({ hasText: texts.faults['storage-full'] }).waitFor();
    await happened(page, texts.trainStep.notKept);
    expect(await page.locator('.happened').getByText(texts.trainStep.kept).count()).toBe(0);
    await page.evaluate('globalThis.isFull = false');

    await page.getByLabel(texts.trainStep.epochs).fill('1000');
    await page.getByLabel(texts.trainStep.dimensions).fill('300');
    await press(page, texts.trainStep.startAgain);
    await press(page, texts.trainStep.pause);
    await happened(page, texts.trainStep.happenedPaused);
    const asked = page.waitForEvent('dialog');
    const closing = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.accept();
    await closing;
    const again = await open(await page.context().newPage(), 'en', `${origins.isolated}/`);
    await happened(again.page, '3,500');
    expect(await hashOf(again)).toBe(kept);

    await again.page.route('**/search-worker-*.js', async (route) => {
      const response = await route.fetch();
      const told = "new BroadcastChannel('full').onmessage = ({ data }) => { globalThis.isFull = data; };";
      await route.fulfill({ response, body: `${full}${told}${await response.text()}` });
    });
    const own = texts.searchStep;
    const add = async (lines: readonly string[]) => {
      await again.page.getByLabel(own.texts).fill(lines.join('\n'));
      await press(again.page, own.add);
    };
    await go(again, 'search');
    await press(again.page, own.open);
    await add(['banana sweet', 'saddle stable', 'gallop rider']);
    await again.page.locator('.note').getByText(own.stored('3')).waitFor();
    expect(await askFor(again, 'orange')).toBe('banana sweet');
    await again.page.getByRole('textbox', { name: own.question }).fill('zzz');
    await press(again.page, own.search);
    await happened(again.page, own.nothing);
    await look(again);
    expect([again.errors, again.foreign]).toEqual([[], []]);
    const alike = `apple ${'juice '.repeat(40)}`;
    await add([`${alike}sweet`, `${alike}ripe`]);
    await again.page.locator('.note').getByText(own.stored('5')).waitFor();
    const setFull = (isFull: boolean) =>
      again.page.evaluate((value) => new BroadcastChannel('full').postMessage(value), isFull);
    await setFull(true);
    await add(['horse saddle']);
    await again.page.locator('.trouble').filter({ hasText: texts.faults['storage-full'] }).waitFor();
    await setFull(false);
    // What was kept is found after a reload, too.
    await again.page.reload();
    await again.page.locator('.note').getByText(own.stored('5')).waitFor();
    expect(await askFor(again, 'horse')).toMatch(/^(saddle|gallop) /);
    await again.page.context().close();
  });

  it('loads little before it is asked for more', async () => {
    const context = await browser.newContext();
    context.setDefaultTimeout(200_000);
    const page = await context.newPage();
    let gzipped = 0;
    const names: string[] = [];
    page.on('response', async (response) => {
      names.push(new URL(response.url()).pathname);
      gzipped += gzipSync(await response.body().catch(() => Buffer.alloc(0)), { level: 9 }).length;
    });
    await page.goto(`${origins.isolated}/`);
    await page.waitForSelector('.counts');
    // A thread's script is fetched by the thread, of which the page hears nothing.
    const threads = readdirSync(join(root, 'dist/page/assets')).filter((name) =>
      /^(worker|training-thread)-.*\.js$/.test(name),
    );
    expect(threads.length).toBe(2);
    for (const name of threads)
      if (!names.some((seen) => seen.endsWith(name)))
        gzipped += gzipSync(readFileSync(join(root, 'dist/page/assets', name)), { level: 9 }).length;
    expect(names.filter((name) => /jieba|packages|umap|samples|playground/.test(name))).toEqual([]);
    expect(gzipped).toBeGreaterThan(50_000);
    expect(gzipped).toBeLessThanOrEqual(350_000);
    await context.close();
  });
});

describe('the server of the page', () => {
  const server = createPageServer({ connect: ['https://example.org'] });
  let origin = '';
  beforeAll(async () => {
    origin = await listening(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((done, fail) => {
      request(`${origin}${path}`, { headers, method }, (response) => {
        let body = '';
        response.on('data', (data) => (body += data));
        response.on('end', () => done({ status: response.statusCode!, headers: response.headers, body }));
      })
        .on('error', fail)
        .end();
    });

  it('isolates the page, with a strict policy', async () => {
    const { headers, body } = await ask('/');
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain("connect-src 'self' https://example.org");
    expect(body).toContain("connect-src 'self' https://example.org");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    expect(body).not.toMatch(/<script(?![^>]* src=)/);
  });

  it('gives no other files, and to no other name', async () => {
    expect((await ask('/', { host: 'evil.example' })).status).toBe(403);
    expect((await ask('/', {}, 'POST')).status).toBe(405);
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/packages/pglite/../../../../package.json',
      '/packages/pg/index.js',
      '/..%5cindex.js',
      '/%00',
      '/no',
      '/assets',
    ]) {
      expect((await ask(path)).status, path).toBe(404);
    }
    const search = readdirSync(join(root, 'dist/page/assets')).find((name) => name.startsWith('search-worker'));
    expect((await ask(`/assets/${search}`)).headers['content-security-policy']).toContain("'unsafe-eval'");
    expect((await ask('/packages/pglite/index.js')).status).toBe(200);
  });

  it('is what wordkin page starts, or writes for another host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wordkin-site-'));
    try {
      const { code, stderr } = await wordkinHere(['page', '--output', join(folder, 'site')]);
      expect([code, stderr]).toEqual([0, '']);
      for (const name of ['index.html', 'isolation-worker.js', 'licenses.md', 'packages/pglite/pglite.wasm'])
        expect(existsSync(join(folder, 'site', name)), name).toBe(true);
      expect(await copyPage(join(folder, 'again'))).toEqual([]);
      expect(await copyPage(join(folder, 'again'))).toEqual([]);
      mkdirSync(join(folder, 'other'));
      for (const name of ['.nojekyll', 'index.html']) writeFileSync(join(folder, 'other', name), 'mine');
      await expect(copyPage(join(folder, 'other'))).rejects.toThrow('holds "index.html" and no page');
      writeFileSync(join(folder, 'file'), '');
      expect((await wordkinHere(['page', '--port', 'x'])).code).toBe(2);
      expect((await wordkinHere(['page', '--connect', 'file:///etc'])).stderr).toMatch(/is not an address/);
      const port = new URL(origin).port;
      expect((await wordkinHere(['page', '--no-open', '--port', port])).stderr).toContain(`port ${port} is taken`);
      const served = await wordkin(['page', '--no-open'], {
        onStart: (child) =>
          child.stdout!.once('data', async (data) => {
            expect((await fetch(String(data).trim())).status).toBe(200);
            child.kill('SIGINT');
          }),
      });
      expect(served.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
      expect(served.code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  });
});
