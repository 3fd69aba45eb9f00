/** The longest word that readers take: longer ones are damage. word2vec.c cuts words at 98 bytes; others do not. */
export const LONGEST_WORD_BYTES = 1 << 16;
/** Readers must also find the values of the first word in the beginning of a file, by which they tell the format. */
const LONGEST_WRITTEN_BYTES = LONGEST_WORD_BYTES / 2;

/** What a format asks of words. */
export interface WordRule {
  /** Such as "in a word2vec format". */
  readonly where: string;
  /** Fits to words that it cannot hold. */
  readonly refuses: RegExp;
  readonly reason: string;
}

/**
 * Refuses words that would not come back from a file: one that is no well-formed text, one that is too long or breaks the rule
 * of the format.
 *
 * @throws RangeError
 */
export function checkWords(words: readonly string[], rule?: WordRule): void {
  for (const word of words) {
    if (/[\ud800-\udfff]/u.test(word))
      throw new RangeError(
        `Cannot write word ${shown(word)}: it is not well-formed, it has half of a surrogate pair, which UTF-8 cannot hold`,
      );
    if (!rule) continue;
    if (rule.refuses.test(word))
      throw new RangeError(
        `Cannot write word ${shown(word)} ${rule.where}: ${rule.reason}; save as .safetensors instead`,
      );
    if (3 * word.length > LONGEST_WRITTEN_BYTES && new TextEncoder().encode(word).length > LONGEST_WRITTEN_BYTES)
      throw new RangeError(
        `Cannot write word ${shown(word)} ${rule.where}: it is longer than ${LONGEST_WRITTEN_BYTES} bytes; save as .safetensors instead`,
      );
  }
}

function shown(word: string): string {
  return JSON.stringify(word.length > 60 ? `${word.slice(0, 60)}…` : word);
}
