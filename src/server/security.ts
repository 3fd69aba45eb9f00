import { showValue } from '../text/show-value.ts';
import { RequestError } from './errors.ts';
import type { IncomingRequest, Reply } from './exchange.ts';

/** Who may ask. */
export interface SecurityOptions {
  /** Requests must bear one of them ("Authorization: Bearer KEY"); none is asked for if omitted. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Pages of these origins may read the answers; none if omitted. `*` is every page. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Names that the server is called by; every name if omitted. It keeps foreign pages from reaching it under a name of theirs. */
  readonly hosts?: readonly string[] | undefined;
}

/** For every answer that is no page. */
export const SECURE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const utf8 = new TextEncoder();

/** Whether a page may be of it, as browsers write it; `null`, which many pages have, is none. Or `*`, every page. */
export function isOrigin(text: string): boolean {
  if (text === '*') return true;
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(text)) return false;
  // Of other schemes, such as those of browsers' extensions, URL does not tell the origin.
  return !/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text);
}

/** Who may ask. */
export class Security {
  #keys: readonly Uint8Array[] | undefined;
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string> | undefined;

  constructor({ apiKeys, corsOrigins = [], hosts }: SecurityOptions) {
    this.setKeys(apiKeys);
    const other = corsOrigins.find((origin) => !isOrigin(origin));
    if (other !== undefined)
      throw new RangeError(
        `"corsOrigins" must hold origins such as https://example.org, or *, got ${showValue(other)}`,
      );
    this.#origins = new Set(corsOrigins);
    this.#hosts = hosts && new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** @throws RangeError for an empty list and an empty key */
  setKeys(apiKeys: readonly string[] | undefined): void {
    if (apiKeys?.length === 0 || apiKeys?.includes(''))
      throw new RangeError('"apiKeys" must hold at least one key, and none that is empty');
    this.#keys = apiKeys?.map((key) => utf8.encode(key));
  }

  /** @throws RequestError 403 for a name that is not the server's */
  checkHost(request: IncomingRequest): void {
    if (!this.#hosts) return;
    // The URL has the name of the header in it; to look for the header takes longer.
    const [, name = ''] = /^\w+:\/\/([^/?#]*?)(?::\d+)?(?:[/?#]|$)/.exec(request.url) ?? [];
    if (this.#hosts.has(name.toLowerCase())) return;
    throw new RequestError(403, 'The server is not called by this name; name it by --allow-host', {
      code: 'host_not_allowed',
    });
  }

  /** @throws RequestError 401 without a key */
  checkKey(request: IncomingRequest): void {
    if (!this.#keys) return;
    const given = /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const bytes = utf8.encode((given ?? '').slice(0, 4096));
    let matches = 0;
    for (const key of this.#keys) matches |= isSame(bytes, key);
    if (given !== undefined && matches === 1) return;
    const message =
      given === undefined
        ? 'An API key is missing; send the header "Authorization: Bearer KEY"'
        : 'The API key is not one of this server';
    throw new RequestError(401, message, { code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } });
  }

  /** The headers that let a page of an origin that was named read the answer. */
  corsHeaders(request: IncomingRequest): Record<string, string> | undefined {
    if (this.#origins.size === 0) return undefined;
    const origin = request.headers.get('origin');
    if (origin === null) return undefined;
    if (!this.#origins.has(origin) && !this.#origins.has('*')) return { vary: 'origin' };
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-request-id, x-wordkin-note, retry-after',
      'cross-origin-resource-policy': 'cross-origin',
      vary: 'origin',
    };
  }

  /** The answer to a page that asks whether it may, or undefined. */
  preflight(request: IncomingRequest): Reply | undefined {
    if (request.method !== 'OPTIONS' || request.headers.get('access-control-request-method') === null) return undefined;
    const headers = this.corsHeaders(request);
    if (!headers?.['access-control-allow-origin']) return undefined;
    return {
      body: null,
      status: 204,
      headers: {
        ...SECURE_HEADERS,
        ...headers,
        'access-control-allow-methods': 'GET, POST, DELETE',
        // What clients send of their own, such as x-stainless-os of the openai client.
        'access-control-allow-headers':
          request.headers.get('access-control-request-headers') ?? 'authorization, content-type',
        'access-control-max-age': '600',
      },
    };
  }
}

/** 1 for the same bytes, 0 for others; the time does not tell where they differ. */
function isSame(given: Uint8Array, key: Uint8Array): number {
  const padded = new Uint8Array(key.length);
  padded.set(given.subarray(0, key.length));
  let difference = given.length ^ key.length;
  for (let i = 0; i < key.length; i++) difference |= padded[i] ^ key[i];
  return difference === 0 ? 1 : 0;
}
