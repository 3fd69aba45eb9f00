/** What is shown of texts that are nearly the same: the first, with the others. */
export interface Folded<T> {
  readonly item: T;
  /** In their order. */
  readonly duplicates: readonly T[];
}

/**
 * Folds near-duplicates: an item goes to the first before it whose words are the same to this share (Jaccard: words that both
 * have / words that either has). Items without words are left as they are.
 *
 * @param share - 0 to 1
 */
export function foldNearDuplicates<T>(
  items: readonly T[],
  tokensOf: (item: T) => Iterable<string>,
  share: number,
): Folded<T>[] {
  if (!Array.isArray(items) || typeof tokensOf !== 'function')
    throw new TypeError('"items" must be an array, and "tokensOf" a function that gives the tokens of one');
  const kept: { item: T; words: ReadonlySet<string>; duplicates: T[] }[] = [];
  for (const item of items) {
    const words = new Set(tokensOf(item));
    const first = kept.find((other) => isNear(words, other.words, share));
    if (first) first.duplicates.push(item);
    else kept.push({ item, words, duplicates: [] });
  }
  return kept.map(({ item, duplicates }) => ({ item, duplicates }));
}

function isNear(a: ReadonlySet<string>, b: ReadonlySet<string>, share: number): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  if (few.size === 0 || few.size < share * many.size) return false;
  let both = 0;
  for (const word of few) if (many.has(word)) both++;
  return both >= share * (a.size + b.size - both);
}
