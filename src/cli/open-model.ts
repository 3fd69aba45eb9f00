import { existsSync } from 'node:fs';
import type { EmbeddingModel } from '../model/embedding-model.ts';
import { createSentenceEncoder } from '../node/load-tokenizer.ts';
import { loadModel } from '../node/model-files.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { segmenterWarning, type TokenizerName } from '../text/tokenizer.ts';
import { note } from './output.ts';

/**
 * The model of a command; what a user should know of it becomes remarks.
 *
 * @param others - the other arguments, of which one may be the model where the first is none
 */
export async function openModel(path: string, others: readonly string[] = []): Promise<EmbeddingModel> {
  const model = await loadModel(path).catch((error) => {
    const misplaced = existsSync(path) ? undefined : others.find((other) => existsSync(other));
    if (misplaced === undefined) throw error;
    throw new Error(
      `Cannot read model "${path}": there is no such file or folder; the model comes first, so give "${misplaced}" before "${path}"`,
    );
  });
  for (const warning of model.contents.warnings ?? []) note(`${path}: ${warning}`);
  return model;
}

/** As `openModel`, to make vectors of texts. */
export async function openEncoder(
  path: string,
  { tokenizer, others }: { tokenizer?: TokenizerName | undefined; others?: readonly string[] } = {},
): Promise<SentenceEncoder> {
  const model = await openModel(path, others);
  const encoder = await createSentenceEncoder(model, tokenizer);
  const told = segmenterWarning(model.contents.tokenizer ?? {}, encoder.tokenizer); // by who loaded the tokenizer
  for (const warning of encoder.warnings) if (warning !== told) note(warning);
  return encoder;
}
