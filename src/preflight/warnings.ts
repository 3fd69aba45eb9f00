import { SENTENCE_END } from '../corpus/encoded-corpus.ts';
import { MAXIMUM_MEMORY_BYTES } from '../kernels/word2vec/word2vec.ts';
import { chooseTokenizer } from '../text/choose-tokenizer.ts';
import { counted } from '../text/counted.ts';
import { type TokenizerDescriptor, tokenizerTraits } from '../text/tokenizer.ts';
import { isWithoutSpaces } from '../text/word-rule.ts';
import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { Warning } from '../training/training-events.ts';
import { canLieOutside } from '../training/training-memory.ts';
import type { TrainingOptions } from '../training/training-options.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { cutWarning } from './cut-tokens.ts';
import type { EncodedSample } from './encoded-sample.ts';
import { letterFormWarning } from './letter-forms.ts';

// The classic mistakes, each with its fix. A false alarm is worse than silence: what is rare but may be meant is let pass.

/** So many tokens show how a text is written. */
const ENOUGH_TOKENS = 100;

/** What the beginning of the text tells. */
export function sampleWarnings(sample: EncodedSample, options: TrainingOptions): Warning[] {
  const cut = cutWarning(sample);
  if (sample.corpus.tokenCount < ENOUGH_TOKENS) return cut ? [cut] : [];
  const found = [
    cut,
    wrongTokenizer(sample),
    lettersAsWords(sample),
    letterFormWarning(sample),
    recordLines(sample) ?? oneLine(sample),
    repeatedLines(sample),
    markup(sample),
    // A toy bears rates that no larger text does.
    sample.whole && sample.corpus.tokenCount < 10_000
      ? undefined
      : (highLearningRate(options) ?? wideWindow(options) ?? risingLearningRate(options)),
  ];
  return found.filter((warning) => warning !== undefined);
}

const HAN = /\p{Script=Han}/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const LOWER_CASE_LETTER = /^(?!\p{Script=Han})[\p{Ll}\p{Lo}]$/u;

/** Share of the tokens whose word passes. */
function shareOf({ vocabulary: { words, counts, tokenCount } }: EncodedSample, passes: (word: string) => boolean) {
  let sum = 0;
  words.forEach((word, id) => {
    if (passes(word)) sum += counts[id];
  });
  return sum / tokenCount;
}

function wrongTokenizer(sample: EncodedSample): Warning | undefined {
  const { name } = sample.tokenizer;
  const traits = tokenizerTraits(sample.tokenizer);
  if (!traits || traits.opaque) return undefined;
  const { cutsWithoutSpaces, needsSegmenter } = traits;
  const han = shareOf(sample, (word) => HAN.test(word));
  const own = needsSegmenter ? han : shareOf(sample, isWithoutSpaces);
  const { name: better, language, reason } = chooseTokenizer(sample.text.slice(0, 100_000));
  const isSegmenter = cutsWithoutSpaces && !needsSegmenter;
  if (language !== undefined && !isSegmenter) {
    return {
      code: 'tokenizer',
      message: `The tokenizer "${name}" does not find the words of this text, ${reason}: use the tokenizer "${better}" with language "${language}"`,
    };
  }
  if (cutsWithoutSpaces && own < 0.02) {
    const script = needsSegmenter ? 'hold no Chinese character' : 'are in a script with spaces';
    return {
      code: 'tokenizer',
      message: `The tokenizer is "${name}", but ${percent(1 - own)} of the tokens ${script}: use the tokenizer "words"`,
    };
  }
  if (isSegmenter) return undefined;
  // Japanese is written with Han characters, too, but jieba does not cut it.
  if (needsSegmenter || han < 0.3 || shareOf(sample, (word) => KANA.test(word)) > 0.05) return undefined;
  if (name === 'words') {
    const why = better === 'whitespace' ? ', as the text is cut into words already' : '';
    return {
      code: 'tokenizer',
      message: `The tokenizer "words" makes each Chinese character a word, ${percent(han)} of the tokens here: use the tokenizer "${better === 'whitespace' ? better : 'chinese'}"${why}`,
    };
  }
  // Cut Chinese has about 1.7 characters a word; what stands between two marks of punctuation has ten or more.
  const { words, counts } = sample.vocabulary;
  let [length, tokens] = [0, 0];
  words.forEach((word, id) => {
    if (!HAN.test(word)) return;
    length += counts[id] * word.length;
    tokens += counts[id];
  });
  if (length / tokens <= 6) return undefined;
  return {
    code: 'tokenizer',
    message: `The text is Chinese that is not cut into words (${(length / tokens).toFixed(0)} characters from space to space): use the tokenizer "chinese"`,
  };
}

/** Tokens that are letters come of a string in place of a list. Capitals may be amino acids or bases. */
function lettersAsWords(sample: EncodedSample): Warning | undefined {
  const share = shareOf(sample, (word) => LOWER_CASE_LETTER.test(word));
  if (share < 0.8) return undefined;
  return {
    code: 'letters',
    message: `${percent(share)} of the tokens are single letters, so letters are trained, not words: give { texts }, or lists of words as { tokens }, not strings or their letters`,
  };
}

/** Begin and end of each line in the sample's ids. */
function linesOf({ ids }: EncodedSample): { begin: number; end: number }[] {
  const lines: { begin: number; end: number }[] = [];
  for (let begin = 0; begin < ids.length; ) {
    const found = ids.indexOf(SENTENCE_END, begin);
    const end = found < 0 ? ids.length : found;
    if (end > begin) lines.push({ begin, end });
    begin = end + 1;
  }
  return lines;
}

/** Text cut at white space on one line is text8 and its like: that is meant. */
function oneLine(sample: EncodedSample): Warning | undefined {
  const text = sample.text.trimEnd();
  if (!text.includes('\n') && (text.match(/\r(?!\r)/g)?.length ?? 0) > 10)
    return {
      code: 'one-line',
      message:
        "Lines end with a carriage return alone, as old Mac OS wrote them, and none with a line feed, so all is one sentence: write line feeds in their place, tr '\\r' '\\n'",
    };
  const otherEnds = text.includes('\n') ? [] : (text.match(/[\u2028\u2029\x85\v\f]/g) ?? []);
  if (otherEnds.length > 10) {
    const code = otherEnds[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return {
      code: 'one-line',
      message: `Lines end with U+${code}, and none with a line feed, so all is one sentence: write line feeds in their place`,
    };
  }
  const lines = linesOf(sample);
  const longest = lines.reduce((most, { begin, end }) => Math.max(most, end - begin), 0);
  const { tokenCount } = sample.corpus;
  if (longest < 1000 || longest < 0.6 * tokenCount) return undefined;
  if (lines.length === 1 && sample.tokenizer.name === 'whitespace') return undefined;
  const where = sample.whole ? 'the text' : 'the beginning of the text';
  return {
    code: 'one-line',
    message: `One line holds ${lines.length === 1 ? 'all' : percent(longest / tokenCount)} of ${where}: the end of a line is the end of a sentence, which no window reaches over, and here there is none; put each sentence or paragraph on a line of its own`,
  };
}

/** Lines that come again and again count as often as they come. Lists of ids may be equal by right. */
function repeatedLines(sample: EncodedSample): Warning | undefined {
  if (sample.tokenizer.name === 'ids') return undefined;
  const seen = new Set<string>();
  let lines = 0;
  for (const { begin, end } of linesOf(sample)) {
    if (end - begin < 5) continue;
    lines++;
    seen.add(sample.ids.subarray(begin, end).join());
  }
  const share = 1 - seen.size / lines;
  if (lines < 50 || share <= 0.3) return undefined;
  return {
    code: 'repeated-lines',
    message: `${percent(share)} of the lines ${sample.whole ? '' : 'at the beginning '}have been there before, and what is repeated is learned by heart: remove duplicates, for example with sort -u`,
  };
}

/** Records in a file that is not named as such: the names of their fields become words. */
function recordLines({ text }: EncodedSample): Warning | undefined {
  const lines = text.split('\n', 50).filter((line) => line.trim() !== '');
  if (lines.length > 1) lines.pop(); // may be cut off
  if (lines.length === 0 || !lines.every(isObject)) return undefined;
  return {
    code: 'records',
    message: `The text is JSON, an object a line, and the names of the fields become words: give the format "jsonl", and the field that holds the text`,
  };
}

function isObject(line: string): boolean {
  try {
    return line.startsWith('{') && Object.keys(JSON.parse(line)).length > 0;
  } catch {
    return false;
  }
}

/** Names of tags, so that <unk>, <s> and other marks of prepared corpora are none. */
const MARKUP =
  /<\/?(?:a|b|i|u|p|em|br|hr|li|ul|ol|td|tr|th|dd|dt|dl|div|img|pre|sub|sup|ref|span|code|font|table|tbody|strong|small|center|section|article|blockquote|script|style|body|html|head|title|meta|link|h[1-6])(?:\s[^<>]*)?\/?>|&(?:nbsp|amp|lt|gt|quot|apos|[lr][sd]quo|[mn]dash|hellip|#\d{1,6}|#x[0-9a-f]{1,6});/gi;

/** Of XML all tags. */
const ANY_MARKUP = /<[^<>\s][^<>]*>|&[a-z]+;/gi;

function markup({ text, corpus }: EncodedSample): Warning | undefined {
  const found: readonly string[] = text.match(text.startsWith('<?xml') ? ANY_MARKUP : MARKUP) ?? [];
  if (found.length === 0 || found.length < 0.03 * corpus.tokenCount) return undefined;
  return {
    code: 'markup',
    message: `The text holds HTML or XML, such as ${found[0].slice(0, 40)}, ${found.length} times in ${counted(corpus.tokenCount, 'token')}: take out tags and entities, or they become words`,
  };
}

export function highLearningRate(options: TrainingOptions): Warning | undefined {
  const { algorithm, cbowInput, cbowGradient, loss, learningRate } = options;
  const exact = algorithm === 'cbow' && cbowInput === 'mean' && cbowGradient === 'exact';
  const kind = algorithm === 'cbow' ? (`cbow ${cbowInput}` as const) : algorithm;
  const { from, good } = exact ? { from: 1.5, good: 0.7 } : LOSS_TRAITS[loss].divergingRates[kind];
  if (learningRate < from) return undefined;
  const usual = algorithm === 'cbow' ? 0.05 : 0.025;
  return {
    code: 'learning-rate',
    message: `A learning rate of ${learningRate} is likely to diverge with ${algorithm} and ${loss}: it does from ${from} on with English text; give learningRate ${usual}, and no more than ${good}`,
  };
}

/**
 * Window × learning rate from which skip-gram diverged, or was worse than vectors of zeros in between, where a centre shares its
 * negative samples or goes down a tree: 1 and 5 MB of English, 100 dimensions, windows of 15 to 1000, rates of .0125 to .05. Up to 1.05
 * it did not by the default preset; the preset gensim did so from .5 on after it had been set back once.
 */
const DIVERGING_STEP = 1.25;

/** With each pair of a wide window the vector of the centre goes on the same way, and all of them together too far. */
export function wideWindow({
  algorithm,
  loss,
  negativeSharing,
  window,
  learningRate,
}: TrainingOptions): Warning | undefined {
  const isShared = loss === 'hierarchical-softmax' || (loss === 'negative-sampling' && negativeSharing !== 'pair');
  if (algorithm !== 'skip-gram' || !isShared || window * learningRate < DIVERGING_STEP) return undefined;
  return {
    code: 'learning-rate',
    message: `A window of ${window} is likely to diverge at a learning rate of ${learningRate}: a centre is trained with up to ${2 * window} words at once; give window ${Math.max(1, Math.floor(1 / learningRate))} or less, or learningRate ${Number((0.8 / window).toPrecision(1))}`,
  };
}

export function risingLearningRate({ learningRate, endLearningRate }: TrainingOptions): Warning | undefined {
  if (endLearningRate <= learningRate) return undefined;
  return {
    code: 'learning-rate',
    message: `The learning rate rises from ${learningRate} to ${endLearningRate} during the training, where it should fall: give endLearningRate ${learningRate * 1e-4}`,
  };
}

/** What the counts of all words tell. */
export interface VocabularyFacts {
  /** All tokens and all different words of the text. */
  readonly corpusTokens: number;
  readonly distinctWords: number;
  /** Tokens and words that are left. */
  readonly keptTokens: number;
  readonly keptWords: number;
  /** At place c the tokens of the words that occur c times, for c below minCount. */
  readonly rareTokens: ArrayLike<number>;
}

/**
 * Not for a given vocabulary: what it leaves out is left out on purpose.
 *
 * @param warned - codes that the sample gave: where the tokenizer is wrong, no count of its words is worth keeping
 */
export function vocabularyWarnings(
  facts: VocabularyFacts,
  options: TrainingOptions,
  warned: ReadonlySet<string> = new Set(),
): Warning[] {
  const counts = warned.has('tokenizer') ? undefined : littleSurvives(facts, options);
  return [counts, littleText(facts, options)].filter((warning) => warning !== undefined);
}

function littleSurvives(facts: VocabularyFacts, { minCount, maxVocabulary }: TrainingOptions): Warning | undefined {
  const { corpusTokens, distinctWords, keptTokens, keptWords, rareTokens } = facts;
  if (keptWords === maxVocabulary || corpusTokens < ENOUGH_TOKENS) return undefined;
  const share = keptTokens / corpusTokens;
  if (share >= 0.5 && (keptWords >= 100 || share >= 0.9)) return undefined;
  let kept = keptTokens;
  let better = Math.min(minCount, rareTokens.length);
  while (better > 1 && kept < 0.9 * corpusTokens) kept += rareTokens[--better];
  const text = better < 3 ? ', or more text' : '';
  return {
    code: 'min-count',
    message: `Of ${counted(distinctWords, 'word')} only ${keptWords} occur ${minCount} times, with ${percent(share)} of the tokens: minCount ${better} keeps ${percent(kept / corpusTokens)}; give it${text}`,
  };
}

/** Files that were joined keep the mark that each began with: it makes another word of the first one. */
export function markedWords(words: readonly string[]): Warning | undefined {
  const marked = words.filter((word) => word.startsWith('\ufeff'));
  if (marked.length === 0) return undefined;
  return {
    code: 'byte-order-mark',
    message: `${marked.length === 1 ? 'A word begins' : `${marked.length} words begin`} with a byte order mark, such as the one before ${JSON.stringify(marked[0].slice(1))}: files were joined that each began with one; give the files themselves`,
  };
}

/** Chinese or Japanese that stands behind the beginning of the text, by which the tokenizer was chosen: in other files, say. */
export function laterCharacters(
  { words, counts, tokenCount }: Pick<Vocabulary, 'words' | 'counts' | 'tokenCount'>,
  tokenizer: Pick<TokenizerDescriptor, 'name'>,
): Warning | undefined {
  if (tokenizer.name !== 'words') return undefined;
  let [han, kana] = [0, 0];
  words.forEach((word, id) => {
    if (word.length <= 2 && HAN.test(word)) han += counts[id];
    else if (KANA.test(word)) kana += counts[id];
  });
  if (han < 0.3 * tokenCount) return undefined;
  const better = kana > 0.05 * tokenCount ? '"segmenter" with language "ja"' : '"chinese"';
  return {
    code: 'tokenizer',
    message: `The tokenizer "words" makes each Chinese character a word, ${percent(han / tokenCount)} of all tokens, though the beginning of the text has few: use the tokenizer ${better}, or train each language by itself`,
  };
}

/** Word vectors want some hundred thousand tokens to be seen; below 2000 nobody expects any. */
function littleText({ keptTokens }: VocabularyFacts, { epochs }: TrainingOptions): Warning | undefined {
  if (keptTokens < 2000 || keptTokens >= 100_000 || epochs >= 20) return undefined;
  const wanted = Math.min(100, Math.max(20, 10 * Math.round(2e5 / keptTokens)));
  return {
    code: 'little-text',
    message: `${counted(keptTokens, 'token is', 'tokens are')} little for ${counted(epochs, 'epoch')}: word vectors stay close to where they began; give more text, or epochs ${wanted}`,
  };
}

/**
 * @param about - the numbers are estimates
 * @param available - bytes, undefined where nobody knows
 */
export function memoryWarning(
  { words, memoryBytes, about }: { words: number; memoryBytes: number; about: boolean },
  options: TrainingOptions,
  available: number | undefined,
): Warning | undefined {
  const { dimensions } = options;
  const most = canLieOutside(options) ? Infinity : MAXIMUM_MEMORY_BYTES;
  const limit = Math.min(most, available ?? Infinity);
  // An estimate may be too high by a third.
  if (memoryBytes * (about ? 0.75 : 1) <= limit) return undefined;
  const fit = limit / memoryBytes;
  const fewer = Math.floor((dimensions * fit) / 4) * 4;
  const fixes = [
    ...(fewer >= 4 ? [`dimensions ${fewer}`] : []),
    `maxVocabulary ${Number(Math.floor(words * fit).toPrecision(2))}`,
    'a larger minCount',
  ];
  const place =
    limit === most ? 'more than the 4 GiB that one WebAssembly memory holds' : `and ${gigabytes(limit)} are free`;
  return {
    code: 'memory',
    message: `${about ? 'About ' : ''}${about ? Number(words.toPrecision(2)) : words} words × ${counted(dimensions, 'dimension')} need ${gigabytes(memoryBytes)} of memory, ${place}: give ${fixes.slice(0, -1).join(' or ')}, or ${fixes.at(-1)}`,
  };
}

function gigabytes(byteLength: number): string {
  return byteLength < 1e9 ? `${Math.round(byteLength / 1e6)} MB` : `${(byteLength / 1e9).toFixed(1)} GB`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
