import { afterEach, describe, expect, it, vi } from 'vitest';
import { urlFile } from './url-file.ts';

const numbers = new Uint32Array(2_500_000);
for (let i = 0; i < numbers.length; i++) numbers[i] = i;
const bytes = new Uint8Array(numbers.buffer);
const url = new URL('http://models.test/model.bin');

/** A server whose answer to bytes begin … end − 1 `answer` changes. */
function serve(
  answer: (begin: number, end: number) => Partial<{ begin: number; end: number; total: number; sent: number }>,
) {
  vi.stubGlobal('fetch', async (_: URL, { headers }: { headers: Record<string, string> }) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (first === undefined) return new Response(bytes);
    const [from, to] = [Number(first), Math.min(Number(last) + 1, bytes.length)];
    const { begin = from, end = to, total = bytes.length, sent = end } = answer(from, to);
    const range = `bytes ${begin}-${end - 1}/${total}`;
    return new Response(bytes.slice(begin, sent), { status: 206, headers: { 'content-range': range } });
  });
}
afterEach(() => vi.unstubAllGlobals());

async function readAll(): Promise<boolean> {
  const file = (await urlFile(url))!;
  const target = new Uint8Array(file.byteLength);
  await file.read(0, target);
  return Buffer.compare(target, bytes) === 0;
}

describe('a file on the web in parts', () => {
  it('is read whole, also where the server sends less than was asked for', async () => {
    serve(() => ({}));
    expect(await readAll()).toBe(true);
    serve((begin, end) => ({ end: Math.min(end, begin + 1_000_000) }));
    expect(await readAll()).toBe(true);
  });

  it.each([
    ['another place', (begin: number) => ({ begin: begin === 0 ? 0 : 1000 }), 'were asked for'],
    ['more', (begin: number, end: number) => (begin === 0 ? {} : { end: end + 5 }), 'the server'],
    [
      'fewer bytes than it says',
      (begin: number, end: number) => (begin === 0 ? {} : { sent: end - 5 }),
      'the server sent',
    ],
    [
      'a file of another size',
      (begin: number) => (begin === 0 ? {} : { total: 9_999_999 }),
      'it was changed while it was read',
    ],
  ])('is refused where the server sends %s', async (_, answer, message) => {
    serve(answer);
    const error = await readAll().catch(String);
    expect(error).toContain('Cannot read model "http://models.test/model.bin"');
    expect(error).toContain(message);
  });

  it('is refused by its address where the connection is cut', async () => {
    vi.stubGlobal('fetch', async () => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(10));
          controller.error(new TypeError('terminated'));
        },
      });
      return new Response(body);
    });
    await expect(urlFile(url)).rejects.toThrow('model.bin": the connection was cut before all of it was there');
  });
});

it('ends with the signal, also where the server drips or says nothing', async () => {
  const abort = new AbortController();
  const pull = vi.fn((controller: ReadableStreamDefaultController) => {
    controller.enqueue(new Uint8Array(1));
    return new Promise<void>((resolve) => setTimeout(resolve, 5));
  });
  vi.stubGlobal('fetch', async (_: URL, { signal }: RequestInit) => {
    const body = new ReadableStream({
      pull,
      start: (controller) => signal?.addEventListener('abort', () => controller.error(signal.reason)),
    });
    return new Response(body);
  });
  const reading = urlFile(url, abort.signal);
  setTimeout(() => abort.abort(new Error('enough')), 30);
  await expect(reading).rejects.toThrow('enough');
  const silent = new AbortController();
  vi.stubGlobal('fetch', (_: URL, { signal }: RequestInit) => {
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  });
  const waiting = urlFile(url, silent.signal);
  silent.abort(new Error('no answer'));
  await expect(waiting).rejects.toThrow('no answer');
});

describe('a file on the web that a page of another origin reads', () => {
  /** As browsers do: no part of what is kept compressed, and of the headers of another origin not all. */
  const compressed = async (_: URL, { headers }: { headers: Record<string, string> }) => {
    if (headers.range !== undefined) throw new TypeError('Failed to fetch');
    const response = new Response(bytes.slice(0, 1000), { headers: { 'content-length': '123' } });
    return Object.defineProperty(response, 'type', { value: 'cors' });
  };

  it('is read whole where the server keeps it compressed', async () => {
    vi.stubGlobal('fetch', compressed);
    await expect(urlFile(url)).rejects.toThrow('the server cannot be reached');
    vi.stubGlobal('location', new URL('http://page.test/'));
    expect((await urlFile(url))!.byteLength).toBe(1000);
  });

  it('is refused with what may keep it away, and without the secrets of its address', async () => {
    const refuse = vi.fn(async () => {
      throw new TypeError('Failed to fetch');
    });
    vi.stubGlobal('fetch', refuse);
    vi.stubGlobal('location', new URL('http://page.test/'));
    await expect(urlFile(new URL('http://models.test/model.bin?token=abc'))).rejects.toThrow(
      /^Cannot read model "http:\/\/models\.test\/model\.bin\?token=…": the server cannot be reached, does not let pages of other origins read it/,
    );
    await expect(urlFile(new URL('http://page.test/model.bin'))).rejects.toThrow(/the server cannot be reached$/);
  });
});
