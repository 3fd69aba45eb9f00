import type { TextRecord } from '../store/text-store.ts';
import { checkOptions } from '../text/check-options.ts';
import { TEXT_FILE_RULES, type TextFileOptions } from '../text/text-file-options.ts';
import type { TextSource } from '../text/text-source.ts';

/** What Node reads as records, by the name of the file. */
const RECORDS = /\.(jsonl|ndjson|json|csv|tsv|parquet)(\.gz)?$/i;

/** See src/environment/text-files.ts. */
export async function openTextFiles(
  files: string | readonly string[] | Iterable<File>,
  options: TextFileOptions = {},
): Promise<TextSource[]> {
  checkOptions(options, TEXT_FILE_RULES);
  const { format = 'auto', field } = options;
  if ((format !== 'auto' && format !== 'text') || field !== undefined) {
    throw new RangeError(
      `Cannot read records in a page ("${field === undefined ? 'format' : 'field'}"): take the texts out of them, and give { texts }`,
    );
  }
  return Array.from<unknown, TextSource>(typeof files === 'string' ? [files] : (files as Iterable<unknown>), (file) => {
    if (file instanceof File) {
      if (format === 'auto' && RECORDS.test(file.name))
        throw new RangeError(
          `Cannot read "${file.name}" in a page: by its name it holds records. Take the texts out of them, and give { texts }; or give the format "text" to train on it as it stands`,
        );
      return fileSource(file);
    }
    const found = typeof file === 'string' ? JSON.stringify(file) : String(file);
    throw new TypeError(
      `Cannot read ${found}: in a page, files are the File objects that a user picked; other text is given as { texts }`,
    );
  });
}

/** See src/environment/text-files.ts. */
// biome-ignore lint/correctness/useYield: it refuses where the first record is asked for, as in Node
export async function* openRecords(): AsyncGenerator<TextRecord> {
  throw new Error('Cannot open records in a page: it has no paths; give TextIndex.add the records themselves');
}

function fileSource(file: File): TextSource {
  const packed = /\.gz$/i.test(file.name);
  return {
    name: file.name,
    byteLength: file.size,
    readsAhead: packed,
    async *open(onRead) {
      const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          onRead?.(chunk.length);
          controller.enqueue(chunk);
        },
      });
      const bytes = file.stream().pipeThrough(counter);
      const reader = (packed ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes).getReader();
      const read = () =>
        reader.read().catch((cause) => {
          const reason = packed ? `${cause.message} (is it whole, and gzip?)` : `${cause.message}; pick it anew`;
          throw new Error(`Cannot read "${file.name}": ${reason}`, { cause });
        });
      for (let next = await read(); !next.done; next = await read()) yield next.value;
    },
  };
}
