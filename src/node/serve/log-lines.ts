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

  constructor(output: Writable) {
    this.#output = output;
  }

  write(value: object): void {
    if (this.#output.writableLength > MOST_WAITING_BYTES) {
      this.#leftOut++;
      return;
    }
    if (this.#leftOut > 0) {
      this.#waiting += `${JSON.stringify({ time: new Date().toISOString(), leftOut: this.#leftOut })}\n`;
      this.#leftOut = 0;
    }
    this.#waiting += `${JSON.stringify(value)}\n`;
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
