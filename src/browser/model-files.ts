import type { Conversion, LoadOptions } from '../environment/model-files.ts';
import type { EmbeddingModel } from '../model/embedding-model.ts';
import type { ModelFile } from '../model/formats/model-file.ts';
import type { Compression } from '../model/formats/read-model.ts';
import { blobFile, LOAD_RULES, readModelFrom } from '../model/formats/read-model-from.ts';
import { limitUnpacked, pieces } from '../model/formats/unpack-limit.ts';
import { writeSafetensors } from '../model/formats/write-wordkin.ts';
import { checkOptions } from '../text/check-options.ts';
import { decodeZstd } from '../text/decode-zstd.ts';

/** See src/environment/model-files.ts. A string is an address, which may be relative to the page's. */
export async function loadModel(
  place: string | URL | Blob | Iterable<File>,
  options: LoadOptions = {},
): Promise<EmbeddingModel> {
  checkOptions<LoadOptions>(options, LOAD_RULES);
  const { maximumUnpackedBytes, signal, ...read } = options;
  const unpack = (file: ModelFile, compression: Compression) => unpackToBlob(file, compression, maximumUnpackedBytes);
  const there = typeof place === 'string' ? new URL(place, globalThis.location?.href) : place;
  return readModelFrom(there, { ...read, unpack }, signal);
}

/** See src/environment/model-files.ts. */
export async function saveModel(_model: EmbeddingModel, path: string): Promise<void> {
  throw new Error(`Cannot save model "${path}": a page has no files; offer modelBlob(model) as a download, or keep it`);
}

/** See src/environment/model-files.ts. */
export async function convertModel(): Promise<Conversion> {
  throw new Error('Cannot convert model: a page has no files; write what loadModel loads with writeModel');
}

/** See src/environment/model-files.ts. */
export function modelBlob(model: EmbeddingModel): Blob {
  // Vectors may lie in shared memory, which a Blob does not take: copied piece by piece.
  return new Blob(Array.from(writeSafetensors(model.contents), (chunk) => new Uint8Array(chunk)));
}

async function unpackToBlob(file: ModelFile, compression: Compression, maximumByteLength?: number): Promise<ModelFile> {
  const packed = pieces(file);
  const unpacked = compression === 'gzip' ? gunzip(packed) : unzstd(packed);
  const parts: BlobPart[] = [];
  for await (const chunk of limitUnpacked(file, unpacked, maximumByteLength)) parts.push(new Uint8Array(chunk));
  return blobFile(new Blob(parts), file.name);
}

async function* gunzip(bytes: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { value, done } = await bytes.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  yield* decodeZstd(decoder, bytes);
}
