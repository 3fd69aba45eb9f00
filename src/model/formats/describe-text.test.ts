import { describe, expect, it } from 'vitest';
import { describeText } from './describe-text.ts';
import { memoryFile } from './model-file.ts';
import { readModel } from './read-model.ts';

const words = Array.from({ length: 12 }, (_, i) => `word${i}`);
const vector = (row: number) => Array.from({ length: 8 }, (_, i) => Number(Math.sin(8 * row + i).toFixed(4)));
const lines = (make: (word: string, vector: number[], row: number) => string) =>
  `${words.map((word, row) => make(word, vector(row), row)).join('\n')}\n`;
const told = (text: string) => describeText(new TextEncoder().encode(text));
const entries = words.map((word, row) => [word, vector(row)] as const);

describe('vectors in no format that is read', () => {
  it.each([
    ['CSV', lines((word, row) => [word, ...row].join(',')), 'separated by ","'],
    [
      'CSV with a header',
      `word,${vector(0).map((_, i) => `d${i}`)}\n${lines((word, row) => [word, ...row].join(','))}`,
      'without the line in front',
    ],
    [
      'CSV with numbered columns',
      `,${vector(0).map((_, i) => i)}\n${lines((word, row) => [word, ...row].join(','))}`,
      'separated by ","',
    ],
    ['CSV of few numbers', lines((word, row) => [word, ...row.slice(0, 2)].join(',')), 'separated by ","'],
    ['few numbers in front', lines((word, row) => [...row.slice(0, 2), word].join(' ')), 'in front of the words'],
    ['semicolons', lines((word, row) => [word, ...row].join('; ')), 'separated by ";"'],
    ['lists of Python', lines((word, row) => `${word} [${row.join(', ')}]`), 'in brackets'],
    ['arrays of NumPy', lines((word, row) => `${word}\t[ ${row.join('  ')}]`), 'in brackets'],
    ['an object of lists', JSON.stringify(Object.fromEntries(entries)), 'JSON with lists of numbers'],
    [
      'a list of objects',
      JSON.stringify(
        entries.map(([word, row]) => ({ word, vector: row })),
        null,
        1,
      ),
      'JSON with lists of numbers',
    ],
    ['JSON lines', lines((word, row) => JSON.stringify({ word, vector: row })), 'JSON with lists of numbers'],
    ['numbers in front', lines((word, row) => `${row.join(' ')} ${word}`), 'in front of the words'],
  ])('are named, with what to do: %s', async (_, text, part) => {
    expect(told(text)).toContain(part);
    expect(told(text.replaceAll('\n', '\r\n'))).toContain(part);
    await expect(readModel(memoryFile(new TextEncoder().encode(text)))).rejects.toThrow(part);
  });

  it.each([
    ['text', 'The cat sat on the mat, in 2024, 2025, 2026, 2027, 2028 and so on.\nA dog ran.\n'],
    ['a table of texts', 'id,text,score\n1,a cat,3\n2,a dog,4\n'],
    ['word pairs', 'tiger cat 7.35\ntiger tiger 10.00\n'],
    ['JSON of other kinds', '{"a": 1, "b": [{"c": 2}]}'],
    ['nothing', ''],
  ])('other text is not: %s', (_, text) =>
    expect(told(text)).toMatch(/text without vectors|none of the models in JSON/),
  );
});
