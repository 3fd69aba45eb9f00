import type { Writable } from 'node:stream';
import type { LogEntry } from '../../server/route.ts';
import { printable } from '../../text/printable.ts';

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
  #isBroken = false;

  /** @param tell - told, once, that lines cannot be written any more */
  constructor(output: Writable, tell: (message: string) => void) {
    this.#output = output;
    output.on('error', ({ message }) => {
      if (!this.#isBroken) tell(`the log ends here, requests are still answered: ${message}`);
      this.#isBroken = true;
    });
  }

  /** Writes what is told of a request, with its time as a date of ISO 8601. */
  write(entry: LogEntry): void {
    if (this.#isBroken) return;
    if (this.#output.writableLength > MOST_WAITING_BYTES) {
      this.#leftOut++;
      return;
    }
    if (entry.time !== this.#time) {
      this.#time = entry.time;
      this.#date = new Date(entry.time).toISOString();
    }
    this.#waiting += lineOf(entry, this.#date, this.#leftOut);
    this.#leftOut = 0;
    if (this.#waiting.length >= FLUSH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting !== '' && !this.#isBroken) this.#output.write(this.#waiting);
    this.#waiting = '';
  }
}

/** As JSON.stringify gives it, without commands to a terminal, in a third of the time: but for the fault, which is rare, no field has a character that JSON must escape. */
function lineOf(
  { id, method, route, status, milliseconds, texts, tokens, error, fault }: LogEntry,
  date: string,
  leftOut: number,
): string {
  const counts = texts === undefined ? '' : `,"texts":${texts}${tokens === undefined ? '' : `,"tokens":${tokens}`}`;
  const problem = error === undefined ? '' : `,"error":"${error}"`;
  const more = fault === undefined ? '' : `,"fault":${printable(JSON.stringify(fault))}`;
  const less = leftOut === 0 ? '' : `,"leftOut":${leftOut}`;
  return `{"time":"${date}","id":"${id}","method":"${method}","route":"${route}","status":${status},"milliseconds":${milliseconds}${counts}${problem}${more}${less}}\n`;
}
