import { type ModelFile, type ModelFolder, memoryFile } from './model-file.ts';

/** One request for so much: many small ones would each wait for the network. */
const PIECE_BYTES = 1 << 22;

/**
 * A file on the web. Where the server answers requests for parts (and says how long the file is), only what is needed is
 * fetched; otherwise all of it, at once, into memory.
 *
 * @returns undefined if the server says that there is no such file
 * @throws Error with the server's answer
 */
export async function urlFile(url: URL): Promise<ModelFile | undefined> {
  const name = String(url);
  const first = await request(url, 0, PIECE_BYTES);
  if (first.status === 404 || first.status === 410) {
    await first.body?.cancel();
    return undefined;
  }
  if (first.status === 416) return memoryFile(new Uint8Array(0), name); // an empty file has no first bytes
  if (!first.ok) throw new Error(`Cannot read model "${name}": the server answers ${answer(first)}`);
  const range = rangeOf(first);
  // Parts of what is compressed on the way are parts of something else.
  const inParts = first.status === 206 && range?.begin === 0 && !first.headers.has('content-encoding');
  if (first.status === 206 && !inParts) {
    await first.body?.cancel();
    return memoryFile(await wholeBody(await fetchOrThrow(url, {}), name), name);
  }
  if (!inParts) return memoryFile(await wholeBody(first, name), name);
  const piece = await wholeBody(first, name);
  if (piece.length === 0 || piece.length !== range!.end)
    throw new Error(
      `Cannot read model "${name}": the server sent ${piece.length} bytes and says that they are ${range!.end}`,
    );
  return new FileInParts(url, range!.total, tagOf(first), piece);
}

/** A file on the web of which parts are fetched. */
class FileInParts implements ModelFile {
  readonly name: string;
  readonly byteLength: number;
  readonly #url: URL;
  readonly #tag: string | null;
  #pieceStart = 0;
  #piece: Uint8Array;
  /** One after the other: readers ask for two pieces at a time, there is one buffer. */
  #last: Promise<void> = Promise.resolve();

  /** @param piece - the first bytes */
  constructor(url: URL, byteLength: number, tag: string | null, piece: Uint8Array) {
    this.name = String(url);
    this.byteLength = byteLength;
    this.#url = url;
    this.#tag = tag;
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
    const response = await request(this.#url, from, length);
    const range = rangeOf(response);
    const fail = async (what: string): Promise<never> => {
      if (!response.bodyUsed) await response.body?.cancel();
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
    const bytes = await wholeBody(response, name);
    if (bytes.length === 0 || bytes.length !== range.end - from)
      return fail(`the server sent ${bytes.length} bytes and says that they are ${range.end - from}`);
    return bytes;
  }
}

/** Which bytes of how many an answer holds, `end` being the first that it does not hold. */
function rangeOf({ headers }: Response): { begin: number; end: number; total: number } | undefined {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return total === undefined ? undefined : { begin: Number(first), end: Number(last) + 1, total: Number(total) };
}

/** What changes with the content of a file. */
function tagOf({ headers }: Response): string | null {
  return headers.get('etag') ?? headers.get('last-modified');
}

/** Files beside each other on the web, under an address that ends with a slash. */
export function urlFolder(url: URL): ModelFolder {
  return {
    name: String(url),
    open: (name) => urlFile(new URL(name.split('/').map(encodeURIComponent).join('/'), url)),
  };
}

function request(url: URL, offset: number, byteLength: number): Promise<Response> {
  return fetchOrThrow(url, { range: `bytes=${offset}-${offset + byteLength - 1}` });
}

async function fetchOrThrow(url: URL, headers: Record<string, string>): Promise<Response> {
  try {
    // A connection that was kept may have been closed just now: then another one is good.
    return await fetch(url, { headers }).catch(() => fetch(url, { headers }));
  } catch (cause) {
    throw new Error(`Cannot read model "${url}": the server cannot be reached`, { cause });
  }
}

async function wholeBody(response: Response, name: string): Promise<Uint8Array> {
  if (!response.ok) throw new Error(`Cannot read model "${name}": the server answers ${answer(response)}`);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(`Cannot read model "${name}": the connection was cut before all of it was there; try again`, {
      cause,
    });
  }
  const promised = response.headers.get('content-length');
  if (promised !== null && !response.headers.has('content-encoding') && Number(promised) !== bytes.length)
    throw new Error(
      `Cannot read model "${name}": the server promised ${promised} bytes and sent ${bytes.length}; try again`,
    );
  return bytes;
}

function answer({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trim();
}
