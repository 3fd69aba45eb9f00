import { formatSizes, type ModelFile, refuse } from './model-file.ts';

const MAXIMUM_JSON_BYTES = 1 << 28;

/**
 * A file that holds one JSON object.
 *
 * @param text - is given the text, to look for what JSON.parse passes over
 * @throws ModelFormatError
 */
export async function readJson<T = Record<string, unknown>>(
  file: ModelFile,
  text?: (json: string) => void,
): Promise<T> {
  if (file.byteLength > MAXIMUM_JSON_BYTES) {
    const [size, most] = formatSizes(file.byteLength, MAXIMUM_JSON_BYTES);
    refuse(file, `it is JSON of ${size}; at most ${most} are read`);
  }
  const bytes = new Uint8Array(file.byteLength);
  await file.read(0, bytes);
  const json = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    refuse(file, `it is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null) refuse(file, 'it must be a JSON object');
  text?.(json);
  return value as T;
}

/** The value of a JSON text; undefined if it is none. */
export function parseJson<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

const QUOTE = '"';

/** A key that an object of a valid JSON text has twice, of which JSON.parse silently keeps the last; undefined if there is none. */
export function findDoubleKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    if (character !== QUOTE) continue;
    const end = endOfString(json, at);
    let next = end;
    while (/\s/.test(json[next] ?? 'x')) next++;
    if (json[next] === ':') {
      const key = JSON.parse(json.slice(at, end)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
    at = end - 1;
  }
  return undefined;
}

/** Where the string that begins at `begin` ends, behind its quote. */
function endOfString(json: string, begin: number): number {
  for (let quote = json.indexOf(QUOTE, begin + 1); ; quote = json.indexOf(QUOTE, quote + 1)) {
    let escapes = 0;
    while (json[quote - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
}
