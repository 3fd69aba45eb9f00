import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processorMilliseconds } from '../../test/processor-time.ts';
import { parseTable, TableParser, tableLayout } from './table-parser.ts';

const csv = (text: string) => parseTable(text, ',', true);

/** A table as Python's csv.writer writes it. */
function written(rows: readonly (readonly string[])[], lineEnd: string): string {
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  // A row of one empty cell would be an empty line.
  return rows.map((row) => (row.length === 1 && row[0] === '' ? '""' : row.map(cell).join(',')) + lineEnd).join('');
}

describe('parseTable', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\n', '\r', '\t', 'é', '苹'), maxLength: 8 });
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 });

  it('reads what was written, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(9)), (table, lineEnd, lengths) => {
        const text = written(table, lineEnd);
        const parser = new TableParser(',', true);
        const found: string[][] = [];
        let at = 0;
        for (const length of lengths) {
          found.push(...parser.push(text.slice(at, at + length)));
          at += length;
        }
        found.push(...parser.push(text.slice(at)), ...parser.end());
        expect(found).toEqual(table);
      }),
    );
  });

  it('needs no line end behind the last record', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const text = written(table, '\n');
        expect(csv(text.slice(0, -1))).toEqual(table);
      }),
    );
  });

  // What Python 3 makes of the same text: list(csv.reader(io.StringIO(text, newline=''))), without empty lists.
  it.each<[string, string[][]]>([
    [
      'id,text\n1,a 5" disk\n',
      [
        ['id', 'text'],
        ['1', 'a 5" disk'],
      ],
    ],
    ['a""b,c\n', [['a""b', 'c']]],
    ['"a"b,"c""d" "e"\n', [['ab', 'c"d "e"']]],
    [' "a",b\n', [[' "a"', 'b']]],
    ['a,\n,\n\n\r\n""\n', [['a', ''], ['', ''], ['']]],
    ['"one\ntwo",x\r\n"three\r\nfour",y\rz\n', [['one\ntwo', 'x'], ['three\r\nfour', 'y'], ['z']]],
    ['\ufeffa,b', [['a', 'b']]],
    ['', []],
  ])('reads %j as Python does', (text, expected) => {
    expect(csv(text)).toEqual(expected);
  });

  it('takes quotes in TSV for characters', () => {
    expect(parseTable('"a\tb"c\n"\td\n', '\t', false)).toEqual([
      ['"a', 'b"c'],
      ['"', 'd'],
    ]);
  });

  it.each<[string, string, boolean]>([
    ['an enclosed header', '"id"\t"text"\n"1"\t"a"\n', true],
    ['doubled quotes', 'id\ttext\n1\t"she said ""no"", twice"\n', true],
    ['a tab within', 'id\ttext\n1\t"a\tb"\n2\tc\n', true],
    ['a line end within', 'id\ttext\n1\t"a\nb"\n2\tc\n', true],
    ['speech', 'id\ttext\n1\t"Yes"\n2\t"No," she said\n', false],
    ['a quote that is not closed', 'id\ttext\n1\t"Yes\n2\tc"\n3\td\n', false],
    ['inches', 'id\ttext\n1\t5" disk\n', false],
    ['no quotes and a short row', 'id\ttext\n1\ta\n2\n', false],
  ])('sees in TSV whether quotes enclose cells: %s', (_, text, quotes) => {
    const layout = tableLayout(text, '\t', (records) => records.length > 0);
    expect(layout).toEqual({ delimiter: '\t', quotes, headerAt: 0 });
  });

  it('tells where the quote is that is never closed', () => {
    expect(() => csv('a,b\n"x\ny",z\n1,"open\n2,b\n')).toThrow('a quote begins a cell in line 4, and it is not closed');
  });

  it('takes time in proportion to the text', () => {
    const time = (count: number) => {
      const text = `${'"a",'.repeat(count)}\n`;
      const begin = processorMilliseconds();
      expect(csv(text)[0].length).toBe(count + 1);
      return processorMilliseconds() - begin;
    };
    time(20_000);
    expect(time(400_000)).toBeLessThan(40 * Math.max(5, time(20_000)));
  });
});

describe('tableLayout', () => {
  const named = (start: string, usual: ',' | '\t' = ',') =>
    tableLayout(start, usual, ([header]) => header.includes('text'));

  it('takes the usual delimiter where the column is there, and where it is nowhere', () => {
    expect(named('id,text\n1,a;b\n')).toEqual({ delimiter: ',', quotes: true, headerAt: 0 });
    expect(named('id\ttext\n', '\t')).toEqual({ delimiter: '\t', quotes: false, headerAt: 0 });
    expect(named('id,body\n')).toMatchObject({ delimiter: ',' });
  });

  it.each([';', '\t', '|'])('takes %j where the column is there by that alone', (delimiter) => {
    expect(named(['id', 'text', 'x'].join(delimiter))).toEqual({ delimiter, quotes: true, headerAt: 0 });
  });

  it('obeys the line that tells Excel the delimiter', () => {
    expect(named('sep=;\r\nid;text\r\n')).toEqual({ delimiter: ';', quotes: true, headerAt: 7 });
    expect(named('SEP=,\nid,text\n')).toEqual({ delimiter: ',', quotes: true, headerAt: 6 });
  });
});
