// A server that is killed while texts are added: what it has acknowledged is there, once.
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyStore, temporaryFolder } from '../command.ts';
import { startServer, writeModel } from '../serving.ts';

const folder = temporaryFolder();
/** `WORDKIN_BULK_KILLS=20 npx vitest run test/kill/bulk-load.test.ts` is the long one. */
const RUNS = Number(process.env.WORDKIN_BULK_KILLS ?? 2);
const idOf = (run: number, i: number) => `${run}-${String(i).padStart(7, '0')}`;

/** Sends lines without end until the server is gone; gives the last count that was acknowledged. */
function load(url: string, run: number, onCount: (texts: number) => void): Promise<number> {
  return new Promise((resolve) => {
    let acknowledged = 0;
    let sent = 0;
    let rest = '';
    const headers = { 'content-type': 'application/x-ndjson' };
    const sending = request(`${url}/v1/texts`, { method: 'POST', headers }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          acknowledged = JSON.parse(line).texts;
          onCount(acknowledged);
        }
      });
      response.on('close', () => resolve(acknowledged)).on('error', () => {});
    });
    const more = () => {
      while (
        !sending.destroyed &&
        sending.write(`${JSON.stringify({ id: idOf(run, sent++), text: `king ${sent}` })}\n`)
      );
    };
    sending.on('drain', more).on('error', () => resolve(acknowledged));
    more();
  });
}

/** The texts that a server has of a run. */
async function textsOf(url: string, run: number): Promise<{ id: string; text: string }[]> {
  const texts: { id: string; text: string }[] = [];
  for (let after = `${run}-`; ; after = texts.at(-1)!.id) {
    const page: typeof texts = await (await fetch(`${url}/v1/texts?count=10000&after=${after}`)).json();
    texts.push(...page.filter(({ id }) => id.startsWith(`${run}-`)));
    if (page.length < 10_000 || !page.at(-1)!.id.startsWith(`${run}-`)) return texts;
  }
}

it(
  'loses no text that it has acknowledged, and has none twice',
  async () => {
    const modelPath = join(folder, 'model.safetensors');
    await writeModel(modelPath);
    const db = await emptyStore(join(folder, 'texts'));
    // The server that comes next tells what the one before has kept: an embedded store takes seconds to open.
    const start = () => startServer(modelPath, '--db', db, '--quiet', '--threads', '1');
    const kept: number[] = [];
    const check = async (url: string, run: number, least: number) => {
      const texts = await textsOf(url, run);
      expect(texts.length).toBeGreaterThanOrEqual(least);
      const ids = Array.from(texts, (_, i) => idOf(run, i));
      expect(texts).toEqual(ids.map((id, i) => ({ id, text: `king ${i + 1}`, metadata: {} })));
      return texts.length;
    };
    let server = await start();
    for (let run = 0; run < RUNS; run++) {
      // At another moment each time: before the first answer, during the first transactions, between two, …
      const after = 500 * ((run + 1) % 5);
      const { url, child, ended } = server;
      const kill = () => setTimeout(() => child.kill('SIGKILL'), (run * 37) % 150);
      if (after === 0) kill();
      const acknowledged = await load(url, run, (texts) => {
        if (texts >= after) kill();
      });
      await ended;
      expect(acknowledged).toBeGreaterThanOrEqual(after);
      server = await start();
      kept.push(await check(server.url, run, acknowledged));
    }
    for (const [run, texts] of kept.entries()) expect(await check(server.url, run, texts)).toBe(texts);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  },
  120_000 * RUNS,
);
