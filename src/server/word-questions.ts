import type { NeighborOptions } from '../model/neighbor-question.ts';
import { compareTexts, explainTexts } from '../sentences/compare-texts.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';

/** A question to a model, as it goes to a worker thread. */
export type WordQuestion =
  | { readonly kind: 'similarity' | 'explain'; readonly first: string; readonly second: string }
  | ({ readonly kind: 'neighbors'; readonly words: string | readonly string[] } & NeighborOptions)
  | ({ readonly kind: 'analogy'; readonly a: string; readonly b: string; readonly c: string } & NeighborOptions)
  | { readonly kind: 'context'; readonly words: string | readonly string[]; readonly count?: number | undefined };

/** What the command line answers with --json, and what it notes beside it. */
export interface WordAnswer {
  readonly answer: unknown;
  readonly notes: readonly string[];
}

/** @throws what the model throws */
export function answerWords(encoder: SentenceEncoder, question: WordQuestion): WordAnswer {
  const notes: string[] = [];
  return { answer: answerTo(encoder, question, (message) => notes.push(message)), notes };
}

function answerTo(encoder: SentenceEncoder, question: WordQuestion, note: (message: string) => void): unknown {
  const { model } = encoder;
  switch (question.kind) {
    case 'similarity':
      return compareTexts(encoder, question.first, question.second, note);
    case 'explain':
      return explainTexts(encoder, question.first, question.second, note);
    case 'neighbors': {
      const { kind: _, words, ...options } = question;
      return model.neighbors(words, options);
    }
    case 'analogy': {
      const { kind: _, a, b, c, ...options } = question;
      return model.analogy(a, b, c, options);
    }
    case 'context':
      try {
        return model.predictContext(question.words, { count: question.count });
      } catch (error) {
        // A model without context vectors is no fault of the server.
        if (error instanceof Error && error.name === 'Error') error.name = 'ImpossibleError';
        throw error;
      }
  }
}
