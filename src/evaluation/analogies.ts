import { normalized } from '../math/vector-operations.ts';
import { checkModel, type EmbeddingModel } from '../model/embedding-model.ts';
import { ExactIndex, type SearchHit } from '../search/exact-index.ts';
import { COUNT_OR_ALL, checkOptions, checkText, type OptionRules, oneOf } from '../text/check-options.ts';
import { linesOf } from '../text/text-lines.ts';
import { foldWord } from './fold-word.ts';

/** The same of one section of the questions. */
export interface AnalogySection {
  readonly name: string;
  readonly correct: number;
  /** Questions whose four words are all known. */
  readonly attempted: number;
  readonly questions: number;
  /** correct / attempted; 0 if none was attempted. */
  readonly accuracy: number;
}

/** How many analogies a model answers right. */
export interface AnalogyResult {
  readonly sections: readonly AnalogySection[];
  /** Sections whose name does not begin with "gram". */
  readonly semantic: AnalogySection;
  readonly syntactic: AnalogySection;
  readonly total: AnalogySection;
  /** attempted / questions. Accuracies with different coverage cannot be compared. */
  readonly coverage: number;
}

/** How analogies are compared: as which other tool. */
export const ANALOGY_PROTOCOLS = ['word2vec.c', 'gensim', 'ca8'] as const;
/** See `AnalogyOptions.protocol`. */
export type AnalogyProtocol = (typeof ANALOGY_PROTOCOLS)[number];

/** How analogies are asked. */
export interface AnalogyOptions {
  /**
   * - `word2vec.c` (if omitted), compute-accuracy.c: ASCII letters upper-cased on both sides, of equal words the first;
   *   questions with an unknown word are skipped; the best word must have a similarity above 0.
   * - `gensim`, evaluate_word_analogies: Unicode letters upper-cased, of equal words the first; spellings of the three
   *   words of the question are no answers; questions with an unknown word are skipped.
   * - `ca8` (Li et al. 2018): words as they are; skipped if one of the first three is unknown, wrong if the fourth is.
   */
  readonly protocol?: AnalogyProtocol | undefined;
  /** Only the first so many words of the model: 30,000 if omitted, with gensim 300,000, with ca8 all. */
  readonly restrict?: number | undefined;
  /** See NeighborOptions.method. */
  readonly method?: '3CosAdd' | '3CosMul' | undefined;
}

const RULES: OptionRules<AnalogyOptions> = {
  protocol: oneOf(ANALOGY_PROTOCOLS),
  restrict: COUNT_OR_ALL,
  method: oneOf(['3CosAdd', '3CosMul']),
};

const RESTRICT = { 'word2vec.c': 30_000, gensim: 300_000, ca8: Infinity };

/**
 * Scores analogy questions "a b c d": right if d is the nearest word to b − a + c, all at length 1, without a, b and c.
 * Accuracies under different protocols, or with different `restrict`, cannot be compared.
 *
 * @param text - lines of four words, sections headed ": name"; "#" at the beginning of a line makes it a comment
 * @throws SyntaxError for a line that is neither; RangeError for options out of range
 */
export function evaluateAnalogies(model: EmbeddingModel, text: string, options: AnalogyOptions = {}): AnalogyResult {
  checkModel(model);
  checkText('text', text);
  checkOptions(options, RULES);
  const { protocol = 'word2vec.c', method = '3CosAdd' } = options;
  const { restrict = RESTRICT[protocol] } = options;
  const fold = FOLD[protocol];
  const words = new FirstWords(model, Math.min(restrict, model.size), fold);
  const sections = parseQuestions(text).map(({ name, questions }) => {
    const known = questions
      .map((question) => question.map((word) => words.find(word)))
      .filter((question) => question.slice(0, protocol === 'ca8' ? 3 : 4).every(Boolean));
    const asked = known.map((question) => {
      const three = question.slice(0, 3) as number[][];
      const excluded = three.flatMap((equal) => (protocol === 'gensim' ? equal : equal.slice(0, 1)));
      return { rows: three.map(([first]) => first), excluded };
    });
    const best = method === '3CosAdd' ? bySum(words, asked) : byProduct(words, asked);
    const correct = best.filter(
      (hit, i) =>
        hit &&
        known[i][3]?.includes(hit.row) &&
        (protocol !== 'word2vec.c' || method !== '3CosAdd' || hit.similarity > 0),
    ).length;
    return score(name, correct, known.length, questions.length);
  });
  return summary(sections);
}

/** The words that questions are asked of, and their vectors at length 1. */
class FirstWords {
  readonly size: number;
  readonly dimensions: number;
  readonly index: ExactIndex;
  readonly #model: EmbeddingModel;
  readonly #fold: (word: string) => string;
  readonly #ids = new Map<string, number[]>();
  readonly #units = new Map<number, Float32Array>();

  constructor(model: EmbeddingModel, size: number, fold: (word: string) => string) {
    this.#model = model;
    this.#fold = fold;
    this.size = size;
    this.dimensions = model.dimensions;
    for (let id = 0; id < size; id++) {
      const word = fold(model.word(id));
      const equal = this.#ids.get(word);
      if (equal) equal.push(id);
      else this.#ids.set(word, [id]);
    }
    this.index = new ExactIndex({ size, dimensions: model.dimensions, row: (id) => model.row(id) });
  }

  /** All words that are equal to this one, the first in front. */
  find(word: string): readonly number[] | undefined {
    return this.#ids.get(this.#fold(word));
  }

  unit(id: number): Float32Array {
    let vector = this.#units.get(id);
    if (!vector) {
      vector = normalized(this.#model.row(id));
      this.#units.set(id, vector);
    }
    return vector;
  }
}

interface AskedQuestion {
  /** Of a, b and c. */
  readonly rows: readonly number[];
  /** What is no answer. */
  readonly excluded: readonly number[];
}

/** The best answers by 3CosAdd. */
function bySum(words: FirstWords, questions: readonly AskedQuestion[]): (SearchHit | undefined)[] {
  const queries = questions.map(({ rows }) => {
    const [a, b, c] = rows.map((id) => words.unit(id));
    return Float32Array.from(a, (value, d) => b[d] - value + c[d]);
  });
  const hits = words.index.searchMany(
    queries,
    questions.map(({ excluded }) => ({ count: 1, exclude: new Set(excluded) })),
  );
  return hits.map(([hit]) => hit);
}

/** The best answers by 3CosMul. */
function byProduct(words: FirstWords, questions: readonly AskedQuestion[]): (SearchHit | undefined)[] {
  const similarities = new Map<number, Float32Array>();
  const shifted = (id: number) => {
    let values = similarities.get(id);
    if (!values) {
      values = words.index.similarities(words.unit(id)).map((x) => (1 + x) / 2);
      similarities.set(id, values);
    }
    return values;
  };
  return questions.map(({ rows, excluded }) => {
    const [a, b, c] = rows.map(shifted);
    let best: SearchHit | undefined;
    for (let row = 0; row < words.size; row++) {
      const similarity = (b[row] * c[row]) / (a[row] + 1e-6);
      if (similarity > (best?.similarity ?? 0) && !excluded.includes(row)) best = { row, similarity };
    }
    return best;
  });
}

function summary(sections: readonly AnalogySection[]): AnalogyResult {
  const isSyntactic = ({ name }: AnalogySection) => name.startsWith('gram');
  const total = sumOf('total', sections);
  return {
    sections,
    semantic: sumOf(
      'semantic',
      sections.filter((section) => !isSyntactic(section)),
    ),
    syntactic: sumOf('syntactic', sections.filter(isSyntactic)),
    total,
    coverage: total.questions === 0 ? 0 : total.attempted / total.questions,
  };
}

function sumOf(name: string, sections: readonly AnalogySection[]): AnalogySection {
  const sum = (part: 'correct' | 'attempted' | 'questions') =>
    sections.reduce((total, section) => total + section[part], 0);
  return score(name, sum('correct'), sum('attempted'), sum('questions'));
}

function parseQuestions(text: string): { name: string; questions: string[][] }[] {
  const sections: { name: string; questions: string[][] }[] = [];
  for (const { text: line, number } of linesOf(text, { comments: true })) {
    const words = line.match(/[^\t-\r ]+/g) ?? [];
    if (words[0]?.startsWith(':')) {
      sections.push({ name: line.trim().slice(1).trim(), questions: [] });
      continue;
    }
    if (words.length !== 4) {
      throw new SyntaxError(
        `Cannot read analogies: line ${number} must be four words or ": section", got ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    if (sections.length === 0) sections.push({ name: 'questions', questions: [] });
    sections.at(-1)!.questions.push(words);
  }
  return sections;
}

function score(name: string, correct: number, attempted: number, questions: number): AnalogySection {
  return { name, correct, attempted, questions, accuracy: attempted === 0 ? 0 : correct / attempted };
}

/** In all of them é is the same letter as one character and as two. */
const FOLD: Record<AnalogyProtocol, (word: string) => string> = {
  // ASCII letters only, as C's toupper in its default locale.
  'word2vec.c': (word) => word.normalize('NFC').replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  gensim: foldWord,
  ca8: (word) => word.normalize('NFC'),
};
