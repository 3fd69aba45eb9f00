import type { Warning } from '../training/training-events.ts';

/** So much of the text tells how it is laid out. */
const LOOKED_AT = 1 << 17;
/** Fewer lines tell nothing. */
const ENOUGH_LINES = 20;

/** What the text is made of beside sentences: tables of words, subtitles, mail, mark-up of a document. */
export function layoutWarning(sample: string): Warning | undefined {
  const text = sample.slice(0, LOOKED_AT);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (text.length < sample.length) lines.pop(); // may be cut off
  return (
    subtitles(lines) ??
    mail(lines) ??
    wordRows(lines) ??
    commaTable(lines) ??
    jsonOverLines(lines) ??
    latex(text) ??
    wikiMarkup(text) ??
    xml(text)
  );
}

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;
const wordsOf = (text: string) => countOf(text, /\S+/g);
const share = (lines: readonly string[], pattern: RegExp) =>
  lines.filter((line) => pattern.test(line)).length / lines.length;

const TIMES: readonly [RegExp, string][] = [
  [/^(\d+:)?\d\d:\d\d[,.]\d{3} *-->/, 'SRT or WebVTT'],
  [/^(Dialogue|Style|Format): /, 'SSA'],
  [/^\{\d+\}\{\d+\}/, 'MicroDVD'],
  [/^\[\d+:\d\d([.:]\d+)?\]/, 'LRC'],
];

function subtitles(lines: readonly string[]): Warning | undefined {
  const found = TIMES.find(([pattern]) => lines.length >= 6 && share(lines, pattern) > 0.15);
  return (
    found && {
      code: 'subtitles',
      message: `The text is subtitles (${found[1]}), and their numbers and times become words: take them out first, and put each sentence on a line of its own`,
    }
  );
}

const HEADER =
  /^(received|message-id|mime-version|content-type|content-transfer-encoding|return-path|delivered-to|reply-to|in-reply-to|x-[\w-]+|subject|from|to|date): \S/i;
/** As base64 is written: no sentence, and no sequence of bases or amino acids, which is all capitals. */
const BASE64 = /^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9+/])[A-Za-z0-9+/]{60,76}={0,2}$/;

function mail(lines: readonly string[]): Warning | undefined {
  const headers = new Set<string>();
  for (const line of lines) {
    const name = HEADER.exec(line)?.[1].toLowerCase();
    if (name) headers.add(name);
  }
  const isMail = 'message-id mime-version received content-type from subject date'.split(' ');
  const isBase64 = lines.length >= ENOUGH_LINES && share(lines, BASE64) > 0.2;
  const isQuoted = lines.length >= ENOUGH_LINES && share(lines, /^(?=.{5,77}$).*=[0-9A-F]{2}.*=$/) > 0.2;
  if (isMail.filter((name) => headers.has(name)).length < 4 && !isBase64 && !isQuoted) return undefined;
  const what = isBase64 ? 'is in base64' : isQuoted ? 'is in quoted-printable' : 'is mail with its headers';
  return {
    code: 'mail',
    message: `The text ${what}, as a mailbox holds it, and what is not text becomes words: take the texts out first, such as with Python's mailbox and email, and give them in UTF-8`,
  };
}

/** The last column of tables of words: chunks and names as B-NP, parts of speech as NN or VERB. */
const CHUNK = /^(O|[BIESUL]-\S+)$/;
const PART_OF_SPEECH = /^[A-Z][A-Z0-9]{0,7}([-+_|:][A-Z0-9]+)*\$?$|^[^\p{L}\p{N}\s]{1,3}$|^-[LR]RB-$/u;
const NUMBER = /^\d+([-.]\d+)?$/;

/** A word a line with what is known of it: CoNLL and its like. */
function wordRows(lines: readonly string[]): Warning | undefined {
  // Comments, marks of documents and sentences in vertical files.
  const rows = lines
    .filter((line) => !/^(# |#\w+\s*=|<[^<>]*>$|-DOCSTART-)/.test(line))
    .map((line) => line.trim().split(/\t+| +/));
  if (rows.length < ENOUGH_LINES) return undefined;
  const width = rows[rows.length >> 1].length;
  const alike = rows.filter((cells) => cells.length === width);
  if (width < 2 || width > 20 || alike.length < 0.9 * rows.length) return undefined;
  const column = (at: number) => alike.map((cells) => cells[at]);
  const first = column(0);
  // Ids go up by one and begin anew with each sentence.
  const steps = first.filter(
    (id, at) =>
      at > 0 && NUMBER.test(id) && [1, Number.parseInt(first[at - 1], 10) + 1].includes(Number.parseInt(id, 10)),
  );
  const isCounted = width >= 4 && steps.length > 0.8 * alike.length && first.filter((id) => id === '1').length > 1;
  const isTagged = Array.from({ length: width - 1 }, (_, at) => column(at + 1)).some((cells) => {
    const tags = new Set(cells);
    if (tags.size > Math.min(80, cells.length / 3)) return false;
    if ([...tags].filter((tag) => /\p{L}/u.test(tag)).length < 3) return false; // punctuation ends lines of verse
    return [CHUNK, PART_OF_SPEECH].some((tag) => cells.filter((cell) => tag.test(cell)).length > 0.95 * cells.length);
  });
  if (!isCounted && !isTagged) return undefined;
  return {
    code: 'table',
    message: `Each line holds one word and ${width - 1} columns about it (CoNLL or its like), such as ${JSON.stringify(alike[0].join(' ').slice(0, 40))}, so that marks become words and no sentence is seen: write the column of the words, a sentence a line`,
  };
}

/** Names that columns with texts and their likes have. */
const TABLE_HEADER =
  /^"?(\w[\w ]*"?[,;|\t]"?)*(id|text|label|title|content|sentence\w*|body|category|review|comment|description|date|name)"?([,;|\t]"?\w[\w ]*"?)*$/i;

function commaTable(lines: readonly string[]): Warning | undefined {
  const [header, ...rows] = lines.slice(0, 1 + ENOUGH_LINES);
  const delimiter = header === undefined ? undefined : [',', ';', '\t', '|'].find((mark) => header.includes(mark));
  if (rows.length < 3 || delimiter === undefined || header.length > 500 || !TABLE_HEADER.test(header)) return undefined;
  const columns = header.split(delimiter).length;
  if (rows.filter((row) => row.split(delimiter).length >= columns).length < 0.9 * rows.length) return undefined;
  return {
    code: 'table',
    message: `The text is a table, whose first line names ${JSON.stringify(header.slice(0, 60))}, and all of its cells become words: give the format "${delimiter === '\t' ? 'tsv' : 'csv'}", and the field that holds the text`,
  };
}

function jsonOverLines(lines: readonly string[]): Warning | undefined {
  if (lines.length < 6 || !/^\s*[[{]/.test(lines[0])) return undefined;
  if (share(lines, /^\s*("[^"]*"\s*:|[\]}[{]+,?\s*$)/) < 0.6) return undefined;
  return {
    code: 'records',
    message:
      'The text is JSON over several lines, and the names of its fields become words: name the file .json, or give the format "jsonl", and the field that holds the text',
  };
}

function markup(what: string, example: string, count: number, help: string): Warning {
  return {
    code: 'markup',
    message: `The text holds ${what}, such as ${example.trim().slice(0, 40)}, ${count} times in its beginning, and it becomes words: ${help}`,
  };
}

const LATEX =
  /\\(documentclass|usepackage|begin|end|(sub)*section\*?|chapter|caption|cite[pt]?|ref|eqref|label|text(bf|it|tt|sc)|emph|footnote|frac|includegraphics)\b *[[{]|\\item\b/g;

function latex(text: string): Warning | undefined {
  const found: readonly string[] = text.match(LATEX) ?? [];
  if (found.length < 5 || found.length < 0.01 * wordsOf(text)) return undefined;
  return markup(
    'LaTeX',
    found[0],
    found.length,
    'turn it into plain text first, such as with pandoc -t plain or detex',
  );
}

const WIKI = /\[\[[^[\]\n]{1,200}\]\]|\{\{[^{}\n]{1,200}\}?|'''|^={2,5}[^=\n]+={2,5} *$|^\{\|/gm;

function wikiMarkup(text: string): Warning | undefined {
  const found: readonly string[] = text.match(WIKI) ?? [];
  if (found.length < 10 || found.length < 0.02 * wordsOf(text)) return undefined;
  return markup('marks of a wiki', found[0], found.length, 'take the text out first, such as with WikiExtractor');
}

/** Marks of prepared corpora, which are words by right. */
const MARKS = /^<\/?(s|unk|pad|bos|eos|num|number|sep|cls|mask|p|url|user|eot|endoftext|n|digit)\b/i;

function xml(text: string): Warning | undefined {
  if (!/^\s*<[a-z]/i.test(text)) return undefined;
  const tags = (text.match(/<\/?[a-z][\w:.-]*(\s[^<>]*)?\/?>/gi) ?? []).filter((tag) => !MARKS.test(tag));
  const closed = tags.filter((tag) => tag.startsWith('</')).length;
  if (closed < 5 || tags.length < 0.03 * wordsOf(text)) return undefined;
  return markup('XML', tags[0], tags.length, 'take out the tags first');
}
