import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeWords, splitWords } from './word-rule.ts';

const cases: [what: string, text: string, words: string[]][] = [
  [
    'variation selectors',
    'We ❤\ufe0f the ☀\ufe0f ℹ\ufe0f 葛\u{e0100}飾 Brand™\ufe0f',
    ['we', 'the', 'i', '葛', '飾', 'brandtm'],
  ],
  ['Mongolian variation selectors', 'ᠠ\u180bᠨ', ['ᠠᠨ']],
  ['tags of flags', '🏴\u{e0067}\u{e0062}\u{e007f} a', ['a']],
  ['soft hyphens', 'Donau\u00addampf\u00adschiff x\u00ad', ['donaudampfschiff', 'x']],
  ['soft hyphens before marks', 'e\u00ad\u0301', ['é']],
  ['word joiners and byte order marks', '\ufeffa\u2060b c\ufeffd', ['ab', 'cd']],
  ['marks of direction', '\u200fשלום\u200e \u2067abc\u2069', ['שלום', 'abc']],
  ['fillers', 'a \u3164 \u115f b', ['a', 'b']],
  ['zero width spaces, which part words', 'a\u200bb', ['a', 'b']],
  ['Persian non-joiners', 'کتاب\u200cها می\u200c\u200cروم می\u200c', ['کتاب\u200cها', 'می\u200cروم', 'می']],
  ['Indic joiners', 'ക്\u200dഷ അവന്\u200d क्\u200dया र\u200d्य', ['ക്\u200dഷ', 'അവന്\u200d', 'क्\u200dया', 'र\u200d्य']],
  ['joiners for glyphs only', 'Auf\u200clage f\u200di', ['auflage', 'fi']],
  ['joiners of emoji', '👨\u200d👩 a\u200d❤', ['a']],
  ['marks without letters', 'one \u0301 two \u0308\u0301 \u20e3three -\u0301', ['one', 'two', 'three']],
  ['middle dots', 'col·lecció coŀlecció a· ·b', ['col·lecció', 'col·lecció', 'a', 'b']],
  ['middle dots of lists', '국어·수학 ジョン·スミス 约·翰', ['국어', '수학', 'ジョン', 'スミス', '约', '翰']],
  ['hyphenation points', 'dic‧tion', ['dic‧tion']],
  ['gershayim', 'צה״ל צה"ל "שלום" שלום"', ['צה״ל', 'צה"ל', 'שלום', 'שלום']],
  ['geresh', "ג׳ירפה ד׳ רח' ג'ירפה", ['ג׳ירפה', 'ד׳', "רח'", "ג'ירפה"]],
  ['quotations in Hebrew', "'שלום' ‘שלום’", ['שלום', 'שלום']],
  ['Armenian marks within words', 'ինչո՞ւ Ի՜նչ', ['ինչու', 'ինչ']],
  ['Arabic decimals', '٣٫١٤ ١٬٠٠٠', ['٣٫١٤', '١٬٠٠٠']],
  ['fractions', '½ cup', ['1⁄2', 'cup']],
  ['lines that make words longer', 'كـتـاب ـــ ﹷ هـَذا', ['كتاب', 'هَذا']],
  ['the dotted capital of Turkish', 'İstanbul I\u0307ki i\u200d\u0307\u0307 İ\u0301', ['istanbul', 'iki', 'i', 'í']],
  ['vowel signs', 'हिन्दी தமிழ் שָׁלוֹם العَرَبِيَّة', ['हिन्दी', 'தமிழ்', 'שָׁלוֹם', 'العَرَبِيَّة']],
];

/** Characters that are alike: from the first that is passed over to the next that is not. */
const ALIKE = new Map([
  [0x3410, 0x4db0], // Han
  [0x4e10, 0x9fe0], // Han
  [0xac10, 0xd790], // Hangul
  [0xd800, 0xe000], // halves of pairs
  [0xe010, 0xf8f0], // for private use
  [0x17010, 0x18cf0], // Tangut and Khitan
  [0x20000, 0x2f800], // Han, but for those that are normalised
  [0x2fa20, 0xe0000], // Han and nothing
]);

describe('the rule of words', () => {
  it.each(cases)('with %s', (_, text, words) => expect(splitWords(text)).toEqual(words));

  it('for each character: no selector and no lone mark in a word, and a word stays what it is', () => {
    const wrong: string[] = [];
    for (let code = 0x80; code < 0xe1000; code++) {
      code = ALIKE.get(code) ?? code;
      const character = String.fromCodePoint(code);
      const words = splitWords(`a${character}b ${character} ש${character}ש 3${character}4`);
      const again = splitWords(words.join(' '));
      if (words.some((word, i) => word !== again[i] || /\p{Variation_Selector}|^\p{M}/u.test(word))) {
        wrong.push(code.toString(16));
      }
    }
    expect(wrong).toEqual([]);
  });

  it('normalizes Latin text by itself as beside a character of another kind', () => {
    // U+200B stays as it is, and with it a text goes through all rules.
    const besideAnother = (text: string) => normalizeWords(`${text}\u200b`).slice(0, -1);
    for (let code = 0x80; code < 0x2400; code++) {
      const text = `Ab${String.fromCodePoint(code)}Cd`;
      if (normalizeWords(text) !== besideAnother(text)) expect(normalizeWords(text)).toBe(besideAnother(text));
    }
    const unit = fc.constantFrom(..."aZ9_ .,'-·’‘‐‑–“”…ÀßéİıſŉŐžµªº½×÷Ĳŀ€−»\u00ad\u00a0\u0301");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        expect(normalizeWords(text)).toBe(besideAnother(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same words for its own words', () => {
    const unit = fc.constantFrom(
      ...'aÀßeiİـ\u0307\u0301\u0308\ufe0f\u00ad\u200b\u200c\u200d\u2060·‧.\',’"״׳-‑_3٣٫½שׁקकक्ക്کیʼ한カー漢〆ℹ™ﬁ ՞',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const words = splitWords(text);
        expect(splitWords(words.join(' '))).toEqual(words);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives for what stands between white space what it gives for the whole: the word counter counts on it', () => {
    const unit = fc.constantFrom(...'aße\u0301\ufe0f\u00ad\u200c\u200d·.\'"״׳-3٫שክक्കΣσİ漢 \t\v');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        expect(text.split(/[\t-\r ]+/).flatMap(splitWords)).toEqual(splitWords(text));
      }),
      { numRuns: 1000 },
    );
  });
});
