import { lineBlocks } from './line-blocks.ts';
import type { TextSource } from './text-source.ts';

const SAMPLE_BYTES = 1 << 18;

/**
 * The beginning of a source's text, and the source as if it had not been touched: it may be a stream that can
 * be read once only, so what was read is kept and given back.
 */
export async function sampleSource(source: TextSource): Promise<{ sample: string; source: TextSource }> {
  let onRead: ((byteLength: number) => void) | undefined;
  let readBefore = 0;
  const chunks = source.open((byteLength) => {
    if (onRead) onRead(byteLength);
    else readBefore += byteLength;
  });
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const start = await iterator.next();
  const bytes = start.done ? new Uint8Array(0) : start.value;
  let sample = '';
  for await (const block of lineBlocks({ ...source, open: () => [bytes.subarray(0, SAMPLE_BYTES)] })) {
    sample += new TextDecoder().decode(block);
  }
  if (source.jsonField !== undefined) sample = unescapeJson(sample);
  return {
    sample,
    source: {
      ...source,
      async *open(report) {
        onRead = report;
        report?.(readBefore);
        if (!start.done) yield start.value;
        for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
      },
    },
  };
}

/** JSON text with \uXXXX as characters and without its punctuation: enough to tell the script by. */
function unescapeJson(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/[{}[\]"]|\\n/g, ' ');
}
