import { readFileSync, statSync } from 'node:fs';
import { explainReadError } from '../read-error.ts';

const SHORTEST_KEY = 16;
const LONGEST_KEY = 1024;
/** Each request is compared with all. */
const MOST_KEYS = 1000;

/**
 * The keys of a file, one a line; lines that begin with "#" are remarks.
 *
 * @param warn - told of a file that others may read
 * @throws Error where there is no key, are too many, or one that is short, long or cannot stand in a header; keys are not shown
 */
export function readApiKeys(path: string, warn: (message: string) => void): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      warn(`other users may read "${path}": run chmod 600 on it`);
  } catch (error) {
    throw explainReadError(error as NodeJS.ErrnoException, path);
  }
  const keys: string[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    const key = line.trim();
    if (key === '' || key.startsWith('#')) return;
    if (!/^[\x21-\x7e]+$/.test(key))
      throw new Error(`Cannot use "${path}": the key in line ${i + 1} must be printable ASCII without spaces`);
    if (key.length < SHORTEST_KEY)
      throw new Error(
        `Cannot use "${path}": the key in line ${i + 1} has ${key.length} characters, at least ${SHORTEST_KEY} are wanted; openssl rand -hex 32 makes one`,
      );
    if (key.length > LONGEST_KEY)
      throw new Error(
        `Cannot use "${path}": the key in line ${i + 1} has ${key.length} characters, at most ${LONGEST_KEY} are allowed`,
      );
    keys.push(key);
  });
  if (keys.length > MOST_KEYS)
    throw new Error(`Cannot use "${path}": it holds ${keys.length} keys, at most ${MOST_KEYS} are allowed`);
  if (keys.length === 0) throw new Error(`Cannot use "${path}": it holds no key; write one a line`);
  return keys;
}
