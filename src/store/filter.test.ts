import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesFilter, parseFilter } from './filter.ts';
import { filterToSql } from './filter-to-sql.ts';

const metadata = { lang: 'zh', year: 2021, tags: ['news', 3], author: { name: 'Li "x"' }, draft: false, none: null };
const matches = (text: string) => matchesFilter(parseFilter(text), metadata);

describe('parseFilter', () => {
  it.each([
    ['lang = "zh"', true],
    ["lang == 'zh'", true],
    ['year >= 2021 and year < 2.022e3', true],
    ['lang = "en" or year = 2021 and draft = false', true],
    ['(lang = "en" or year = 2021) and draft = true', false],
    ['not lang = "en"', true],
    ['tags contains "news" AND tags contains 3', true],
    ['lang contains "z"', true],
    ['author.name = "Li \\"x\\""', true],
    ['lang = "\\u007ah"', true],
    ['author.name exists and not author.age exists', true],
    ['none = null', true],
    ['none exists', true],
    ['missing = null', false],
    ['missing != 1', true],
    ['year in (1, 2021)', true],
    ['year=2021and lang="zh"', true],
    ['year = "2021"', false],
    ['year < "3000"', false],
    ['__proto__ exists', false],
    ['语言 != "zh"', true],
  ])('%s → %s', (text, expected) => expect(matches(text)).toBe(expected));

  it.each([
    ['', 'a field (in quotes, if its name has spaces or signs) expected at the end'],
    ['lang', 'an operator (=, !=, <, <=, >, >=, in, contains, exists) expected at the end'],
    ['lang = ', 'a value (a string in quotes, a number, true, false, null) expected at the end'],
    ['lang = zh', 'expected at character 8, found zh'],
    ['lang = "zh" year = 1', '"and", "or" or the end expected at character 13, found year'],
    ['lang = "zh"; drop table x', '"and", "or" or the end expected at character 12, found ;'],
    ['(lang = "zh"', '")" expected at the end'],
    ['lang in "zh"', '"(" expected at character 9'],
    ["lang = 'zh", 'expected at character 8'],
    ['lang = "C:\\data"', '\\d in "C:\\data" stands for nothing; write \\\\ for a backslash'],
    ["lang = '\\u00'", '\\u in'],
    ['day >= 2020-01-01', '2020-01-01 is no number; put text in quotes'],
    ['time = 12:30 and year = 1', '12:30 is no number'],
    ['year = 0x10', '0x10 is no number'],
    ['year = 9007199254740993', '9007199254740993 lies beyond the whole numbers that can be told apart'],
    ['year in (1, -9007199254740993)', 'put it in quotes'],
    ['year < 1e400', 'Infinity is no value that metadata can have'],
  ])('refuses %s', (text, message) => expect(() => parseFilter(text)).toThrow(message));
});

it('reads any text as JSON writes it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'\n\t\r\b\f\u0001\u2028"\'`\\/né名') }), (value) => {
      expect(parseFilter(`${JSON.stringify(value)} = ${JSON.stringify(value)}`)).toMatchObject({
        path: [value],
        value,
      });
    }),
  );
});

it('no field and no value becomes text of the SQL statement', () => {
  const hostile = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(hostile, hostile, fc.constantFrom('=', '!=', '<', 'contains' as const), (field, value, operator) => {
      const parameters: string[] = [];
      const sql = filterToSql(
        { kind: 'compare', path: [field], operator: operator as '=', value },
        'metadata',
        (parameter) => `$${parameters.push(parameter)}`,
      );
      expect(sql).toMatch(/^[a-z_ ()$0-9:=<>@',#{}"C|\-+.]*$/);
      expect(sql.replace(/'(array|string|\{\})'/g, '')).not.toContain("'");
      expect(parameters).toContain(field);
    }),
  );
});

it('never throws anything but a SyntaxError, whatever is read', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
    }),
  );
});
