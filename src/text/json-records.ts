import { nearestSpelling } from './nearest-spelling.ts';

/** Of JSON, CSV or Parquet: values by the names of their fields. */
export type DataRecord = { readonly [field: string]: unknown };

/**
 * A line of JSON as a record. Whole numbers that a JavaScript number cannot hold become strings of their digits: as numbers
 * they would be others, and two of them the same.
 *
 * @throws SyntaxError for what is no JSON, or no object
 */
export function parseRecord(line: string, name: string, number: number): DataRecord {
  let value: unknown;
  try {
    value = parseExactly(line);
  } catch {
    // Where files were joined one begins within.
    if (line.startsWith('\ufeff')) return parseRecord(line.replace(/^\ufeff+/, ''), name, number);
    throw new SyntaxError(`Cannot read "${name}": line ${number} is not JSON${whyNotJson(line)}: ${line.slice(0, 60)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError(
      `Cannot read "${name}": line ${number} must be a JSON object, such as {"text": "…"}, got ${line.slice(0, 60)}`,
    );
  return value as DataRecord;
}

/** JSON whose whole numbers beyond ±(2^53 − 1) become strings of their digits. @throws SyntaxError */
export function parseExactly(json: string): unknown {
  return JSON.parse(/\d{16}/.test(json) ? quoteLargeIntegers(json) : json);
}

const CONTROLS = /[\u0000-\u001f]/g;

/** What is wrong with a line, of what other programs write in place of JSON lines. */
function whyNotJson(line: string): string {
  const text = line.trim();
  const parses = (json: string) => {
    try {
      return typeof JSON.parse(json) === 'object';
    } catch {
      return false;
    }
  };
  if (text.endsWith(',') && parses(text.slice(0, -1))) return ', as it ends with a comma';
  if (/\}\s*\{/.test(text) && parses(`[${text.replace(/\}\s*\{/g, '},{')}]`))
    return ', as several objects stand on it; name the file .json';
  if (/^[{[]$/.test(text)) return ', as an object goes over several lines; name the file .json';
  if (/\b(NaN|-?Infinity)\b/.test(text) && parses(text.replace(/\b(NaN|Infinity)\b/g, '0')))
    return ', which has no NaN and no Infinity; write null';
  if (/,\s*[}\]]/.test(text) && parses(text.replace(/,(?=\s*[}\]])/g, '')))
    return ', as a comma stands in front of a closing bracket';
  const withoutControls = text.replace(CONTROLS, ' ');
  if (withoutControls !== text && parses(withoutControls))
    return ', as a tab or another control character stands in a text; write \\t, \\u001f';
  const constants = text.replace(/\b(None|True|False|NaN|undefined)\b/g, 'null');
  if (constants !== text && parses(constants)) return ', which has null, true and false; write it with json.dumps';
  if (/^(\/\/|\/\*|#)/.test(text)) return ', which has no comments';
  return /^\{\s*'/.test(text) ? ', which has double quotes in place of single ones' : '';
}

/**
 * The text in a field of a JSON line; several texts of an array become several lines. `undefined` where there is none.
 *
 * @param number - of the line, counted from 1
 * @throws SyntaxError for what is no JSON object; TypeError for a field that holds something else
 */
export function readField(line: string, field: string, name: string, number: number): string | undefined {
  return textOf(parseRecord(line, name, number), field, name, `line ${number}`);
}

/**
 * The text of a record: a string, or strings in an array. `undefined` where there is no such field, or null in it.
 *
 * @param where - which record, for messages
 * @throws TypeError for a field that holds something else
 */
export function textOf(record: DataRecord, field: string, name: string, where: string): string | undefined {
  const value = valueAt(record, field);
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join('\n');
  const shown = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part)).slice(0, 40);
  throw new TypeError(
    `Cannot read "${name}": field "${field}" must hold text, got ${shown} in ${where} with the fields ${Object.keys(record).join(', ')}${suggestList(record)}`,
  );
}

/** The value of a field: a key of this name, or what lies along the path "a.b"; only what the record itself holds. */
export function valueAt(record: DataRecord, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  let value: unknown = record;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as DataRecord)[key];
  }
  return value;
}

/** "did you mean", with the name of a field that is spelt nearly so, if there is one. */
export function suggestField(field: string, names: readonly string[]): string {
  const nearest = nearestSpelling(field, names);
  return nearest ? `; did you mean "${nearest}"?` : '';
}

/** What to do with a record that holds the records in a list, as answers of servers do; nothing where it holds none. */
export function suggestList(record: DataRecord): string {
  const path = pathOfList(record, 3);
  return path === undefined ? '' : `; "${path}" is a list of records: take them out first, such as with jq '.${path}'`;
}

function pathOfList(record: DataRecord, depth: number): string | undefined {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  for (const [key, value] of Object.entries(record)) {
    if (Array.isArray(value) && value.length > 0 && value.every(isObject)) return key;
    const inner = depth > 1 && isObject(value) ? pathOfList(value as DataRecord, depth - 1) : undefined;
    if (inner !== undefined) return `${key}.${inner}`;
  }
  return undefined;
}

/** JSON in which whole numbers beyond ±(2^53 − 1) stand in quotes. */
function quoteLargeIntegers(json: string): string {
  let result = '';
  for (let begin = 0; begin < json.length; ) {
    const quote = json.indexOf('"', begin);
    const outside = json.slice(begin, quote < 0 ? undefined : quote);
    result += outside.replace(/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (digits) =>
      Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`,
    );
    if (quote < 0) break;
    const end = stringEnd(json, quote);
    result += json.slice(quote, end);
    begin = end;
  }
  return result;
}

/** Behind the quote that ends the string whose first quote stands at `quote`. */
function stringEnd(json: string, quote: number): number {
  for (let end = json.indexOf('"', quote + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return json.length;
}
