import { EmbeddingModel } from '../model/embedding-model.ts';
import type { ModelFormat } from '../model/formats/write-model.ts';

/**
 * The model as it is to be written: Model2Vec knows sentences by the mean of the rows alone, so a model that stores no settings gets those
 * by which its sentences are made.
 */
export async function withSentences(model: EmbeddingModel, format: ModelFormat): Promise<EmbeddingModel> {
  if (format !== 'model2vec' || model.contents.sentences) return model;
  const { defaultSentenceSettings } = await import('../sentences/sentence-encoder.ts');
  return new EmbeddingModel({ ...model.contents, sentences: defaultSentenceSettings(model) });
}
