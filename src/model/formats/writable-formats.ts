import { checkChoice } from '../../text/check-choice.ts';
import { checkText } from '../../text/check-options.ts';
import type { FileFormat, FolderFormat } from './model-format.ts';
import { fastTextBinary } from './write-fasttext.ts';
import { model2vec } from './write-model2vec.ts';
import { numpy } from './write-numpy.ts';
import { projector } from './write-projector.ts';
import { word2vecBinary } from './write-word2vec-binary.ts';
import { fastTextText, gloveText, word2vecText } from './write-word2vec-text.ts';
import { wordkinFormat } from './write-wordkin.ts';

const ALL = [
  ...([wordkinFormat, word2vecBinary, word2vecText, gloveText] as const),
  ...([fastTextBinary, fastTextText, model2vec, numpy, projector] as const),
] as const;

/** Name of a format that is written. */
export type ModelFormat = (typeof ALL)[number]['name'];

const FORMATS: readonly (FileFormat | FolderFormat)[] = ALL;

/** The formats that are written; more are read, see `READABLE_FILES`. */
export const MODEL_FORMATS: readonly ModelFormat[] = ALL.map(({ name }) => name);

/** The format of a name. */
export function formatNamed(name: ModelFormat): FileFormat | FolderFormat {
  checkChoice('format', name, MODEL_FORMATS);
  return FORMATS.find((format) => format.name === name)!;
}

/** Endings of no format of models, or of such as are neither read nor written under this name. */
const NOT_WRITTEN =
  /\.(ftz|kv|model|pkl|pickle|fifu|gz|zst|bz2|xz|7z|zip|tar|tgz|npz|json|jsonl|ndjson|tsv|csv|parquet|arrow|gguf|ggml|onnx|pt|pth|h5|hdf5|pb|tflite|mat|rds|magnitude|sqlite|db|faiss|annoy|md|html|xml|pdf)$/i;

/**
 * The format that a path asks for by its end: .bin, .txt and .vec as word2vec and fastText write them, .fasttext.bin, .glove.txt,
 * .npy, a slash for a folder (of the projector if its name says so, else of Model2Vec), otherwise safetensors.
 *
 * @throws RangeError for an ending of a format that is not written
 */
export function formatByName(path: string): ModelFormat {
  checkText('path', path);
  let chosen: FileFormat | FolderFormat | undefined;
  let longest = 0;
  for (const format of FORMATS) {
    const { length } = format.ending?.exec(path)?.[0] ?? '';
    if (length > longest) [chosen, longest] = [format, length];
  }
  const ending = chosen ? undefined : NOT_WRITTEN.exec(path)?.[0];
  if (ending !== undefined) {
    throw new RangeError(
      `Cannot write model "${path}": no format that is written ends in "${ending}"; name one of ${MODEL_FORMATS.join(', ')}`,
    );
  }
  return (chosen ?? wordkinFormat).name as ModelFormat;
}
