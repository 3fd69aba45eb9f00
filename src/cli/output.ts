import { styleText } from 'node:util';
import { InvalidArgumentError } from 'commander';
import type { Neighbor } from '../model-entry.ts';
import { counted } from '../text/counted.ts';
import { decimalNumber } from '../text/decimal-number.ts';
import { maskSecrets } from '../text/mask-secrets.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { printable } from '../text/printable.ts';

/** How the similarities to several words are joined. */
export const METHODS = ['3CosAdd', '3CosMul'] as const;

/** Where a command puts its result: JSON on stdout with --json, otherwise the text. */
export interface Output {
  print(value: unknown, text: string): void;
}

export function createOutput(json: boolean | undefined): Output {
  return {
    print(value, text) {
      process.stdout.write(json ? `${jsonText(value)}\n` : `${printable(text)}\n`);
    },
  };
}

/** A word or name as a part of a line. */
export function printableWord(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** One JSON value in which terminals find no commands either. */
export function jsonText(value: unknown): string {
  return printable(JSON.stringify(value));
}

/** A remark for people, never on stdout. */
export function note(text: string): void {
  process.stderr.write(`${printable(maskSecrets(text))}\n`);
}

/** A remark that people should not overlook. */
export function warn(text: string): void {
  process.stderr.write(`${styleText('yellow', printable(maskSecrets(text)))}\n`);
}

/** Adds up what readers tell of malformed UTF-8, to be told once. */
export class RepairCount {
  #count = 0;
  readonly add = (more: number): void => {
    this.#count += more;
  };
  tell(): void {
    warnOfRepairs(this.#count);
  }
}

/** Tells that text is no UTF-8 in places, if it is: what was read there is not what was written. */
export function warnOfRepairs(count: number): void {
  if (count > 0) warn(repairsMessage(count));
}

export function repairsMessage(count: number): string {
  return `${counted(count, 'malformed UTF-8 sequence was', 'malformed UTF-8 sequences were', count.toLocaleString('en'))} replaced by U+FFFD; text in another encoding is converted by iconv`;
}

export function neighborTable(neighbors: readonly Neighbor[]): string {
  return neighbors.map(({ word, similarity }) => `${similarity.toFixed(4)}  ${printableWord(word)}`).join('\n');
}

/** An option's parser: a decimal number such as 5, .025 or 1e-4; the range is checked where options are resolved. */
export function toNumber(text: string): number {
  const value = decimalNumber(text);
  if (value === undefined) throw new InvalidArgumentError(`"${text}" is not a number.`);
  return value;
}

/** An option's parser: a whole number of at least 1. */
export function toCount(text: string): number {
  const value = toNumber(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError(`"${text}" is not a whole number of at least 1.`);
  return value;
}

/** An option's parser: a time such as 30s, 10m or 1h, in seconds. */
export function toSeconds(text: string): number {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)\s*([smh]?)$/i.exec(text.trim()) ?? [];
  const value = Number(digits) * { s: 1, m: 60, h: 3600 }[(unit.toLowerCase() || 's') as 's' | 'm' | 'h'];
  if (!(value > 0)) throw new InvalidArgumentError(`"${text}" is not a time such as 30s, 10m or 1h.`);
  return value;
}

/** An option's parser: bytes, such as 500MB, 2GB or 1000000. */
export function toByteLength(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim()) ?? [];
  const value = Number(digits) * 1000 ** ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  if (!(value >= 1)) throw new InvalidArgumentError(`"${text}" is not a size such as 500MB or 2GB.`);
  return value;
}

/** An option's parser: one of some words, with a suggestion for a misspelt one. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    const nearest = nearestSpelling(text, choices);
    throw new InvalidArgumentError(`Allowed are ${choices.join(', ')}.${nearest ? ` (Did you mean ${nearest}?)` : ''}`);
  };
}
