import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { counted } from '../text/counted.ts';
import { printable } from '../text/printable.ts';
import { errorMessage } from './error-message.ts';
import { jsonText, note, warn } from './output.ts';

export interface Answer {
  readonly value: unknown;
  readonly text: string;
}

/**
 * Answers the lines of standard input, one by one; on a terminal after a prompt. A line that cannot be answered does not end it: it
 * is told on stderr, with --json also in its place, and the command fails at the end.
 *
 * @param answer - undefined for a line that is none
 * @returns the number of lines that were answered or refused
 */
export async function answerLines(
  { json, prompt }: { readonly json: boolean | undefined; readonly prompt: string },
  answer: (line: string) => Answer | undefined,
): Promise<number> {
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, ...(isTerminal && { output: process.stderr, prompt }) });
  const ask = () => isTerminal && lines.prompt();
  let count = 0;
  let malformed = 0;
  ask();
  try {
    for await (const line of lines) {
      if (/[\0\ufffd]/.test(line)) malformed++;
      const found = tryAnswer(line, answer, isTerminal);
      if (found) {
        const separator = count === 0 ? '[' : ',';
        await write(json ? `${separator}${jsonText(found.value)}` : found.text && `${printable(found.text)}\n`);
        count++;
      }
      ask();
    }
  } finally {
    if (json) await write(count === 0 ? '[]\n' : ']\n');
    if (malformed > 0)
      warn(
        `${counted(malformed, 'line of standard input is', 'lines of standard input are')} not UTF-8, and not asked as written; text in another encoding is converted by iconv`,
      );
  }
  return count;
}

function tryAnswer(line: string, answer: (line: string) => Answer | undefined, isTerminal: boolean) {
  try {
    return answer(line);
  } catch (error) {
    const message = errorMessage(error);
    note(isTerminal ? message : `wordkin: ${message}`);
    if (!isTerminal) process.exitCode = 1;
    return { value: { error: message }, text: '' };
  }
}

/** Waits while the reader is slower. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
