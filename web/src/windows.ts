/** Places of the words around a centre, at most `window` away. */
export function contextOf(length: number, centre: number, window: number): number[] {
  const places: number[] = [];
  for (let at = Math.max(0, centre - window); at <= Math.min(length - 1, centre + window); at++)
    if (at !== centre) places.push(at);
  return places;
}

/** Pairs of a centre and a context word in a sentence of so many words. */
export function pairCount(length: number, window: number): number {
  let pairs = 0;
  for (let centre = 0; centre < length; centre++) pairs += contextOf(length, centre, window).length;
  return pairs;
}
