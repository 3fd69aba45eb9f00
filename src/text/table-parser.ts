/** A cell, and with it a quote that is never closed, may be so long. */
const LONGEST_CELL = 1 << 28;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

/**
 * Cuts a table into records of cells, piece by piece, as Python's csv does: a quote at the beginning of a cell encloses it, two
 * of them in it are one, elsewhere a quote is a character; empty lines are no records; CR, LF and both end a line. Works on
 * text of any kind, also on bytes as Latin-1.
 */
export class TableParser {
  readonly #delimiter: number;
  readonly #quotes: boolean;
  #cells: string[] = [];
  /** What the cell holds already that the pieces so far did not end. */
  #cell = '';
  #state: 'begin' | 'plain' | 'quoted' | 'closed' = 'begin';
  #afterReturn = false;
  #line = 1;
  #quoteLine = 1;
  #looseQuoteLine: number | undefined;
  #escapedQuoteLine: number | undefined;

  /**
   * @param delimiter - one character
   * @param quotes - false where a quote is always a character, as in TSV
   */
  constructor(delimiter: string, quotes: boolean) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#quotes = quotes;
  }

  /** The line up to which it has read, counted from 1. */
  get line(): number {
    return this.#line;
  }

  /**
   * The first line in which a quote begins a cell that goes over several lines and has text behind its closing quote: most likely the
   * first quote was not closed, and two records became one.
   */
  get looseQuoteLine(): number | undefined {
    return this.#looseQuoteLine;
  }

  /** The first line in which a backslash stands in front of the quote that closes a cell, and text behind it: within the cell it is not doubled. */
  get escapedQuoteLine(): number | undefined {
    return this.#escapedQuoteLine;
  }

  /**
   * The records that end in this piece of the table.
   *
   * @throws SyntaxError for a cell longer than 256 MB
   */
  push(text: string): string[][] {
    const records: string[][] = [];
    let begin = 0; // of what is not in #cell yet
    for (let at = 0; at < text.length; at++) {
      if (this.#state === 'quoted') {
        const quote = text.indexOf('"', at);
        const end = quote < 0 ? text.length : quote;
        this.#countLines(text, at, end);
        if (quote < 0) break;
        this.#cell += text.slice(begin, end);
        this.#state = 'closed';
        at = end;
        begin = end + 1;
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === QUOTE && this.#quotes && this.#state !== 'plain') {
        // The second of two quotes in a cell is part of it; the first of a cell is not.
        begin = this.#state === 'closed' ? at : at + 1;
        if (this.#state === 'begin') this.#quoteLine = this.#line;
        this.#state = 'quoted';
      } else if (code === this.#delimiter) {
        this.#endCell(text.slice(begin, at));
        begin = at + 1;
      } else if (code === LINE_FEED || code === CARRIAGE_RETURN) {
        const second = code === LINE_FEED && this.#afterReturn;
        if (!second) {
          this.#endRecord(text.slice(begin, at), records);
          this.#line++;
        }
        begin = at + 1;
      } else if (this.#state !== 'plain') {
        if (this.#state === 'closed' && code > 32) {
          if (this.#line > this.#quoteLine) this.#looseQuoteLine ??= this.#quoteLine;
          else if (this.#cell.endsWith('\\')) this.#escapedQuoteLine ??= this.#line;
        }
        this.#state = 'plain';
      }
      this.#afterReturn = code === CARRIAGE_RETURN;
    }
    this.#cell += text.slice(begin);
    if (this.#cell.length > LONGEST_CELL) throw this.#unclosed(`a cell is longer than ${LONGEST_CELL >> 20} MB`);
    return records;
  }

  /**
   * The last record, if no line end was behind it.
   *
   * @throws SyntaxError for a quote that is not closed
   */
  end(): string[][] {
    if (this.#state === 'quoted') throw this.#unclosed('it is not closed');
    const records: string[][] = [];
    this.#endRecord('', records);
    return records;
  }

  #endCell(rest: string): void {
    this.#cells.push(this.#cell + rest);
    this.#cell = '';
    this.#state = 'begin';
  }

  #endRecord(rest: string, records: string[][]): void {
    const empty = this.#cells.length === 0 && this.#state === 'begin';
    if (!empty) {
      this.#endCell(rest);
      records.push(this.#cells);
      this.#cells = [];
    }
  }

  #countLines(text: string, begin: number, end: number): void {
    for (let at = begin; at < end; at++) if (text.charCodeAt(at) === LINE_FEED) this.#line++;
  }

  #unclosed(what: string): SyntaxError {
    return new SyntaxError(`a quote begins a cell in line ${this.#quoteLine}, and ${what}`);
  }
}

/** How the cells of a table are separated. */
export interface TableLayout {
  /** One character. */
  readonly delimiter: string;
  /** Whether quotes may enclose a cell. */
  readonly quotes: boolean;
  /** Characters in front of the first record: the line "sep=;", by which Excel is told the delimiter. */
  readonly headerAt: number;
}

/** Semicolons come from Excel where the comma is the decimal mark. */
const OTHER_DELIMITERS = [',', ';', '\t', '|'];

/**
 * How a table is written: as its first line "sep=;" tells; else with the usual delimiter, unless the records fit with another
 * one only.
 *
 * @param start - the first lines
 * @param fits - whether the first records are such as are asked for
 */
export function tableLayout(
  start: string,
  usual: ',' | '\t',
  fits: (records: readonly (readonly string[])[]) => boolean,
): TableLayout {
  const told = /^sep=([^\r\n"])\r?\n/i.exec(start);
  if (told) return { delimiter: told[1], quotes: true, headerAt: told[0].length };
  const layouts: TableLayout[] = [
    { delimiter: usual, quotes: usual === ',' || quotesEnclose(start), headerAt: 0 },
    ...OTHER_DELIMITERS.filter((delimiter) => delimiter !== usual).map((delimiter) => ({
      delimiter,
      quotes: true,
      headerAt: 0,
    })),
  ];
  const fitting = layouts.find(({ delimiter, quotes }) => {
    const parser = new TableParser(delimiter, quotes);
    const records = parser.push(start);
    try {
      return fits(records.length > 0 ? records : parser.end());
    } catch {
      return false; // a quote is not closed
    }
  });
  return fitting ?? layouts[0];
}

/** A cell that a program has put into quotes: those within are doubled. */
const ENCLOSED = /^"(?:[^"]|"")*"$/;
const ENCLOSED_QUOTES = /^"(?:[^"]|"")*""(?:[^"]|"")*"$/;

/**
 * Whether quotes enclose cells of TSV, where most programs write them as characters: all rows are as wide as the header then, and
 * the header is enclosed, a cell holds doubled quotes, or tabs or line ends would cut a row otherwise.
 */
function quotesEnclose(start: string): boolean {
  const enclosed = new TableParser('\t', true).push(start);
  const plain = new TableParser('\t', false).push(start);
  const width = enclosed[0]?.length;
  if (enclosed.length === 0 || !enclosed.every(({ length }) => length === width)) return false;
  if (plain[0].some((cell) => ENCLOSED.test(cell))) return true;
  return plain.some((cells) => cells.length !== width || cells.some((cell) => ENCLOSED_QUOTES.test(cell)));
}

/** All records of a table. */
export function parseTable(text: string, delimiter: string, quotes: boolean): string[][] {
  const parser = new TableParser(delimiter, quotes);
  return [...parser.push(text.replace(/^\ufeff+/, '')), ...parser.end()];
}
