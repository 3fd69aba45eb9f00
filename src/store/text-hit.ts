import type { WordContribution } from '../sentences/explain-similarity.ts';
import type { Metadata } from './metadata.ts';
import type { TextSnippet } from './text-snippet.ts';
import type { WordScore } from './text-store.ts';

/** Which words made a text a hit. */
export interface HitExplanation {
  /** Of the question: what each word adds to the cosine similarity, most first. Those of all words add up to it. */
  readonly question: readonly WordContribution[];
  /** The same of the words of the text. */
  readonly text: readonly WordContribution[];
  /** What each word gives to the score by words (BM25), most first. They add up to it. */
  readonly words: readonly WordScore[];
}

/** A text that was found. */
export interface TextHit {
  readonly id: string;
  readonly text: string;
  readonly metadata: Metadata;
  /** Cosine similarity, −1 to 1; absent with Euclidean distance, and where a hybrid search found it by its words alone. */
  readonly similarity?: number;
  /** Euclidean distance, if that was asked for. */
  readonly distance?: number;
  /** Of a hybrid search: the larger the better. */
  readonly score?: number;
  /** With `explain`. */
  readonly explanation?: HitExplanation;
  /** With `snippets`. */
  readonly snippet?: TextSnippet;
  /** With `foldDuplicates`: the ids of texts that are nearly the same; absent if there are none. */
  readonly duplicates?: readonly string[];
}
