import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyMetadata, type JsonValue, type Metadata, metadataProblem, sameJson } from './metadata.ts';

const nested = (levels: number): Metadata => {
  let value: JsonValue = {};
  for (let i = 0; i < levels; i++) value = i % 2 ? [value] : { in: value };
  return { value };
};
const shared = (levels: number): Metadata => {
  let value: JsonValue = 'x'.repeat(100);
  for (let i = 0; i < levels; i++) value = [value, value];
  return { value };
};
const cycle: Record<string, unknown> = {};
cycle.self = { again: [cycle, cycle] };

describe('metadataProblem', () => {
  it.each([
    ['NaN', { a: Number.NaN }, '"a" is NaN'],
    ['infinity inside', { a: { b: [1, -Infinity] } }, '"a.b[1]" is -Infinity (or a number too large)'],
    ['a bigint', { n: 10n }, '"n" is a bigint'],
    ['a function', { f: () => 1 }, '"f" is a function'],
    ['undefined', { a: undefined }, '"a" is undefined'],
    ['a hole', { a: Object.assign([1, 0, 2], { length: 1 }).concat(new Array(1)) }, '"a[1]" is undefined'],
    ['a symbol', { a: Symbol('x') }, '"a" is a symbol'],
    ['a field named by a symbol', { a: { [Symbol('x')]: 1 } }, '"a" is an object with symbols'],
    ['a date', { at: new Date() }, '"at" is an object of Date'],
    ['a map', { a: new Map() }, '"a" is an object of Map'],
    ['a typed array', { a: Uint8Array.of(1) }, '"a" is an object of Uint8Array'],
    ['a cycle', cycle, 'nested in more than 100 levels, or holds itself'],
    ['too many levels', nested(200), 'nested in more than 100 levels'],
    ['too much, though it is small in memory', shared(50), 'longer than 10000000 characters'],
    ['NUL', { a: 'x\0' }, '"a" holds a NUL character'],
    ['NUL in a name', { 'a\0': 1 }, 'has a field whose name holds a NUL'],
    ['half of a pair', { a: ['x\ud83d'] }, '"a[0]" holds half of a surrogate pair'],
    ['half of a pair in a name', { '\udc00': 1 }, 'has a field whose name holds half'],
    ['an array', [1], 'must be an object of fields and values, got an array'],
    ['null', null, 'must be an object of fields and values, got null'],
    ['a text', 'x', 'got a string'],
  ])('names %s', (_, metadata, message) => expect(metadataProblem(metadata)).toContain(message));

  it('finds nothing in JSON, and says nothing else of what is not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.anything()), (metadata) => {
        if (metadataProblem(metadata) !== undefined) return;
        expect(sameJson(copyMetadata(metadata as Metadata), metadata as Metadata)).toBe(true);
        expect(JSON.stringify(metadata)).not.toMatch(/\\u0000/);
      }),
    );
    expect(metadataProblem({ a: [1, null, { b: true, 'c d': '\\u0000' }], ...nested(90) })).toBeUndefined();
    expect(metadataProblem(Object.assign(Object.create(null), { a: 1 }))).toBeUndefined();
  });
});

describe('sameJson', () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: [1, 2] }, { a: [2, 1] }, false],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: [] }, { a: {} }, false],
    [{ a: null }, { a: {} }, false],
    [{ a: 1 }, { a: '1' }, false],
    [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}'), true],
    [JSON.parse('{"__proto__": {}}'), {}, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(sameJson(a, b)).toBe(expected);
    expect(sameJson(b, a)).toBe(expected);
  });
});
