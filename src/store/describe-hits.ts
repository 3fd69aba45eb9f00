import { explainSimilarity } from '../sentences/explain-similarity.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import type { TextHit } from './text-hit.ts';
import { type EncodedQuestion, findSnippet } from './text-snippet.ts';
import type { TextStore } from './text-store.ts';

interface Parts {
  readonly explain?: boolean | undefined;
  readonly snippets?: boolean | undefined;
}

/** Adds what is asked for to the hits of a question. */
export async function describeHits(
  { encoder, store }: { encoder: SentenceEncoder; store: TextStore },
  question: EncodedQuestion & { text: string },
  hits: readonly TextHit[],
  { explain, snippets }: Parts,
): Promise<TextHit[]> {
  const ids = hits.map(({ id }) => id);
  const words = explain ? await store.explainWords(question.tokens, ids) : undefined;
  return hits.map((hit) => {
    const similarity = explain && explainSimilarity(encoder, question.text, hit.text);
    return {
      ...hit,
      ...(snippets && { snippet: findSnippet(encoder, question, hit.text) }),
      ...(similarity && {
        explanation: { question: similarity.first, text: similarity.second, words: words!.get(hit.id) ?? [] },
      }),
    };
  });
}
