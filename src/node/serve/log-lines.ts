import type { Writable } from 'node:stream';

const FLUSH_MS = 50;
const FLUSH_CHARACTERS = 1 << 14;
/** Where nobody reads so many bytes, lines are left out, and their number told. */
const MOST_WAITING_BYTES = 1 << 20;

/** Writes lines together: one by one they would cost more than the requests that they tell of. */
export class LogLines {
  readonly #output: Writable;
  #waiting = '';
  #timer: NodeJS.Timeout | undefined;
  #leftOut = 0;
  #time = 0;
  #date = '';

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Writes a value with its time, in milliseconds since 1970, as a date of ISO 8601. */
  write({ time, ...value }: { readonly time: number }): void {
    if (this.#output.writableLength > MOST_WAITING_BYTES) {
      this.#leftOut++;
      return;
    }
    if (time !== this.#time) {
      this.#time = time;
      this.#date = new Date(time).toISOString();
    }
    const leftOut = this.#leftOut > 0 ? this.#leftOut : undefined;
    this.#leftOut = 0;
    this.#waiting += `${JSON.stringify({ time: this.#date, ...value, leftOut })}\n`;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting !== '') this.#output.write(this.#waiting);
    this.#waiting = '';
  }
}
