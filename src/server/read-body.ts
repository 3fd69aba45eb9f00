import { RequestError } from './errors.ts';
import { bodyTooSlow } from './limits.ts';

/**
 * The JSON of a body.
 *
 * @param hold - is told of the bytes before they are read, and refuses them by throwing
 * @throws RequestError 415 for another kind of body, 408 for one that does not come, 400 for what is no JSON
 */
export async function readJson(
  request: Request,
  hold: (byteLength: number) => void,
  timeoutMs: number,
): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (type === null || !/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type))
    throw new RequestError(
      415,
      `The body must be JSON with the header "content-type: application/json", got ${type === null ? 'none' : JSON.stringify(type.slice(0, 60))}`,
      { code: 'unsupported_media_type' },
    );
  const length = request.headers.get('content-length');
  let text: string;
  if (length !== null && request.headers.get('transfer-encoding') === null) {
    hold(Number(length));
    text = await inTime(request.text(), timeoutMs);
  } else text = await inTime(readCounted(request, hold), timeoutMs);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, `The body is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
      code: 'invalid_json',
    });
  }
}

/** A body whose length is not known before. */
async function readCounted(request: Request, hold: (byteLength: number) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunksOf(request)) {
    hold(chunk.length);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The pieces of a body as they come. */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}

/** @throws RequestError 408 where the reading takes longer, 400 where the client ends it */
export async function inTime<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(bodyTooSlow(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([reading, tooSlow]);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(400, 'The body ended early', { code: 'body_aborted' });
  } finally {
    clearTimeout(timer);
  }
}
