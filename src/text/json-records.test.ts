import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines } from './json-lines.ts';
import { parseRecord, readField, suggestList, valueAt } from './json-records.ts';

describe('parseRecord', () => {
  const parse = (line: string) => parseRecord(line, 'file', 7);

  it('is JSON.parse where all numbers can be held', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const line = JSON.stringify(record);
        fc.pre(!/\d{16}/.test(line));
        expect(parse(line)).toEqual(JSON.parse(line));
      }),
    );
  });

  it('keeps large whole numbers apart, as strings of their digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.string(), (id, text) => {
        const found = parse(`{"text":${JSON.stringify(`${text}\\"${id}`)},"ids":[${id}, ${id}],"id":${id}}`);
        const expected = Number.isSafeInteger(Number(id)) ? Number(id) : String(id);
        expect(found).toEqual({ text: `${text}\\"${id}`, ids: [expected, expected], id: expected });
      }),
    );
    expect(parse('{"a":1.00000000000000001,"b":1e0000000000000000001,"c":-12345678901234567.5}')).toEqual({
      a: 1,
      b: 10,
      c: -12345678901234568,
    });
  });

  it('names file and line', () => {
    expect(() => parse('{"a":')).toThrow('Cannot read "file": line 7 is not JSON: {"a":');
    expect(() => parse('[1]')).toThrow('line 7 must be a JSON object, such as {"text": "…"}, got [1]');
    expect(() => parse('{"id":12345678901234567x}')).toThrow('line 7 is not JSON');
  });
});

it.each([
  ['{"a":1},', 'as it ends with a comma'],
  ['{"a":1}{"a":2} {"a":3}', 'as several objects stand on it; name the file .json'],
  ['{', 'as an object goes over several lines; name the file .json'],
  ['{"a":NaN,"b":-Infinity}', 'which has no NaN and no Infinity; write null'],
  ['{"a":1,"b":[2,],}', 'as a comma stands in front of a closing bracket'],
  ['{"a":None,"b":True}', 'which has null, true and false; write it with json.dumps'],
  ['{"a":"b\tc"}', 'as a tab or another control character stands in a text; write \\t, \\u001f'],
  ['// {"a":1}', 'which has no comments'],
  ["{'a': 'b'}", 'which has double quotes in place of single ones'],
])('tells of %s what is wrong', (line, what) => {
  expect(() => parseRecord(line, 'file', 7)).toThrow(`line 7 is not JSON, ${what}: ${line}`);
});

it('takes a byte order mark in front of a record, as where files were joined', () => {
  expect(parseRecord('\ufeff{"a":1}', 'file', 7)).toEqual({ a: 1 });
});

it.each([
  ['{"page":1,"data":{"hits":[{"text":"x"},{"text":"y"}]}}', 'data.hits'],
  ['{"a":[],"rows":[{}]}', 'rows'],
])('tells where %s holds its records', (json, path) => {
  const advice = `; "${path}" is a list of records: take them out first, such as with jq '.${path}'`;
  expect(suggestList(JSON.parse(json))).toBe(advice);
  expect(() => readField(json, path, 'file', 1)).toThrow(advice);
});

it('suggestList says nothing of other records', () => {
  for (const json of ['{"a":["x"],"b":{"c":[1]}}', '{}', '{"a":null}']) expect(suggestList(JSON.parse(json))).toBe('');
});

it('valueAt takes a key as it is, else a path, and only what the record holds itself', () => {
  const record = JSON.parse('{"a":{"b":1,"c":{"d":2}},"a.b":3,"__proto__":{"x":4}}');
  expect(valueAt(record, 'a.b')).toBe(3);
  expect(valueAt(record, 'a.c.d')).toBe(2);
  expect(valueAt(record, '__proto__.x')).toBe(4);
  for (const path of ['constructor', 'toString', 'a.constructor.name', 'a.b.c.d', 'x', ''])
    expect(valueAt(record, path), path).toBeUndefined();
});

it('readField joins texts, passes over null, and refuses what is no text', () => {
  expect(readField('{"a":["x","y"]}', 'a', 'file', 1)).toBe('x\ny');
  expect(readField('{"a":null}', 'a', 'file', 1)).toBeUndefined();
  expect(() => readField('{"a":{"b":1},"c":2}', 'a', 'file', 3)).toThrow(
    'Cannot read "file": field "a" must hold text, got {"b":1} in line 3 with the fields a, c',
  );
});

describe('jsonLines', () => {
  const encoder = new TextEncoder();
  async function* cut(text: string, size: number) {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  }
  async function lines(text: string, size = 1000, anyLayout = true) {
    const parts: Uint8Array[] = [];
    for await (const part of jsonLines(cut(text, size), 'file', anyLayout)) parts.push(part.slice());
    return Buffer.concat(parts).toString();
  }
  const parsed = (text: string) => text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)]));

  const string = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '}', '[', ']', ',', '\n', '苹') });
  const records = fc.array(fc.dictionary(string, fc.oneof(string, fc.jsonValue({ maxDepth: 2 }))), { maxLength: 5 });

  it('makes a line of each record, in any layout, wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.constantFrom(undefined, 1, '\t'),
        fc.integer({ min: 1, max: 9 }),
        async (all, indent, size) => {
          const layouts = [
            JSON.stringify(all, undefined, indent),
            `\ufeff \n${JSON.stringify(all, undefined, indent)}\r\n`,
            all.map((record) => JSON.stringify(record, undefined, indent)).join('\n'),
            all.map((record) => `${JSON.stringify(record)}\r\n`).join(''),
          ];
          for (const layout of layouts)
            expect(parsed((await lines(layout, size)).replace('\ufeff', ''))).toEqual(JSON.parse(JSON.stringify(all)));
        },
      ),
    );
  });

  it('leaves JSON lines as they are', async () => {
    for (const text of ['{"a":1}\n{"a" : broken\n', '\n{"a":[1]}\n'])
      for (const anyLayout of [true, false]) expect(await lines(text, 3, anyLayout)).toBe(text);
  });

  it.each([
    ['[{"a":1},\n{"a":oops}]', 'line 2 is not JSON: {"a":oops}'],
    ['[{"a":1},\n{"a":2}', 'line 2: the JSON ends early'],
    ['[\n{"a":1},\n17]', 'line 3 must be a JSON object, such as {"text": "…"}, got 17'],
    ['["a", "b"]', 'line 1 must be a JSON object, such as {"text": "…"}, got "a"'],
    ['[{"a":1}]\n[{"a":2}]', 'line 2: there is more behind the end of the array'],
    ['plain text\n', 'line 1: it is not JSON'],
    ['{\n"a":1', 'line 1: the JSON ends early'],
  ])('refuses %j', async (text, message) => {
    await expect(lines(text)).rejects.toThrow(`Cannot read "file": ${message}`);
  });
});
