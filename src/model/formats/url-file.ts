import { concatenate } from '../../text/concatenate.ts';
import { maskSecrets } from '../../text/mask-secrets.ts';
import { formatBytes, type ModelFile, type ModelFolder, memoryFile } from './model-file.ts';

/** One request for so much: many small ones would each wait for the network. */
const PIECE_BYTES = 1 << 22;
/** A server that sends nothing for so long is given up. */
const SILENCE_SECONDS = 60;
/** Most that is taken of a server which does not answer requests for parts: it is held in memory. */
const MOST_BYTES = 2 ** 32;

/**
 * A file on the web. Where the server answers requests for parts (and says how long the file is), only what is needed is
 * fetched; otherwise all of it, at once, into memory.
 *
 * @returns undefined if the server says that there is no such file
 * @throws Error with the server's answer
 */
export async function urlFile(url: URL, signal?: AbortSignal): Promise<ModelFile | undefined> {
  const name = maskSecrets(String(url));
  const first = await request(url, 0, PIECE_BYTES, signal);
  if (first.status === 404 || first.status === 410) {
    await first.cancel();
    return undefined;
  }
  if (first.status === 416) return memoryFile(new Uint8Array(0), name); // an empty file has no first bytes
  if (!first.ok) throw new Error(`Cannot read model "${name}": the server answers ${answer(first)}`);
  const range = rangeOf(first);
  // Parts of what is compressed on the way are parts of something else.
  const inParts = first.status === 206 && range?.begin === 0 && !first.headers.has('content-encoding');
  if (first.status === 206 && !inParts) {
    await first.cancel();
    return memoryFile(await wholeBody(await fetchOrThrow(url, {}, signal), name, signal), name);
  }
  if (!inParts) return memoryFile(await wholeBody(first, name, signal), name);
  const piece = await wholeBody(first, name, signal);
  if (piece.length === 0 || piece.length !== range!.end)
    throw new Error(
      `Cannot read model "${name}": the server sent ${piece.length} bytes and says that they are ${range!.end}`,
    );
  return new FileInParts(url, range!.total, tagOf(first), piece, signal);
}

/** A file on the web of which parts are fetched. */
class FileInParts implements ModelFile {
  readonly name: string;
  readonly byteLength: number;
  readonly #url: URL;
  readonly #tag: string | null;
  readonly #signal: AbortSignal | undefined;
  #pieceStart = 0;
  #piece: Uint8Array;
  /** One after the other: readers ask for two pieces at a time, there is one buffer. */
  #last: Promise<void> = Promise.resolve();

  /** @param piece - the first bytes */
  constructor(url: URL, byteLength: number, tag: string | null, piece: Uint8Array, signal: AbortSignal | undefined) {
    this.name = maskSecrets(String(url));
    this.byteLength = byteLength;
    this.#url = url;
    this.#tag = tag;
    this.#signal = signal;
    this.#piece = piece;
  }

  read(offset: number, target: Uint8Array): Promise<void> {
    const next = this.#last.then(() => this.#read(offset, target));
    this.#last = next.catch(() => {});
    return next;
  }

  async #read(offset: number, target: Uint8Array): Promise<void> {
    for (let at = 0; at < target.length; ) {
      const from = offset + at;
      if (from < this.#pieceStart || from >= this.#pieceStart + this.#piece.length) {
        const length = Math.min(Math.max(PIECE_BYTES, target.length - at), this.byteLength - from);
        this.#piece = await this.#fetch(from, length);
        this.#pieceStart = from;
      }
      const part = this.#piece.subarray(from - this.#pieceStart, from - this.#pieceStart + target.length - at);
      target.set(part, at);
      at += part.length;
    }
  }

  async #fetch(from: number, length: number): Promise<Uint8Array> {
    const { name } = this;
    const response = await request(this.#url, from, length, this.#signal);
    const range = rangeOf(response);
    const fail = async (what: string): Promise<never> => {
      await response.cancel();
      throw new Error(`Cannot read model "${name}": ${what}`);
    };
    if (this.#tag !== tagOf(response) || (range && range.total !== this.byteLength))
      return fail('it was changed while it was read');
    if (response.status !== 206) return fail(`the server answers ${answer(response)} where a part was asked for`);
    if (response.headers.has('content-encoding')) return fail('the server compresses parts of it');
    // A server may send less than was asked for, but not from another place.
    if (range?.begin !== from || range.end > from + length)
      return fail(
        `the server sent bytes ${response.headers.get('content-range') ?? 'without a range'} where ${from}-${from + length - 1} were asked for`,
      );
    const bytes = await wholeBody(response, name, this.#signal);
    if (bytes.length === 0 || bytes.length !== range.end - from)
      return fail(`the server sent ${bytes.length} bytes and says that they are ${range.end - from}`);
    return bytes;
  }
}

/** Which bytes of how many an answer holds, `end` being the first that it does not hold. */
function rangeOf({ headers }: Head): { begin: number; end: number; total: number } | undefined {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return total === undefined ? undefined : { begin: Number(first), end: Number(last) + 1, total: Number(total) };
}

/** What changes with the content of a file. */
function tagOf({ headers }: Head): string | null {
  return headers.get('etag') ?? headers.get('last-modified');
}

/** Files beside each other on the web, under an address that ends with a slash. */
export function urlFolder(url: URL, signal?: AbortSignal): ModelFolder {
  return {
    name: maskSecrets(String(url)),
    open: (name) => urlFile(new URL(name.split('/').map(encodeURIComponent).join('/'), url), signal),
  };
}

function request(url: URL, offset: number, byteLength: number, signal: AbortSignal | undefined): Promise<Answer> {
  return fetchOrThrow(url, { range: `bytes=${offset}-${offset + byteLength - 1}` }, signal);
}

type Head = Pick<Response, 'ok' | 'status' | 'statusText' | 'headers' | 'type'>;

/** An answer whose body is read with a limit. */
interface Answer extends Head {
  readonly body: AsyncGenerator<Uint8Array>;
  cancel(): Promise<unknown>;
}

/** Where the code runs in a page, or in a worker of one. */
function pageOrigin(): string | undefined {
  return (globalThis as { location?: { readonly origin: string } }).location?.origin;
}

async function fetchOrThrow(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  signal?.throwIfAborted();
  const silence = new Silence(signal);
  const get = (asked: Record<string, string>) => fetch(url, { headers: asked, signal: silence.signal });
  const again = (asked: Record<string, string>) => (error: unknown) => {
    if (silence.signal.aborted) throw error;
    return get(asked);
  };
  const page = pageOrigin();
  try {
    // A connection that was kept may have been closed just now: then another one is good.
    let trying = get(headers).catch(again(headers));
    // A page gets no part of what a server keeps compressed, and none where it may not ask for parts; the whole it may get.
    if (page !== undefined) trying = trying.catch(again({}));
    const response = await trying;
    const { ok, status, statusText, type } = response;
    const cancel = async () => {
      silence.end();
      if (!response.bodyUsed) await response.body?.cancel();
    };
    return { ok, status, statusText, type, headers: response.headers, body: bodyOf(response, silence), cancel };
  } catch (cause) {
    silence.end();
    signal?.throwIfAborted();
    // A page is not told more.
    const other = page !== undefined && page !== url.origin;
    const reached = `cannot be reached${other ? ', does not let pages of other origins read it (the header Access-Control-Allow-Origin), or the Content-Security-Policy of the page forbids it' : ''}`;
    const what = silence.signal.aborted ? `did not answer in ${SILENCE_SECONDS} s` : reached;
    throw new Error(`Cannot read model "${maskSecrets(String(url))}": the server ${what}`, { cause });
  }
}

async function* bodyOf({ body }: Response, silence: Silence): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      silence.heard();
      yield next.value;
    }
  } finally {
    silence.end();
    reader?.cancel().catch(() => {});
  }
}

/** Aborts where nothing is heard for long, and where the caller's signal does. */
class Silence {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #follow = () => this.#abort.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#follow, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(), 1000 * SILENCE_SECONDS);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#follow);
  }
}

async function wholeBody(response: Answer, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (!response.ok) {
    await response.cancel();
    throw new Error(`Cannot read model "${name}": the server answers ${answer(response)}`);
  }
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      byteLength += chunk.length;
      if (byteLength > MOST_BYTES) break;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(`Cannot read model "${name}": the connection was cut before all of it was there; try again`, {
      cause,
    });
  }
  if (byteLength > MOST_BYTES)
    throw new Error(
      `Cannot read model "${name}": the server sends more than ${formatBytes(MOST_BYTES)} at once; download the file, or have it served in parts`,
    );
  const bytes = chunks.length === 1 ? chunks[0] : concatenate(chunks);
  const promised = response.headers.get('content-length');
  // Of another origin a page does not see that the body was compressed on its way; the browser compares the lengths itself.
  const isPlain = response.type !== 'cors' && !response.headers.has('content-encoding');
  if (promised !== null && isPlain && Number(promised) !== bytes.length)
    throw new Error(
      `Cannot read model "${name}": the server promised ${promised} bytes and sent ${bytes.length}; try again`,
    );
  return bytes;
}

function answer({ status, statusText }: Head): string {
  return `${status} ${statusText}`.trim();
}
