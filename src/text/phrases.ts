/** Pairs of words that are joined to one word, a list for each pass: a later pass joins what earlier ones made. */
export type Phrases = readonly (readonly (readonly [first: string, second: string])[])[];

/** The word that a phrase becomes, with an underscore as word2phrase writes it. */
export function phraseWord(first: string, second: string): string {
  return `${first}_${second}`;
}

/**
 * Joins phrases in a sentence, pass by pass and from left to right: the second word of a joined pair begins no
 * other pair of the same pass (word2phrase.c, TrainModel).
 */
export function createPhraseJoiner(phrases: Phrases): (tokens: readonly string[]) => readonly string[] {
  const passes = phrases.map((pairs) => {
    const seconds = new Map<string, Set<string>>();
    for (const [first, second] of pairs) {
      const known = seconds.get(first);
      if (known) known.add(second);
      else seconds.set(first, new Set([second]));
    }
    return seconds;
  });
  return (tokens) => passes.reduce(joinPass, tokens);
}

function joinPass(tokens: readonly string[], seconds: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const joined: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const [first, second] = [tokens[i], tokens[i + 1]];
    if (i + 1 < tokens.length && seconds.get(first)?.has(second)) {
      joined.push(phraseWord(first, second));
      i++;
    } else {
      joined.push(first);
    }
  }
  return joined;
}

/** Whether a value, as it was found in a model file, has the shape of `Phrases`. */
export function isPhrases(value: unknown): value is Phrases {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((word) => typeof word === 'string');
  return Array.isArray(value) && value.every((pairs) => Array.isArray(pairs) && pairs.every(isPair));
}
