import { cosineSimilarity, euclideanDistance } from '../math/vector-operations.ts';
import { WordNotFoundError } from '../model/embedding-model.ts';
import { counted } from '../text/counted.ts';
import { explainSimilarity, type SimilarityExplanation } from './explain-similarity.ts';
import type { EncodedSentence, SentenceEncoder } from './sentence-encoder.ts';

/** How near two texts are. */
export interface TextComparison {
  /** Cosine similarity, −1 to 1. */
  readonly cosine: number;
  /** Euclidean distance. */
  readonly euclidean: number;
}

/**
 * How near two texts are.
 *
 * @param note - gets a sentence for a text of which the model knows only a part
 * @throws RangeError for a text of which it knows no word
 */
export function compareTexts(
  encoder: SentenceEncoder,
  first: string,
  second: string,
  note: (message: string) => void,
): TextComparison {
  const [a, b] = [first, second].map((text) => knownSentence(encoder, text, 'compare', note).vector);
  return { cosine: cosineSimilarity(a, b), euclidean: euclideanDistance(a, b) };
}

/** Why two texts are as near as they are; otherwise as `compareTexts`. */
export function explainTexts(
  encoder: SentenceEncoder,
  first: string,
  second: string,
  note: (message: string) => void,
): SimilarityExplanation {
  for (const text of [first, second]) knownSentence(encoder, text, 'compare', note);
  return explainSimilarity(encoder, first, second);
}

/**
 * The vector of a text of which the model knows a word.
 *
 * @param action - what it is for, such as `compare`
 * @throws RangeError where it knows none
 */
export function knownSentence(
  encoder: SentenceEncoder,
  text: string,
  action: string,
  note: (message: string) => void,
): EncodedSentence {
  const sentence = encoder.encode(text);
  if (sentence.knownTokens === 0)
    throw new RangeError(`Cannot ${action}: ${unknownWordsMessage(encoder, text, sentence)}`);
  noteUnknownWords(encoder, text, note, sentence);
  return sentence;
}

/** Says which words of a text the model does not know, if there are any. */
export function noteUnknownWords(
  encoder: SentenceEncoder,
  text: string,
  note: (message: string) => void,
  sentence = encoder.encode(text),
): void {
  if (sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, text, sentence));
}

/** What of a text the model does not know, what stands for it, and the nearest spelling of the first such word. */
export function unknownWordsMessage(
  encoder: SentenceEncoder,
  text: string,
  { knownTokens, unknownTokens }: EncodedSentence,
): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  if (unknownTokens.length === 0) return `"${shown}" holds no words`;
  let suggestion = '';
  try {
    encoder.model.id(unknownTokens[0]);
  } catch (error) {
    if (error instanceof WordNotFoundError && error.suggestion !== undefined)
      suggestion = `; nearest spelling of "${error.word}" is "${error.suggestion}"`;
  }
  if (knownTokens === 0 && unknownTokens.length === 1 && unknownTokens[0] === text)
    return `the model does not know the word "${shown}"${suggestion}`;
  const which =
    knownTokens === 0 ? 'no word' : `${knownTokens} of ${counted(knownTokens + unknownTokens.length, 'word')}`;
  const named = unknownTokens.slice(0, 5).map((token) => {
    const standIns = knownTokens > 0 ? encoder.standInsOf(token) : [];
    return `"${token}"${standIns.length > 0 ? ` (taken as "${standIns.join(' ')}")` : ''}`;
  });
  return `the model knows ${which} of "${shown}", not ${named.join(', ')}${unknownTokens.length > 5 ? ', …' : ''}${suggestion}`;
}
