import type { ServedModel } from './models.ts';
import { answerWords, type WordAnswer, type WordQuestion } from './word-questions.ts';
import { type VectorCounts, type VectorForm, vectorsText } from './write-vectors.ts';

/** Vectors of many texts, in pieces that follow one another with commas between them. */
export interface EncodedTexts extends VectorCounts {
  /** A string, where it is short. */
  readonly json: string | readonly Uint8Array<ArrayBuffer>[];
}

/** Where the work of a server is done. */
export interface EncodePool {
  /** @throws what `writeVectors` throws; RequestError 503 where too much waits */
  encode(
    model: ServedModel,
    texts: readonly string[],
    form: VectorForm,
    signal: () => AbortSignal,
  ): EncodedTexts | Promise<EncodedTexts>;
  /** @throws what `answerWords` throws; RequestError 503 where too much waits */
  ask(model: ServedModel, question: WordQuestion, signal: () => AbortSignal): WordAnswer | Promise<WordAnswer>;
  close(): Promise<void>;
}

/** Does all work at once, in the thread that asks. */
export const localPool: EncodePool = {
  encode: ({ encoder }, texts, form) => vectorsText(encoder, texts, form),
  ask: ({ encoder }, question) => answerWords(encoder, question),
  close: async () => {},
};
