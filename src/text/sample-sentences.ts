import { COUNT, checkOptions, everyItem, FUNCTION } from './check-options.ts';
import { showValue } from './show-value.ts';
import { linePieces, textLines } from './text-lines.ts';
import { isTextSource, type TextSource } from './text-source.ts';

/** Sentences enough that more change nothing in the second decimal. */
const SENTENCES = 100_000;
const LONGEST_CHARACTERS = 400;

/**
 * Sentences drawn evenly from all of the text, the same each time: lines are cut at the ends of sentences, and what is longer
 * than 400 characters at a space.
 *
 * @param random - uniform in [0, 1)
 * @param onRepairs - is told of malformed UTF-8 sequences that were replaced by U+FFFD
 */
export async function sampleSentences(
  sources: readonly TextSource[],
  random: () => number,
  count = SENTENCES,
  onRepairs?: (count: number) => void,
): Promise<string[]> {
  if (!Array.isArray(sources) || !everyItem(sources, isTextSource))
    throw new TypeError(`"sources" must be an array of { name, open }, got ${showValue(sources)}`);
  checkOptions({ random, count }, { random: FUNCTION, count: COUNT });
  const sample: string[] = [];
  let seen = 0;
  for (const source of sources) {
    for await (const line of linesToSample(source, onRepairs)) {
      for (const sentence of sentencesOf(line)) {
        // Reservoir sampling: each sentence stays with the probability count / seen.
        seen++;
        if (sample.length < count) sample.push(sentence);
        else {
          const place = Math.floor(random() * seen);
          if (place < count) sample[place] = sentence;
        }
      }
    }
  }
  return sample;
}

/** Of plain text, a line that is longer than a megabyte in pieces: it is cut here anyway, and may be all of the text. */
async function* linesToSample(source: TextSource, onRepairs?: (count: number) => void): AsyncGenerator<string> {
  if (source.jsonField !== undefined) yield* textLines(source, onRepairs);
  else for await (const { text } of linePieces(source, onRepairs)) yield text;
}

function* sentencesOf(line: string): Generator<string> {
  for (const part of line.split(/(?<=[.!?…])\s+|(?<=[。！？])/u)) {
    for (let rest = part.trim(); rest !== ''; ) {
      if (rest.length <= LONGEST_CHARACTERS) {
        yield rest;
        break;
      }
      const space = rest.lastIndexOf(' ', LONGEST_CHARACTERS);
      const end = space > 0 ? space : LONGEST_CHARACTERS;
      yield rest.slice(0, end);
      rest = rest.slice(end).trimStart();
    }
  }
}
