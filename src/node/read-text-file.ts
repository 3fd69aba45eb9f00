import { concatenate } from '../text/concatenate.ts';
import { counted } from '../text/counted.ts';
import { foreignContent } from '../text/foreign-content.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { openInputFiles } from './input-files.ts';

/** More would not fit into a string. */
const LONGEST_BYTES = 500_000_000;
const READ_BYTES = 1 << 20;

/**
 * All of a file of text in UTF-8, such as a list of words or questions; what is compressed by gzip or zstd is unpacked.
 *
 * @throws Error for what is not there, may not be read, is no file or no text, or is longer than 500 MB
 */
export async function readTextFile(path: string): Promise<string> {
  const files = await openInputFiles([path]);
  if (files[0].name !== path && path !== '-') throw new Error(`Cannot read "${path}": it must be one file`);
  const parts: Uint8Array[] = [];
  let byteLength = 0;
  for await (const bytes of files[0].open(READ_BYTES)) {
    parts.push(bytes.slice());
    byteLength += bytes.length;
    if (byteLength > LONGEST_BYTES)
      throw new RangeError(`Cannot read "${path}": it is longer than ${LONGEST_BYTES / 1e6} MB`);
  }
  const bytes = concatenate(parts);
  const { text: decoded, repairs } = decodeUtf8(bytes);
  // Old Mac OS wrote CR alone.
  const text = decoded.includes('\n') ? decoded : decoded.replaceAll('\r', '\n');
  const foreign = foreignContent(bytes);
  if (foreign) throw new Error(`Cannot read "${path}": ${foreign.what}; ${foreign.help}`);
  if (repairs > 0) {
    const line = text.slice(0, text.indexOf('\ufffd')).split('\n').length;
    const others = repairs > 1 ? `, and so at ${counted(repairs - 1, 'other place')}` : '';
    throw new Error(
      `Cannot read "${path}": line ${line} is not UTF-8${others}; convert it first: iconv -f ENCODING -t UTF-8, or drop what is malformed: iconv -c -f UTF-8 -t UTF-8`,
    );
  }
  return text;
}
