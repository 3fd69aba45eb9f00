import type { EncodedCorpus } from '../corpus/encoded-corpus.ts';
import type { ModelContents } from '../model/embedding-model.ts';
import { ContentHash } from '../model/formats/content-hash.ts';
import type { Subwords } from '../text/subwords.ts';
import type { TokenizerDescriptor } from '../text/tokenizer.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import type { GivenVectors } from './start-vectors.ts';
import type { TrainingOptions } from './training-options.ts';
import type { StateStore, TrainingPosition } from './training-state.ts';

/** Where an environment keeps checkpoints: whole or not at all, whatever happens. */
export interface CheckpointStore {
  /** For messages. */
  readonly name: string;
  save(name: 'latest' | 'best', contents: ModelContents): Promise<void>;
  load(name: 'latest' | 'best'): Promise<ModelContents | undefined>;
}

/** What a training is of: two with equal values are the same training. */
export interface TrainingIdentity {
  readonly options: TrainingOptions;
  readonly tokenizer: TokenizerDescriptor;
  readonly vocabulary: Vocabulary;
  readonly corpus: EncodedCorpus;
  readonly subwords: Subwords | undefined;
  /** What it begins with, if not with random vectors alone. */
  readonly start?: GivenVectors | undefined;
}

/** Keeps the states of a training as model files, and gives back only those of the same training. */
export function checkpointStates(store: CheckpointStore, identity: TrainingIdentity): StateStore {
  const { options, tokenizer, vocabulary, corpus, subwords, start } = identity;
  const { words, counts } = vocabulary;
  const text = {
    length: corpus.length,
    fingerprint: corpus.fingerprint,
    startWords: start?.started.words ?? 0,
    startFactors: start ? fingerprintOf(start.factors) : 0,
    startVectors: start ? Number.parseInt(vectorsHash(start.model).slice(0, 8), 16) : 0,
  };
  return {
    async save(name, { inputVectors, outputVectors, position }) {
      const training = { options, text, checkpoint: position };
      const { dimensions } = options;
      const wordValues = words.length * dimensions;
      await store.save(name, {
        words,
        counts,
        dimensions,
        inputVectors: inputVectors.subarray(0, wordValues), // with subwords the rows of their own
        outputVectors,
        subwords: subwords && { ...subwords, vectors: inputVectors.subarray(wordValues) },
        tokenizer,
        training,
      });
    },
    async load(name) {
      const contents = await store.load(name);
      if (!contents) return undefined;
      const { outputVectors, training } = contents;
      const checkpoint = training?.checkpoint as TrainingPosition | undefined;
      const difference =
        checkpoint && outputVectors ? differenceOf(contents, identity, text) : 'it holds a model, not a checkpoint';
      if (difference) throw new Error(`Cannot resume from "${store.name}": ${difference}`);
      const inputVectors = joined(contents.inputVectors, contents.subwords?.vectors);
      return { inputVectors, outputVectors: outputVectors!, position: checkpoint! };
    },
  };
}

function joined(words: Float32Array, ngrams: Float32Array | undefined): Float32Array {
  if (!ngrams) return words;
  const rows = new Float32Array(words.length + ngrams.length);
  rows.set(words);
  rows.set(ngrams, words.length);
  return rows;
}

/** The first difference between a checkpoint and this training, in words. */
function differenceOf(
  { words, counts, tokenizer, training }: ModelContents,
  here: TrainingIdentity,
  text: Record<string, number>,
): string | undefined {
  const options = (training?.options ?? {}) as unknown as Record<string, unknown>;
  const given = here.options as unknown as Record<string, unknown>;
  const differ = (what: string, there: unknown, now: unknown) =>
    `${what} was ${JSON.stringify(there)}, now it is ${JSON.stringify(now)}`;
  const textThere = (training?.text ?? {}) as Record<string, number>;
  // First: other options follow from it.
  if (textThere.startWords !== text.startWords)
    return differ('the number of words that begin with given vectors', textThere.startWords, text.startWords);
  for (const name of new Set([...Object.keys(options), ...Object.keys(given)])) {
    if (options[name] !== given[name]) return differ(`option "${name}"`, options[name], given[name]);
  }
  for (const name of ['name', 'version', 'separator', 'language', 'engine'] as const) {
    const [there, now] = [tokenizer?.[name], here.tokenizer[name]];
    if (there !== now) return differ(`the tokenizer's ${name}`, there, now);
  }
  if (tokenizer?.dictionary !== here.tokenizer.dictionary) return 'the dictionary of the tokenizer is another one';
  const { vocabulary } = here;
  if (words.length !== vocabulary.words.length) {
    return `the text is another one: ${differ('its vocabulary', words.length, vocabulary.words.length)} words`;
  }
  const other = words.findIndex((word, id) => word !== vocabulary.words[id] || counts?.[id] !== vocabulary.counts[id]);
  if (other >= 0) {
    const now = `${JSON.stringify(vocabulary.words[other])} (${vocabulary.counts[other]} times)`;
    return `the text is another one: word ${other} was ${JSON.stringify(words[other])} (${counts?.[other]} times), now it is ${now}`;
  }
  if (textThere.length !== text.length)
    return `the text is another one: ${differ('its length', textThere.length, text.length)} tokens and sentence ends`;
  if (textThere.fingerprint !== text.fingerprint) return 'the text is another one: the same words in another order';
  // Checkpoints of version 0.1 do not say.
  if (textThere.startFactors !== undefined && textThere.startFactors !== text.startFactors) {
    return 'the start vectors had another factor: give the same';
  }
  if (textThere.startVectors !== undefined && textThere.startVectors !== text.startVectors) {
    return 'the vectors that it began with were others: give the same model';
  }
  return undefined;
}

function vectorsHash({ inputVectors }: ModelContents): string {
  const { buffer, byteOffset, byteLength } = inputVectors;
  return new ContentHash().update(new Uint8Array(buffer, byteOffset, byteLength)).digest();
}

/** Of all factors: FNV-1a over their bytes. */
function fingerprintOf(factors: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(factors.buffer, factors.byteOffset, factors.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
