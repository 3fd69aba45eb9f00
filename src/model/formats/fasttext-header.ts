import { CLASSIFIER_LOSSES } from '../classifier.ts';

/** What a .bin begins with: this number, and the version that is written. */
export const MAGIC = 793712314;
export const VERSION = 12;
/** The number of supervised models. */
export const SUPERVISED = 3;
/** What a model is, by its number. */
export const MODELS = ['', 'cbow', 'skip-gram', 'supervised'];

/** Names as in fastText's args.cc. */
export interface FastTextOptions {
  readonly dim: number;
  readonly ws: number;
  readonly epoch: number;
  readonly minCount: number;
  readonly neg: number;
  readonly wordNgrams: number;
  readonly loss: number;
  readonly model: number;
  readonly bucket: number;
  readonly minn: number;
  readonly maxn: number;
  readonly lrUpdateRate: number;
}

/** The options that lie in a file from `offset` on. */
export function optionsAt(view: DataView, offset: number): FastTextOptions {
  const [dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate] = Array.from(
    { length: 12 },
    (_, i) => view.getInt32(offset + 4 * i, true),
  );
  return { dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate };
}

/** Whether the options of a file can be those of a model. */
export function isSensible(options: FastTextOptions, byteLength: number): boolean {
  const { dim, wordNgrams, loss, model, minn, maxn } = options;
  return (
    Object.values(options).every((value) => value >= 0) &&
    dim >= 1 &&
    dim <= byteLength &&
    wordNgrams <= 1000 &&
    CLASSIFIER_LOSSES[loss - 1] !== undefined &&
    MODELS[model] !== undefined &&
    model > 0 &&
    minn <= 1000 &&
    maxn <= 1000
  );
}
