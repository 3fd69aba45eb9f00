import { fastTextBinary } from './fasttext-format.ts';
import { finalfusion } from './finalfusion-format.ts';
import { ml5Json } from './ml5-json-format.ts';
import type { FileFormat, FolderFormat } from './model-format.ts';
import { model2vec } from './model2vec-format.ts';
import { numpy } from './numpy-format.ts';
import { projector } from './projector-format.ts';
import { word2vecBinary } from './word2vec-binary-format.ts';
import { fastTextText, gloveText, word2vecText } from './word2vec-text-format.ts';
import { wordkinFormat } from './wordkin-format.ts';

/** All formats of models, in the order in which they are looked for in a file or folder. */
const ALL = [
  ...([wordkinFormat, word2vecBinary, word2vecText, gloveText, fastTextBinary, fastTextText] as const),
  ...([model2vec, numpy, projector, finalfusion, ml5Json] as const),
] as const;

/** Name of a format that is written. */
export type ModelFormat = Extract<(typeof ALL)[number], { write: unknown }>['name'];

export const FORMATS: readonly (FileFormat | FolderFormat)[] = ALL;

/** The formats that are written; more are read. */
export const MODEL_FORMATS: readonly ModelFormat[] = ALL.filter((format) => 'write' in format).map(
  ({ name }) => name as ModelFormat,
);

/** The format of a name. */
export function formatNamed(name: ModelFormat): FileFormat | FolderFormat {
  return FORMATS.find((format) => format.name === name)!;
}

/** Endings of no format of models, or of such as are neither read nor written under this name. */
const NOT_WRITTEN = /\.(ftz|kv|model|pkl|gz|zst|zip|json|tsv|csv)$/i;

/**
 * The format that a path asks for by its end: .bin, .txt and .vec as word2vec and fastText write them, .fasttext.bin, .glove.txt,
 * .npy, a slash for a folder (of the projector if its name says so, else of Model2Vec), otherwise safetensors.
 *
 * @throws RangeError for an ending of a format that is not written
 */
export function formatByName(path: string): ModelFormat {
  let chosen: FileFormat | FolderFormat | undefined;
  let longest = 0;
  for (const format of FORMATS) {
    const { length } = format.ending?.exec(path)?.[0] ?? '';
    if (length > longest) [chosen, longest] = [format, length];
  }
  const ending = chosen ? undefined : NOT_WRITTEN.exec(path)?.[0];
  if (ending !== undefined || (chosen && !chosen.write)) {
    throw new RangeError(
      `Cannot write model "${path}": no format that is written ends in "${ending ?? path.slice(-longest)}"; name one of ${MODEL_FORMATS.join(', ')}`,
    );
  }
  return (chosen ?? wordkinFormat).name as ModelFormat;
}
