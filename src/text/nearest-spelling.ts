/**
 * The candidate with the fewest insertions, deletions, substitutions and swaps of neighbors away from `word`
 * (Damerau 1964, optimal string alignment), the first of several; undefined if all are further than a third of
 * the word's length, at least 1, or have no character of it. Spellings that `foldSpelling` makes equal are not apart.
 */
export function nearestSpelling(word: string, candidates: Iterable<string>): string | undefined {
  const folded = foldSpelling(word);
  const wanted = Array.from(folded);
  // Of a single character nothing would be left.
  let limit = Math.min(Math.max(1, Math.floor(wanted.length / 3)) + 1, wanted.length);
  let nearest: string | undefined;
  let row = new Uint16Array(wanted.length + 1);
  let previous = new Uint16Array(wanted.length + 1);
  let beforePrevious = new Uint16Array(wanted.length + 1);
  for (const original of candidates) {
    const candidate = foldSpelling(original);
    if (Math.abs(candidate.length - folded.length) > 2 * limit) continue;
    const letters = Array.from(candidate);
    if (Math.abs(letters.length - wanted.length) >= limit) continue;
    for (let j = 0; j <= wanted.length; j++) previous[j] = j;
    let best = 0;
    for (let i = 1; i <= letters.length && best < limit; i++) {
      row[0] = i;
      best = i;
      for (let j = 1; j <= wanted.length; j++) {
        const substitution = previous[j - 1] + (letters[i - 1] === wanted[j - 1] ? 0 : 1);
        row[j] = Math.min(substitution, previous[j] + 1, row[j - 1] + 1);
        const swapped = i > 1 && j > 1 && letters[i - 1] === wanted[j - 2] && letters[i - 2] === wanted[j - 1];
        if (swapped) row[j] = Math.min(row[j], beforePrevious[j - 2] + 1);
        if (row[j] < best) best = row[j];
      }
      [row, previous, beforePrevious] = [beforePrevious, row, previous];
    }
    if (best < limit && previous[wanted.length] < limit) {
      limit = previous[wanted.length];
      nearest = original;
      if (limit === 0) break;
    }
  }
  return nearest;
}

const NOT_ASCII = /[^\0-\x7f]/;

/** What a person takes for one spelling becomes one text: capitals, composed letters, ligatures, apostrophes, final sigma. */
export function foldSpelling(text: string): string {
  const small = text.toLowerCase();
  if (!NOT_ASCII.test(small)) return small;
  return small.normalize('NFKC').toLowerCase().replace(/[’‘ʼ]/g, "'").replace(/[‐‑]/g, '-').replaceAll('ς', 'σ');
}
