import fc from 'fast-check';

const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any character of Unicode, as `unit` of `fc.string`. That of fast-check, `binary`, makes a table of all 1.1 million of them first: .7 s,
 * and 110 MB that each later collection of garbage goes through.
 */
export const anyCharacter = fc.nat({ max: 0x10ffff - SURROGATES.count }).map(
  (number) => String.fromCodePoint(number < SURROGATES.first ? number : number + SURROGATES.count),
  (character) => {
    if (typeof character !== 'string' || !/^\P{Surrogate}$/u.test(character)) throw new TypeError('no character');
    const number = character.codePointAt(0)!;
    return number < SURROGATES.first ? number : number - SURROGATES.count;
  },
);
