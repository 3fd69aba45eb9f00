import { lineBlocks } from './line-blocks.ts';
import type { TextSource } from './text-source.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * The texts of a source, one a line; of JSON lines the text of the field. A line longer than a megabyte may come in
 * several pieces.
 *
 * @throws Error for what is no text, or no JSON
 */
export async function* textLines(source: TextSource): AsyncGenerator<string> {
  for await (const block of lineBlocks(source)) {
    const lines = decodeUtf8(block).text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (source.jsonField === undefined) yield line;
      else if (line.trim() !== '') yield* readField(line, source.jsonField, source.name)?.split('\n') ?? [];
    }
  }
}

/** The text in a field of a JSON line; several texts of an array become several sentences. */
export function readField(line: string, field: string, name: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new SyntaxError(`Cannot read "${name}": a line is not JSON: ${line.slice(0, 60)}`);
  }
  const record = value;
  for (const key of field.split('.')) value = (value as Record<string, unknown> | null)?.[key];
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join('\n');
  if (value === undefined || value === null) return undefined;
  throw new TypeError(
    `Cannot read "${name}": field "${field}" must hold text, got ${JSON.stringify(value).slice(0, 40)} in a record with the fields ${Object.keys(record as object).join(', ')}`,
  );
}
