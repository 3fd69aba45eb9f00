/** A word without case, as gensim compares words; é is the same letter as one character and as two. */
export function foldWord(word: string): string {
  return word.normalize('NFC').toUpperCase();
}
