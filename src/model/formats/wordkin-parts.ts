import { MAXIMUM_NGRAM, type SubwordOptions } from '../../text/subwords.ts';
import { CLASSIFIER_LOSSES, type Classifier } from '../classifier.ts';
import type { SubwordVectors } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { type SentenceSettings, WEIGHTINGS } from '../sentence-settings.ts';
import type { StoredModel } from './stored-model.ts';

/** The n-grams of a file of ours; undefined if it has none. */
export async function readSubwords(stored: StoredModel): Promise<SubwordVectors<Vectors> | undefined> {
  const options = stored.json<SubwordOptions>('subwords');
  if (options === undefined) return undefined;
  const { fail, info, tensor } = stored.file;
  const { minNgram, maxNgram, buckets: limit, ngrams } = options;
  // Models of other tools may have n-grams of words alone, from 0 to 0 characters.
  const lengths = minNgram >= 0 && (maxNgram === 0 || maxNgram >= minNgram) && maxNgram <= MAXIMUM_NGRAM;
  if (!(lengths && limit >= 1 && limit <= 2 ** 32))
    fail(`its n-grams are of ${minNgram} to ${maxNgram} characters in ${limit} buckets`);
  if ((options.hash ?? 'finalfusion') !== 'finalfusion') fail(`its n-grams are hashed by "${options.hash}"`);
  if (ngrams !== undefined && !(Array.isArray(ngrams) && ngrams.every(isListedNgram)))
    fail('its n-grams must be a list of pairs of text and number');
  const count = info('ngram_vectors')?.shape[0] ?? 0;
  const buckets = Uint32Array.from(await tensor('ngram_buckets', 'I64', [count], BigInt64Array), Number);
  if (buckets.some((bucket) => bucket >= limit)) fail(`an n-gram lies outside of its ${limit} buckets`);
  if (buckets.some((bucket, i) => i > 0 && bucket <= buckets[i - 1])) fail('its n-grams must be in rising order');
  return { options, buckets, vectors: await stored.vectors('ngram_vectors', count) };
}

function isListedNgram(entry: unknown): boolean {
  return Array.isArray(entry) && typeof entry[0] === 'string' && Number.isSafeInteger(entry[1]) && entry[1] >= 0;
}

/** How a file of ours makes sentence vectors; undefined if it does not say. */
export async function readSentences(model: StoredModel): Promise<SentenceSettings | undefined> {
  const stored = model.json<SentenceSettings>('sentences');
  if (stored === undefined) return undefined;
  const { dimensions, storedWordCount, wordCount } = model;
  const { fail, info, tensor } = model.file;
  const { weighting, unknownWeight, sentences } = stored;
  if (!WEIGHTINGS.includes(weighting) || !(unknownWeight >= 0) || !(sentences >= 0))
    fail(`its sentence settings are ${JSON.stringify(stored).slice(0, 100)}`);
  const rows = async (name: string) => {
    const found = info(name);
    return found && tensor(name, 'F32', [found.shape[0], dimensions], Float32Array);
  };
  const components = await rows('sentence_components');
  const row = async (name: string, length: number, kept = length) =>
    info(name) && tensor(name, 'F32', [length], Float32Array, kept);
  return {
    ...stored,
    weights: await row('sentence_weights', storedWordCount, wordCount),
    components,
    componentShares: await row('sentence_component_shares', (components?.length ?? 0) / dimensions),
    projection: await rows('sentence_projection'),
  };
}

type StoredClassifier = Pick<Classifier, 'labels' | 'loss' | 'wordNgrams'> & { counts: readonly number[] };

/** The labels of a file of ours, which its metadata name. */
export async function readClassifier(model: StoredModel): Promise<Classifier> {
  const stored = model.json<StoredClassifier>('classifier')!;
  const { fail, tensor } = model.file;
  const { labels, counts, loss, wordNgrams } = stored;
  const fits =
    Array.isArray(labels) &&
    labels.every((label) => typeof label === 'string') &&
    Array.isArray(counts) &&
    counts.length === labels.length &&
    counts.every((count) => count >= 0) &&
    CLASSIFIER_LOSSES.includes(loss) &&
    Number.isSafeInteger(wordNgrams);
  if (!fits) fail(`its labels are ${JSON.stringify(stored).slice(0, 100)}`);
  const labelVectors = await tensor('label_vectors', 'F32', [labels.length, model.dimensions], Float32Array);
  return { labels, labelCounts: Float64Array.from(counts), labelVectors, loss, wordNgrams };
}
