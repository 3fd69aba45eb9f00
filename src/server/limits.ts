import { overloaded, RequestError } from './errors.ts';

/** What a server takes at most. */
export interface ServerLimits {
  /** Requests in work at once; further ones are refused with 503. */
  readonly maximumRequests: number;
  /** Bytes of the bodies and answers that are held at once; beyond them requests are refused with 503. */
  readonly maximumHeldBytes: number;
  /** Bytes of the bodies that are read and not answered: with more of them the answers would come late, so it is refused with 503. */
  readonly maximumWaitingBytes: number;
  /** Bytes of a body, and of a line of a body of lines; a longer one is refused with 413. */
  readonly maximumBodyBytes: number;
  /** How long a request may take, in milliseconds, at most 1,000,000,000; a body of lines, how long until its next line. */
  readonly timeoutMs: number;
}

/** The limits of a server that is given none. */
export const DEFAULT_LIMITS: ServerLimits = {
  maximumRequests: 1024,
  maximumHeldBytes: 256 * 2 ** 20,
  maximumWaitingBytes: 4 * 2 ** 20,
  maximumBodyBytes: 4 * 2 ** 20,
  timeoutMs: 30_000,
};

/** A timer takes twice that, which a connection gets, and no more. */
const LONGEST_TIMEOUT_MS = 1e9;

/** Texts of a request, as OpenAI has it. */
export const MOST_TEXTS = 2048;
/** Tokens of all texts of a request, as OpenAI has it. */
export const MOST_TOKENS_OF_ALL = 300_000;

/** @throws RangeError for a limit that is none */
export function resolveLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw new RangeError(`There is no limit "${name}"`);
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      throw new RangeError(`"${name}" must be an integer of at least 1, got ${value}`);
  }
  const { timeoutMs } = limits;
  if (timeoutMs !== undefined && timeoutMs > LONGEST_TIMEOUT_MS)
    throw new RangeError(`"timeoutMs" must be at most ${LONGEST_TIMEOUT_MS} ms (11 days), got ${timeoutMs}`);
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}

/** Counts what is in work, so that memory stays bounded whatever comes. */
export class Admission {
  readonly #limits: ServerLimits;
  requests = 0;
  heldBytes = 0;
  waitingBytes = 0;
  #isStopping = false;
  #whenIdle: (() => void)[] = [];

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  /** @throws RequestError 503 where too much is in work already */
  enter(): void {
    if (this.#isStopping) throw overloaded('The server stops; ask another one', 'stopping');
    if (this.requests >= this.#limits.maximumRequests)
      throw overloaded(`The server is busy with ${this.requests} requests; try again later`);
    this.requests++;
  }

  /** From now on everything is refused. */
  stop(): void {
    this.#isStopping = true;
  }

  leave(): void {
    this.requests--;
    if (this.requests > 0) return;
    for (const tell of this.#whenIdle.splice(0)) tell();
  }

  /** @throws RequestError 413 for a body that is too long, 503 where too much is held already */
  hold(byteLength: number, soFar = 0): void {
    const { maximumBodyBytes, maximumHeldBytes } = this.#limits;
    if (byteLength + soFar > maximumBodyBytes) throw bodyTooLong(maximumBodyBytes);
    this.#checkWaiting(byteLength + soFar); // before it is read, where that can be known
    if (this.heldBytes + byteLength > maximumHeldBytes)
      throw overloaded(`The server holds ${this.heldBytes} bytes of requests; try again later`);
    this.heldBytes += byteLength;
  }

  #checkWaiting(byteLength: number): void {
    // A body that is longer than all that may wait is taken when nothing else does.
    if (this.waitingBytes > 0 && this.waitingBytes + byteLength > this.#limits.maximumWaitingBytes)
      throw overloaded('Too many requests wait to be answered; try again later');
  }

  /** Counts a body that has been read, until it is answered. @throws RequestError 503 where too much waits already */
  wait(byteLength: number): void {
    this.#checkWaiting(byteLength);
    this.waitingBytes += byteLength;
  }

  /** Counts an answer until it has been sent: clients that do not read must not fill the memory. */
  holdUntil(byteLength: number, sent: Promise<unknown>): void {
    this.heldBytes += byteLength;
    const release = () => this.release(byteLength);
    sent.then(release, release);
  }

  release(byteLength: number): void {
    this.heldBytes -= byteLength;
  }

  /** Resolves when nothing is in work. */
  async idle(): Promise<void> {
    if (this.requests > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }
}

export function bodyTooLong(maximumBodyBytes: number): RequestError {
  return new RequestError(413, `The body is longer than ${maximumBodyBytes} bytes; send it in parts`, {
    code: 'body_too_large',
  });
}

export function bodyTooSlow(timeoutMs: number): RequestError {
  return new RequestError(408, `The body did not come within ${timeoutMs / 1000} s`, {
    code: 'body_timeout',
    headers: { connection: 'close' },
  });
}
