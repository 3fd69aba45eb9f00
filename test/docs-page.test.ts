// The description of a server at /docs in a browser, under its own content security policy.
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchChromium } from '../scripts/chromium.mjs';
import { mayBeSkipped, temporaryFolder } from './command.ts';
import { type RunningServer, startServer, writeModel } from './serving.ts';

describe.skipIf(mayBeSkipped(!chromiumPath))('/docs (needs chromium)', () => {
  const folder = temporaryFolder();
  const modelPath = join(folder, 'news.safetensors');
  let server: RunningServer;
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    await writeModel(modelPath);
    server = await startServer(modelPath);
    browser = await launchChromium(['--disable-gpu']);
    context = await browser.newContext();
    context.setDefaultTimeout(200_000); // as patient as the tests
  });
  afterAll(async () => {
    await browser?.close();
    server?.child.kill('SIGTERM');
    expect(await server?.ended).toBe(0);
  });

  it('is drawn without an error, and sends a request', async () => {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('requestfailed', (request) => problems.push(request.url()));
    const response = await page.goto(`${server.url}/docs`);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'");
    const operation = page.locator('details.operation', { hasText: '/v1/embeddings' });
    await operation.locator('summary').click();
    expect(await operation.evaluate((element) => getComputedStyle(element).borderTopWidth)).toBe('1px'); // its style is there
    const body = JSON.stringify({ model: 'news', input: 'the king', encoding_format: 'base64' });
    await operation.locator('textarea').fill(body);
    await operation.locator('button').click();
    const answer = operation.locator('.answer');
    await expect.poll(() => answer.textContent(), { timeout: 200_000 }).toMatch(/^200 in .*"object": "list"/s);
    await operation.locator('a').first().click();
    expect(await page.locator('#schema-EmbeddingsRequest').getAttribute('open')).toBe('');
    expect(problems).toEqual([]);
  }, 300_000);
});
