import type { ReadableFile, ReadableFolder } from './model-format.ts';
import { readWordkin } from './read-wordkin.ts';
import { looksLikeSafetensors } from './safetensors.ts';
import type { Word2vecStart } from './word2vec-start.ts';

/** The formats of files that are read, in the order in which they are looked for. */
export const READABLE_FILES: readonly ReadableFile[] = [
  {
    // Our own, which pages read most: it is loaded at once.
    looksLike: looksLikeSafetensors,
    read: readWordkin,
    verify: async (file) => (await import('./wordkin-hash.ts')).verifyContentHash(file),
  },
  {
    looksLike: async (...of) => (await word2vecStartOf(...of))?.isText === false,
    read: async (...of) => (await import('./read-word2vec-binary.ts')).readWord2vecBinary(...of),
  },
  {
    looksLike: async (...of) => (await word2vecStartOf(...of))?.isText === true,
    read: async (...of) => (await import('./read-word2vec-text.ts')).readWord2vecText(...of),
  },
  {
    looksLike: async (...of) => (await import('./looks-like-fasttext.ts')).looksLikeFastText(...of),
    read: async (...of) => (await import('./read-fasttext.ts')).readFastText(...of),
  },
  {
    looksLike: (start) => beginsWith(start, '\x93NUMPY') && start.length > 10,
    read: async (...of) => (await import('./read-numpy.ts')).readNumpy(...of),
  },
  {
    looksLike: (start) => beginsWith(start, 'FiFu') && start.length >= 12,
    read: async (...of) => (await import('./read-finalfusion.ts')).readFinalfusion(...of),
  },
  {
    looksLike: (start) => /^(\xef\xbb\xbf)?\s*\{\s*"vectors"\s*:/.test(textOf(start.subarray(0, 200))),
    read: async (...of) => (await import('./read-ml5-json.ts')).readMl5Json(...of),
  },
];

/** As `READABLE_FILES`, of folders. */
export const READABLE_FOLDERS: readonly ReadableFolder[] = [
  {
    mustHold: 'model.safetensors and tokenizer.json (Model2Vec, sentence-transformers)',
    read: async (...of) => (await import('./read-model2vec.ts')).readModel2Vec(...of),
  },
  {
    mustHold: 'projector_config.json',
    read: async (...of) => (await import('./read-projector.ts')).readProjector(...of),
  },
];

async function word2vecStartOf(start: Uint8Array, byteLength: number): Promise<Word2vecStart | undefined> {
  const { word2vecStart } = await import('./word2vec-start.ts');
  return word2vecStart(start, start.length === byteLength);
}

/** A character a byte. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function beginsWith(start: Uint8Array, text: string): boolean {
  return textOf(start.subarray(0, text.length)) === text;
}
