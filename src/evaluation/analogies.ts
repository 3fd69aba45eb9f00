import type { EmbeddingModel } from '../model/embedding-model.ts';
import { ExactIndex } from '../search/exact-index.ts';

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

/**
 * Scores analogy questions "a b c d" under the protocol of word2vec's compute-accuracy.c: only the first
 * `restrict` words of the model, upper-cased (of equal ones the first), questions with an unknown word skipped;
 * right if d is the nearest word to b − a + c, all at length 1, without a, b and c.
 *
 * @param text - lines of four words, sections headed ": name"
 * @throws SyntaxError for a line that is neither
 */
export function evaluateAnalogies(model: EmbeddingModel, text: string, { restrict = 30_000 } = {}): AnalogyResult {
  const ids = new Map<string, number>();
  const wordCount = Math.min(restrict, model.size);
  for (let id = wordCount - 1; id >= 0; id--) ids.set(upperCase(model.words[id]), id);
  const { dimensions } = model;
  const rows = normalizedRows(model.contents.inputVectors.subarray(0, wordCount * dimensions), dimensions);
  const index = new ExactIndex(rows, dimensions);

  const sections: AnalogySection[] = [];
  for (const { name, questions } of parseQuestions(text)) {
    const known = questions
      .map((question) => question.map((word) => ids.get(upperCase(word))))
      .filter((question): question is number[] => !question.includes(undefined));
    const queries = known.map(([a, b, c]) => {
      const query = new Float32Array(dimensions);
      for (let d = 0; d < dimensions; d++) {
        query[d] = rows[b * dimensions + d] - rows[a * dimensions + d] + rows[c * dimensions + d];
      }
      return query;
    });
    const hits = index.searchMany(
      queries,
      known.map(([a, b, c]) => ({ count: 1, exclude: new Set([a, b, c]) })),
    );
    const correct = hits.filter(([best], i) => best && best.similarity > 0 && sameWord(best.row, known[i][3])).length;
    sections.push(score(name, correct, known.length, questions.length));
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

  function sameWord(a: number, b: number): boolean {
    return a === b || upperCase(model.words[a]) === upperCase(model.words[b]);
  }
}

function parseQuestions(text: string): { name: string; questions: string[][] }[] {
  const sections: { name: string; questions: string[][] }[] = [];
  text.split('\n').forEach((line, index) => {
    const words = line.match(/[^\t-\r ]+/g);
    if (!words) return;
    if (words[0].startsWith(':')) {
      sections.push({ name: line.replace(/^\s*:\s*|\s+$/g, ''), questions: [] });
      return;
    }
    if (words.length !== 4) {
      throw new SyntaxError(
        `Cannot read analogies: line ${index + 1} must be four words or ": section", got ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
    if (sections.length === 0) sections.push({ name: 'questions', questions: [] });
    sections.at(-1)!.questions.push(words);
  });
  return sections;
}

function score(name: string, correct: number, attempted: number, questions: number): AnalogySection {
  return { name, correct, attempted, questions, accuracy: attempted === 0 ? 0 : correct / attempted };
}

/** ASCII letters only, as C's toupper in its default locale. */
function upperCase(word: string): string {
  return word.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function normalizedRows(vectors: Float32Array, dimensions: number): Float32Array {
  const rows = new Float32Array(vectors);
  for (let start = 0; start < rows.length; start += dimensions) {
    let squares = 0;
    for (let d = 0; d < dimensions; d++) squares += rows[start + d] ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let d = 0; d < dimensions; d++) rows[start + d] *= scale;
  }
  return rows;
}
