import { textProblem } from './metadata.ts';

/** PostgreSQL's limits for the words of a text: bytes of a word, positions of a word, the last position, bytes in all. */
const LONGEST_WORD_BYTES = 2_046;
const MOST_POSITIONS = 255;
const LAST_POSITION = 16_383;
const MOST_BYTES = 700_000;

const encoder = new TextEncoder();

/** A word for a tsvector or tsquery, in quotes; undefined for one that PostgreSQL cannot take: empty, too long, with a NUL, half of a pair. */
export function quoteWord(word: string): string | undefined {
  if (word === '' || word.length > LONGEST_WORD_BYTES || textProblem(word)) return undefined;
  if (word.length > LONGEST_WORD_BYTES / 3 && encoder.encode(word).length > LONGEST_WORD_BYTES) return undefined;
  return `'${word.replace(/['\\]/g, '$&$&')}'`;
}

/**
 * The words of a text with their positions, as text of a tsvector. Of a very long text only the first words count: PostgreSQL
 * takes 1 MB.
 */
export function wordPositions(tokens: readonly string[]): string {
  const positions = new Map<string, number[]>();
  let byteLength = 0;
  tokens.forEach((token, i) => {
    const list = positions.get(token);
    if (list) {
      if (list.length < MOST_POSITIONS && byteLength < MOST_BYTES) {
        list.push(Math.min(i + 1, LAST_POSITION));
        byteLength += 2;
      }
    } else if (byteLength < MOST_BYTES) {
      positions.set(token, [Math.min(i + 1, LAST_POSITION)]);
      byteLength += 3 * token.length + 8;
    }
  });
  const parts: string[] = [];
  for (const [token, list] of positions) {
    const quoted = quoteWord(token);
    if (quoted !== undefined) parts.push(`${quoted}:${list.join(',')}`);
  }
  return parts.join(' ');
}
