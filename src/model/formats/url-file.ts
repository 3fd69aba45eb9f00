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
  const [, begin, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(first.headers.get('content-range') ?? '') ?? [];
  // Parts of what is compressed on the way are parts of something else.
  const inParts = first.status === 206 && begin === '0' && !first.headers.has('content-encoding');
  if (first.status === 206 && !inParts) {
    await first.body?.cancel();
    return memoryFile(await wholeBody(await fetchOrThrow(url, {}), name), name);
  }
  if (!inParts) return memoryFile(await wholeBody(first, name), name);

  const byteLength = Number(total);
  const tag = first.headers.get('etag') ?? first.headers.get('last-modified');
  let pieceStart = 0;
  let piece = await wholeBody(first, name);
  const read = async (offset: number, target: Uint8Array) => {
    for (let at = 0; at < target.length; ) {
      const from = offset + at;
      if (from < pieceStart || from >= pieceStart + piece.length) {
        const length = Math.min(Math.max(PIECE_BYTES, target.length - at), byteLength - from);
        const response = await request(url, from, length);
        const changed = tag !== (response.headers.get('etag') ?? response.headers.get('last-modified'));
        if (response.status !== 206 || changed) {
          await response.body?.cancel();
          throw new Error(
            `Cannot read model "${name}": ${changed ? 'it was changed while it was read' : `the server answers ${answer(response)}`}`,
          );
        }
        const bytes = await wholeBody(response, name);
        if (bytes.length !== length)
          throw new Error(`Cannot read model "${name}": the server sent ${bytes.length} bytes in place of ${length}`);
        [pieceStart, piece] = [from, bytes];
      }
      const part = piece.subarray(from - pieceStart, from - pieceStart + target.length - at);
      target.set(part, at);
      at += part.length;
    }
  };
  // One after the other: readers ask for two pieces at a time, there is one buffer.
  let last: Promise<void> = Promise.resolve();
  return {
    name,
    byteLength,
    read(offset, target) {
      const next = last.then(() => read(offset, target));
      last = next.catch(() => {});
      return next;
    },
  };
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
  return new Uint8Array(await response.arrayBuffer());
}

function answer({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trim();
}
