import { cosineSimilarity } from '../math/vector-operations.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';

/** The part of a text that is nearest to a question. */
export interface TextSnippet {
  readonly text: string;
  /** Where it stands in the text: UTF-16 units, `end` is behind it. */
  readonly begin: number;
  readonly end: number;
}

/** A question as a search has it. */
export interface EncodedQuestion {
  readonly tokens: readonly string[];
  /** All zeros where the model knows none of its words. */
  readonly vector: Float32Array;
}

/** A sentence of fewer words goes with the next one: a heading, "No. 5". */
const LEAST_WORDS = 4;
const LONGEST_SNIPPET = 300;
/** Of a part of a sentence, before the first word of the question. */
const LEAD_CHARACTERS = 60;

/** Cuts a text into its sentences, by the rules of Unicode (UAX 29). */
export function sentencesOf(text: string): TextSnippet[] {
  const segments = new Intl.Segmenter(undefined, { granularity: 'sentence' }).segment(text);
  const sentences: TextSnippet[] = [];
  for (const { segment, index } of segments) {
    const sentence = segment.trim();
    if (sentence === '') continue;
    const begin = index + segment.indexOf(sentence);
    sentences.push({ text: sentence, begin, end: begin + sentence.length });
  }
  return sentences;
}

/**
 * The sentence that is nearest to a question: by the cosine of their vectors and by the share of the question's words in it,
 * weighted as the encoder weights them. Of a long one the part around the question's words.
 */
export function findSnippet(encoder: SentenceEncoder, question: EncodedQuestion, text: string): TextSnippet {
  const weights = wordWeights(encoder, question.tokens);
  let best: TextSnippet | undefined;
  let bestScore = -Infinity;
  for (const sentence of joinShort(encoder, sentencesOf(text), text)) {
    const tokens = encoder.tokenizer.tokenize(sentence.text);
    const there = new Set(tokens);
    let shared = 0;
    for (const [word, weight] of weights) if (there.has(word)) shared += weight;
    const score = cosineSimilarity(question.vector, encoder.encodeTokens(tokens).vector) + shared;
    if (score <= bestScore) continue;
    bestScore = score;
    best = sentence;
  }
  if (!best) return { text: '', begin: 0, end: 0 };
  return best.text.length > LONGEST_SNIPPET ? cutAround(encoder, new Set(weights.keys()), best) : best;
}

/** The weights of the question's words; they add up to 1. */
function wordWeights({ model, settings }: SentenceEncoder, tokens: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const token of tokens) {
    const id = model.find(token);
    weights.set(token, (id === undefined ? settings.unknownWeight : settings.weights?.[id]) ?? 1);
  }
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  return new Map([...weights].map(([word, weight]) => [word, sum > 0 ? weight / sum : 0]));
}

function joinShort({ tokenizer }: SentenceEncoder, sentences: TextSnippet[], text: string): TextSnippet[] {
  const joined: TextSnippet[] = [];
  let open: TextSnippet | undefined;
  for (const { begin, end } of sentences) {
    const from: number = open?.begin ?? begin;
    const whole = { text: text.slice(from, end), begin: from, end };
    open = tokenizer.tokenize(whole.text).length < LEAST_WORDS ? whole : undefined;
    if (!open) joined.push(whole);
  }
  if (open) joined.push(open);
  return joined;
}

/** The part of a long sentence that holds most of the words. */
function cutAround({ tokenizer }: SentenceEncoder, words: ReadonlySet<string>, sentence: TextSnippet): TextSnippet {
  const pieces = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(sentence.text)];
  const holds = pieces.map(({ segment }) => (tokenizer.tokenize(segment).some((word) => words.has(word)) ? 1 : 0));
  let [first, found] = [0, 0];
  let best = { found: -1, first: 0, last: 0 };
  for (let last = 0; last < pieces.length; last++) {
    found += holds[last];
    const end = pieces[last].index + pieces[last].segment.length;
    for (; end - pieces[first].index > LONGEST_SNIPPET && first < last; first++) found -= holds[first];
    if (found > best.found) best = { found, first, last };
  }
  // A little of what comes before the first of the words, and of what follows the last as much as there is room for.
  let { first: begins, last } = best;
  while (begins < last && holds[begins] === 0) begins++;
  const firstWord = pieces[begins].index;
  while (begins > best.first && firstWord - pieces[begins - 1].index <= LEAD_CHARACTERS) begins--;
  const from = pieces[begins].index;
  const endOf = (i: number) => pieces[i].index + pieces[i].segment.length;
  while (last + 1 < pieces.length && endOf(last + 1) - from <= LONGEST_SNIPPET) last++;
  const part = sentence.text.slice(from, Math.min(endOf(last), from + LONGEST_SNIPPET));
  const text = part.trim();
  const begin = sentence.begin + from + part.indexOf(text);
  return { text, begin, end: begin + text.length };
}
