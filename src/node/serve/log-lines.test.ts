import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { LogLines } from './log-lines.ts';

const entry = {
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  id: 'abc-1',
  method: 'POST',
  route: '/v1/models/:model',
  status: 200,
  milliseconds: 1.25,
};

it('writes lines of JSON', () => {
  let written = '';
  const output = new Writable({
    write(chunk, _, done) {
      written += chunk;
      done();
    },
  });
  const lines = new LogLines(output, () => {});
  const entries = [
    entry,
    { ...entry, texts: 3, tokens: 12 },
    { ...entry, texts: 3 },
    { ...entry, status: 500, error: 'internal_error', fault: 'TypeError at "x" \\ y\n\x1b[2J\x9b2J\u202e' },
  ];
  for (const one of entries) lines.write(one);
  expect(written).toBe('');
  lines.flush();
  expect(written).not.toMatch(/[\x1b\x7f-\x9f\u202e]/);
  expect(
    written
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(entries.map((one) => ({ ...one, time: '2026-01-02T03:04:05.006Z' })));
});

it('leaves lines out where nobody reads them, and tells how many', () => {
  const kept: string[] = [];
  let goOn: (() => void) | undefined;
  const output = new Writable({
    write(chunk, _, done) {
      kept.push(String(chunk));
      goOn = done;
    },
  });
  const lines = new LogLines(output, () => {});
  for (let i = 0; i < 30_000; i++) lines.write(entry);
  lines.flush();
  expect(output.writableLength).toBeLessThan(1.2 * 2 ** 20);
  while (output.writableLength > 0) goOn?.();
  lines.write(entry);
  lines.flush();
  while (output.writableLength > 0) goOn?.();
  const told = kept
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(told.at(-1).leftOut).toBe(30_001 - told.length);
});

it('ends where lines cannot be written any more, and says so once', async () => {
  const told: string[] = [];
  let tries = 0;
  const output = new Writable({
    write(_, __, done) {
      tries++;
      done(new Error('write EPIPE'));
    },
  });
  const lines = new LogLines(output, (message) => told.push(message));
  for (let i = 0; i < 3; i++) {
    lines.write(entry);
    lines.flush();
    await new Promise(setImmediate);
  }
  expect(tries).toBe(1);
  expect(told).toEqual(['the log ends here, requests are still answered: write EPIPE']);
});
