/**
 * A number with what is counted: `1 text`, `2 texts`.
 *
 * @param one - of one, with what depends on it: `record has`
 * @param several - of any other number; with an s if omitted
 * @param shown - the number as it is written
 */
export function counted(count: number, one: string, several = `${one}s`, shown = String(count)): string {
  return `${shown} ${count === 1 ? one : several}`;
}

/** Says of how many of the texts no word is known. */
export function textsWithoutWords(count: number, texts: number): string {
  const all = counted(texts, 'text');
  return counted(count, `of ${all} holds no word of the model`, `of ${all} hold no word of the model`);
}
