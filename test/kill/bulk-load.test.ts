// A server that is killed while texts are added: what it has acknowledged is there, once.
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTextStore } from 'wordkin';
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

it(
  'loses no text that it has acknowledged, and has none twice',
  async () => {
    const modelPath = join(folder, 'model.safetensors');
    await writeModel(modelPath);
    const db = await emptyStore(join(folder, 'texts'));
    for (let run = 0; run < RUNS; run++) {
      const server = await startServer(modelPath, '--db', db, '--quiet');
      // At another moment each time: during the first transactions, between two, …
      const after = 500 * (1 + (run % 4));
      const acknowledged = await load(server.url, run, (texts) => {
        if (texts >= after) setTimeout(() => server.child.kill('SIGKILL'), (run * 37) % 150);
      });
      await server.ended;
      expect(acknowledged).toBeGreaterThanOrEqual(after);
      const store = await openTextStore(db, { mustExist: true });
      try {
        const ids: string[] = [];
        for (let after = `${run}-`; ; after = ids.at(-1)!) {
          const page = await store.list({ after, count: 10_000 });
          ids.push(...page.map(({ id }) => id).filter((id) => id.startsWith(`${run}-`)));
          if (page.length < 10_000) break;
        }
        expect(ids.length).toBeGreaterThanOrEqual(acknowledged);
        expect(ids).toEqual(Array.from(ids, (_, i) => idOf(run, i)));
      } finally {
        await store.close();
      }
    }
  },
  120_000 * RUNS,
);
