import { dotProduct } from '../math/vector-operations.ts';
import { COUNT, checkOptions, checkTexts, type OptionRules } from '../text/check-options.ts';
import { notFinite } from './neighbor-question.ts';

const RULES: OptionRules<{ count: number }> = { count: COUNT };

interface PredictingModel {
  readonly size: number;
  readonly dimensions: number;
  readonly contents: { readonly outputVectors?: Float32Array | undefined; readonly training?: object | undefined };
  word(id: number): string;
}

/** See `EmbeddingModel.predictContext`. */
export function predictContext(
  model: PredictingModel,
  finiteVector: (word: string) => Float32Array,
  words: string | readonly string[],
  options: { readonly count?: number },
): { word: string; probability: number }[] {
  checkOptions(options, RULES);
  const { count = 10 } = options;
  const { dimensions, size } = model;
  const { outputVectors, training } = model.contents;
  if (!outputVectors) throw new Error('Cannot predict: the model holds no context vectors; save it as safetensors');
  if ((training as { options?: { loss?: string } } | undefined)?.options?.loss === 'hierarchical-softmax') {
    throw new Error('Cannot predict: with hierarchical softmax there are no context vectors of words');
  }
  const given = typeof words === 'string' ? [words] : words;
  checkTexts('words', given);
  if (given.length === 0) throw new RangeError('Cannot predict: give at least one word');
  const hidden = new Float64Array(dimensions);
  for (const word of given) finiteVector(word).forEach((value, d) => (hidden[d] += value / given.length));
  const logits = Float64Array.from({ length: size }, (_, id) => {
    const logit = dotProduct(hidden, outputVectors.subarray(id * dimensions, (id + 1) * dimensions));
    if (!Number.isFinite(logit)) throw notFinite(`the context vector of "${model.word(id)}"`);
    return logit;
  });
  const maximum = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (x) => Math.exp(x - maximum));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers
    .map((power, id) => ({ word: model.word(id), probability: power / sum }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
