// `wordkin/ai-sdk`: models for the AI SDK (package ai, versions 6 and 7). It imports nothing of it: the SDK asks for an object of
// this shape, whoever made it.
import { normalized } from '../math/vector-operations.ts';
import { checkEncoder, type SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { checkTexts } from '../text/check-options.ts';
import { showValue } from '../text/show-value.ts';
import { checkDimensions } from './check-dimensions.ts';

/** A call of the SDK. */
export interface EmbedCall {
  readonly values: readonly string[];
  readonly abortSignal?: AbortSignal | undefined;
  /** As version 7 gives them. */
  readonly dimensions?: number | undefined;
  /** As version 6 gives them: `{ wordkin: { dimensions } }`. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** What it gets. */
export interface EmbedResult {
  embeddings: number[][];
  usage: { tokens: number };
  warnings: { type: 'other'; message: string }[];
}

/** An embedding model of the SDK, by specification version 3. */
export interface WordkinEmbeddingModel {
  readonly specificationVersion: 'v3';
  readonly provider: 'wordkin';
  readonly modelId: string;
  readonly maxEmbeddingsPerCall: number;
  readonly supportsParallelCalls: boolean;
  /**
   * Vectors of length 1, as other providers give them; zeros for a text without a known word.
   *
   * @throws RangeError for dimensions that the model has not
   */
  doEmbed(call: EmbedCall): Promise<EmbedResult>;
}

/** Models by their names. */
export interface WordkinProvider {
  /** @throws RangeError for a name that there is not */
  embeddingModel(modelId: string): WordkinEmbeddingModel;
  /** The same, by the name that earlier versions have for it. */
  textEmbeddingModel(modelId: string): WordkinEmbeddingModel;
}

/**
 * Sentence encoders as a provider of the SDK.
 *
 * @throws RangeError without an encoder; TypeError for what is none
 */
export function createWordkin(encoders: Readonly<Record<string, SentenceEncoder>>): WordkinProvider {
  for (const encoder of Object.values(encoders ?? {})) checkEncoder(encoder);
  if (Object.keys(encoders ?? {}).length === 0)
    throw new RangeError(`"encoders" must hold an encoder at least, by its name: { news: encoder }`);
  const embeddingModel = (modelId: string) => {
    if (Object.hasOwn(encoders, modelId)) return wordkinModel(encoders[modelId], modelId);
    throw new RangeError(`There is no model ${JSON.stringify(modelId)}; there are ${Object.keys(encoders).join(', ')}`);
  };
  return { embeddingModel, textEmbeddingModel: embeddingModel };
}

/**
 * One sentence encoder as a model of the SDK: `embed({ model: wordkinModel(encoder), value })`.
 *
 * @throws TypeError for what is no encoder
 */
export function wordkinModel(encoder: SentenceEncoder, modelId = 'wordkin'): WordkinEmbeddingModel {
  checkEncoder(encoder);
  return {
    specificationVersion: 'v3',
    provider: 'wordkin',
    modelId,
    maxEmbeddingsPerCall: 2048,
    supportsParallelCalls: false,
    async doEmbed({ values, abortSignal, dimensions, providerOptions }) {
      checkTexts('values', values);
      const options = checkOwnOptions(providerOptions?.wordkin);
      const wanted = checkDimensions(dimensions ?? options.dimensions, encoder.dimensions);
      const warnings: EmbedResult['warnings'] = [];
      let tokens = 0;
      const embeddings = values.map((text) => {
        abortSignal?.throwIfAborted();
        const { vector, knownTokens, unknownTokens } = encoder.encode(text);
        tokens += knownTokens + unknownTokens.length;
        if (knownTokens === 0)
          warnings.push({ type: 'other', message: 'a value holds no word of the model; its vector is all zeros' });
        return Array.from(normalized(vector.subarray(0, wanted)));
      });
      return { embeddings, usage: { tokens }, warnings };
    },
  };
}

function checkOwnOptions(options: Readonly<Record<string, unknown>> | null = {}): { readonly dimensions?: unknown } {
  const other = Object.keys(options ?? {}).find((name) => name !== 'dimensions');
  if (other === undefined) return options ?? {};
  throw new RangeError(`There is no option ${showValue(other)} of wordkin; there is "dimensions"`);
}
