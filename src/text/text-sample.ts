import { concatenate } from './concatenate.ts';
import { lineBlocks } from './line-blocks.ts';
import { openChunks, type TextSource } from './text-source.ts';

const SAMPLE_BYTES = 1 << 20;
const LINE_FEED = 10;

/** The beginning of the text: about 1 MB, or all of it. */
export interface TextSample {
  /** What was taken of the first sources, cut at the end of a line where there is one. */
  readonly parts: readonly { readonly source: TextSource; readonly bytes: Uint8Array }[];
  /** All of the text is in `parts`. */
  readonly whole: boolean;
  /** Bytes of text for a byte of `byteLength`: 1, or more where the sources are compressed. NaN if nobody counted. */
  readonly expansion: number;
}

/**
 * The beginning of the text, and the sources as if they had not been touched: they may be streams that can be read
 * once only, so what was read is kept and given back. `close` lets go of them when they are not to be read on.
 */
export async function sampleText(
  sources: readonly TextSource[],
): Promise<{ sample: TextSample; sources: readonly TextSource[]; close(): Promise<void> }> {
  const opened = [...sources];
  const closers: (() => Promise<unknown>)[] = [];
  const parts: { source: TextSource; bytes: Uint8Array }[] = [];
  const close = async () => {
    for (const end of closers) await end();
  };
  let whole = true;
  let [taken, given, told] = [0, 0, 0];
  for (let i = 0; i < sources.length && whole; i++) {
    if (taken >= SAMPLE_BYTES) {
      whole = false;
      break;
    }
    const begun = await begin(sources[i], SAMPLE_BYTES - taken).catch(async (error) => {
      await close();
      throw error;
    });
    if (sources[i].open.file === undefined) {
      opened[i] = begun.source;
      closers.push(begun.close);
    } else {
      await begun.close(); // a file can be read again
    }
    parts.push({ source: sources[i], bytes: begun.bytes });
    whole = begun.ended;
    taken += begun.bytes.length;
    given += begun.given;
    told += begun.told;
  }
  return { sample: { parts, whole, expansion: told > 0 ? given / told : Number.NaN }, sources: opened, close };
}

/** Text of the sample, to tell the script by: JSON without its punctuation. */
export async function sampleCharacters({ parts }: TextSample, count: number): Promise<string> {
  let text = '';
  for (const { source, bytes } of parts) {
    let part = '';
    for await (const block of lineBlocks({ ...source, open: () => [bytes.subarray(0, count)] })) {
      part += new TextDecoder().decode(block);
    }
    text += source.jsonField === undefined ? part : unescapeJson(part);
    if (text.length >= count) break;
  }
  return text.slice(0, count);
}

/** Reads at least `count` bytes of a source, if it has so many. */
async function begin(source: TextSource, count: number) {
  let onRead: ((byteLength: number) => void) | undefined;
  let told = 0;
  const iterator = openChunks(source, (byteLength) => {
    if (onRead) onRead(byteLength);
    else told += byteLength;
  });
  const kept: Uint8Array[] = [];
  let given = 0;
  let ended = false;
  while (given < count && !ended) {
    const next = await iterator.next();
    ended = next.done === true;
    if (next.done) break;
    kept.push(next.value.slice()); // a source may use the same buffer again
    given += next.value.length;
  }
  const bytes = concatenate(kept);
  const close = async () => iterator.return(undefined);
  const toldBefore = told;
  return {
    bytes: ended ? bytes : bytes.subarray(0, cutPoint(bytes, Math.min(given, count), source.jsonField !== undefined)),
    ended,
    given,
    told: toldBefore,
    close,
    source: {
      ...source,
      async *open(report?: (byteLength: number) => void) {
        try {
          onRead = report;
          report?.(toldBefore);
          for (let chunk = kept.shift(); chunk; chunk = kept.shift()) yield chunk;
          for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
        } finally {
          await close();
        }
      },
    },
  };
}

/** The end of the last whole line; without a line feed everything, but no JSON that is cut off. */
function cutPoint(bytes: Uint8Array, length: number, wholeLines: boolean): number {
  const lineEnd = bytes.lastIndexOf(LINE_FEED, length - 1) + 1;
  return lineEnd > 0 || wholeLines ? lineEnd : length;
}

/** JSON text with \uXXXX as characters and without its punctuation: enough to tell the script by. */
function unescapeJson(text: string): string {
  return text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/[{}[\]"]|\\n/g, ' ');
}
