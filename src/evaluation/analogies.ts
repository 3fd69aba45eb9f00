import { normalized } from '../math/vector-operations.ts';
import type { EmbeddingModel } from '../model/embedding-model.ts';
import { ExactIndex, type SearchHit } from '../search/exact-index.ts';
import { linesOf } from '../text/text-lines.ts';

export interface AnalogySection {
  readonly name: string;
  readonly correct: number;
  /** Questions whose four words are all known. */
  readonly attempted: number;
  readonly questions: number;
  /** correct / attempted; 0 if none was attempted. */
  readonly accuracy: number;
}

export interface AnalogyResult {
  readonly sections: readonly AnalogySection[];
  /** Sections whose name does not begin with "gram". */
  readonly semantic: AnalogySection;
  readonly syntactic: AnalogySection;
  readonly total: AnalogySection;
  /** attempted / questions. Accuracies with different coverage cannot be compared. */
  readonly coverage: number;
}

export const ANALOGY_PROTOCOLS = ['word2vec.c', 'gensim', 'ca8'] as const;
export type AnalogyProtocol = (typeof ANALOGY_PROTOCOLS)[number];

export interface AnalogyOptions {
  /**
   * - `word2vec.c` (if absent), compute-accuracy.c: ASCII letters upper-cased on both sides, of equal words the first;
   *   questions with an unknown word are skipped; the best word must have a similarity above 0.
   * - `gensim`, evaluate_word_analogies: Unicode letters upper-cased, of equal words the first; spellings of the three
   *   words of the question are no answers; questions with an unknown word are skipped.
   * - `ca8` (Li et al. 2018): words as they are; skipped if one of the first three is unknown, wrong if the fourth is.
   */
  readonly protocol?: AnalogyProtocol | undefined;
  /** Only the first so many words of the model: 30,000 if absent, with gensim 300,000, with ca8 all. */
  readonly restrict?: number | undefined;
  /** See NeighborOptions.method. */
  readonly method?: '3CosAdd' | '3CosMul' | undefined;
}

const RESTRICT = { 'word2vec.c': 30_000, gensim: 300_000, ca8: Number.POSITIVE_INFINITY };

/**
 * Scores analogy questions "a b c d": right if d is the nearest word to b − a + c, all at length 1, without a, b and c.
 * Accuracies under different protocols, or with different `restrict`, cannot be compared.
 *
 * @param text - lines of four words, sections headed ": name"; "#" at the beginning of a line makes it a comment
 * @throws SyntaxError for a line that is neither
 */
export function evaluateAnalogies(
  model: EmbeddingModel,
  text: string,
  { protocol = 'word2vec.c', restrict = RESTRICT[protocol], method = '3CosAdd' }: AnalogyOptions = {},
): AnalogyResult {
  const fold = FOLD[protocol];
  const wordCount = Math.min(restrict, model.size);
  const ids = new Map<string, number[]>(); // of equal words all, the first in front
  for (let id = 0; id < wordCount; id++) {
    const word = fold(model.word(id));
    const equal = ids.get(word);
    if (equal) equal.push(id);
    else ids.set(word, [id]);
  }
  const { dimensions } = model;
  const index = new ExactIndex({ size: wordCount, dimensions, row: (id) => model.row(id) });
  const units = new Map<number, Float32Array>();
  const unit = (id: number) => {
    let vector = units.get(id);
    if (!vector) {
      vector = normalized(model.row(id));
      units.set(id, vector);
    }
    return vector;
  };

  const sections: AnalogySection[] = [];
  for (const { name, questions } of parseQuestions(text)) {
    const known = questions
      .map((question) => question.map((word) => ids.get(fold(word))))
      .filter((question) => question.slice(0, protocol === 'ca8' ? 3 : 4).every(Boolean));
    const excluded = known.map((question) =>
      question.slice(0, 3).flatMap((equal) => (protocol === 'gensim' ? equal! : equal!.slice(0, 1))),
    );
    const three = known.map((question) => question.slice(0, 3).map((equal) => equal![0]));
    const best = method === '3CosAdd' ? bySum(three, excluded) : byProduct(three, excluded);
    const correct = best.filter(
      (hit, i) =>
        hit &&
        known[i][3]?.includes(hit.row) &&
        (protocol !== 'word2vec.c' || method !== '3CosAdd' || hit.similarity > 0),
    ).length;
    sections.push(score(name, correct, known.length, questions.length));
  }

  function bySum(questions: number[][], excluded: number[][]): (SearchHit | undefined)[] {
    const queries = questions.map((question) => {
      const [a, b, c] = question.map(unit);
      const query = new Float32Array(dimensions);
      for (let d = 0; d < dimensions; d++) query[d] = b[d] - a[d] + c[d];
      return query;
    });
    const hits = index.searchMany(
      queries,
      excluded.map((rows) => ({ count: 1, exclude: new Set(rows) })),
    );
    return hits.map(([hit]) => hit);
  }

  function byProduct(questions: number[][], excluded: number[][]): (SearchHit | undefined)[] {
    const similarities = new Map<number, Float32Array>();
    const shifted = (id: number) => {
      let values = similarities.get(id);
      if (!values) {
        values = index.similarities(unit(id)).map((x) => (1 + x) / 2);
        similarities.set(id, values);
      }
      return values;
    };
    return questions.map((question, i) => {
      const [a, b, c] = question.map(shifted);
      let best: SearchHit | undefined;
      for (let row = 0; row < wordCount; row++) {
        const similarity = (b[row] * c[row]) / (a[row] + 1e-6);
        if (similarity > (best?.similarity ?? 0) && !excluded[i].includes(row)) best = { row, similarity };
      }
      return best;
    });
  }

  const sum = (name: string, of: AnalogySection[]) =>
    score(
      name,
      of.reduce((total, section) => total + section.correct, 0),
      of.reduce((total, section) => total + section.attempted, 0),
      of.reduce((total, section) => total + section.questions, 0),
    );
  const total = sum('total', sections);
  return {
    sections,
    semantic: sum(
      'semantic',
      sections.filter(({ name }) => !name.startsWith('gram')),
    ),
    syntactic: sum(
      'syntactic',
      sections.filter(({ name }) => name.startsWith('gram')),
    ),
    total,
    coverage: total.questions === 0 ? 0 : total.attempted / total.questions,
  };
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

const FOLD: Record<AnalogyProtocol, (word: string) => string> = {
  // ASCII letters only, as C's toupper in its default locale.
  'word2vec.c': (word) => word.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  gensim: (word) => word.toUpperCase(),
  ca8: (word) => word,
};
