import { COUNT, checkOptions, checkText } from '../text/check-options.ts';
import { sentencesOf } from './text-snippet.ts';
import { TextDataError, type TextRecord } from './text-store.ts';

/** How a text is cut. */
export interface ParagraphOptions {
  /** Characters of a paragraph at most, but for a single sentence that is longer; 1,000 if omitted. */
  readonly mostCharacters?: number | undefined;
}

/** Parts the text's id from the paragraph's number. */
export const PARAGRAPH_SIGN = '#';
/** A shorter paragraph goes with the next: a heading. */
const SHORT_CHARACTERS = 80;

/** Names a paragraph, numbered from 1 on. */
export function paragraphId(parent: string, number: number): string {
  return `${parent}${PARAGRAPH_SIGN}${number}`;
}

/**
 * Cuts a text into its paragraphs, which end at the end of a line; long ones at sentences. Each has the id `parent#1` and so
 * on, and in its metadata, beside those of the text, `parent` (the text's id) and `paragraph` (its number).
 *
 * @throws TextDataError where the metadata have a field of that name already
 */
export function cutParagraphs(record: TextRecord, options: ParagraphOptions = {}): TextRecord[] {
  checkOptions<ParagraphOptions>(options, { mostCharacters: COUNT });
  const { mostCharacters = 1000 } = options;
  checkText('text', record?.text);
  const { id, text, metadata = {} } = record;
  for (const name of ['parent', 'paragraph'])
    if (Object.hasOwn(metadata, name))
      throw new TextDataError(
        `Cannot cut the text ${JSON.stringify(id)} into paragraphs: its metadata have a field "${name}", where a paragraph's own stands; rename it`,
      );
  const parts: string[] = [];
  let [begin, end] = [-1, -1];
  const close = () => {
    if (begin >= 0) parts.push(text.slice(begin, end));
    begin = -1;
  };
  for (const piece of piecesOf(text, mostCharacters)) {
    if (begin >= 0 && piece.end - begin > mostCharacters) close();
    if (begin < 0) begin = piece.begin;
    end = piece.end;
    if (piece.endsLine && end - begin >= SHORT_CHARACTERS) close();
  }
  close();
  return parts.map((part, i) => ({
    id: paragraphId(id, i + 1),
    text: part,
    metadata: { ...metadata, parent: id, paragraph: i + 1 },
  }));
}

/** Lines, and of long ones the sentences. */
function* piecesOf(text: string, mostCharacters: number) {
  for (const { 0: line, index } of text.matchAll(/[^\r\n\u2028\u2029]+/g)) {
    const paragraph = line.trim();
    if (paragraph === '') continue;
    const begin = index + line.indexOf(paragraph);
    if (paragraph.length <= mostCharacters) {
      yield { begin, end: begin + paragraph.length, endsLine: true };
      continue;
    }
    for (const sentence of sentencesOf(paragraph))
      yield {
        begin: begin + sentence.begin,
        end: begin + sentence.end,
        endsLine: sentence.end === paragraph.length,
      };
  }
}
