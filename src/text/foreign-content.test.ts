import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenate } from './concatenate.ts';
import { compressionOf, foreignContent } from './foreign-content.ts';

const utf8 = new TextEncoder();

const tables = new Map<string, Map<string, number[]>>();

/** The bytes of each character of an encoding that can be read, but not written, here: made from the reader. */
function tableOf(label: string): Map<string, number[]> {
  const made = tables.get(label);
  if (made) return made;
  const decoder = new TextDecoder(label);
  const table = new Map<string, number[]>();
  const add = (...bytes: number[]) => {
    const character = decoder.decode(Uint8Array.from(bytes));
    if (character.length === 1 && character !== '\ufffd' && !table.has(character)) table.set(character, bytes);
  };
  for (let first = 0; first < 256; first++) add(first);
  for (let first = 0x81; first < 0xff; first++) for (let second = 0x40; second < 0xff; second++) add(first, second);
  tables.set(label, table);
  return table;
}

function encoded(text: string, label: string): Uint8Array {
  const table = tableOf(label);
  return Uint8Array.from([...text].flatMap((character) => table.get(character)!));
}

/** The byte of a character. Some versions of Node read windows-1252 as Latin-1, so its marks are told here. */
function single(character: string, label: string): number[] {
  const mark = label === 'windows-1252' ? '‘’“”•–—'.indexOf(character) : -1;
  if (mark >= 0) return [0x91 + mark];
  return character === '…' && label === 'windows-1252' ? [0x85] : [...encoded(character, label)];
}

const CHINESE = '春天来了，我们一起到公园里去看花。孩子们在草地上跑来跑去，老人坐在树下说话。今天的天气很好。';
/** Names for iconv that read more than the names that people know: 㐂 is none of GBK's, ① none of Shift_JIS's. */
const FOR_ICONV: Readonly<Record<string, string>> = {
  GBK: 'GB18030',
  BIG5: 'BIG5-HKSCS',
  SHIFT_JIS: 'CP932',
  'EUC-KR': 'CP949',
  'KOI8-R': 'KOI8-U',
};
const TEXTS: [string, string, string][] = [
  ['GBK', 'gbk', CHINESE],
  ['BIG5', 'big5', '春天來了，我們一起到公園裡去看花。孩子們在草地上跑來跑去，老人坐在樹下說話。今天的天氣很好。'],
  ['WINDOWS-1251', 'windows-1251', 'Старый учитель читал новую книгу, а дети гуляли возле реки. Погода была хорошей.'],
  ['KOI8-R', 'koi8-r', 'Старый учитель читал новую книгу, а дети гуляли возле реки. Погода была хорошей.'],
  [
    'WINDOWS-1252',
    'windows-1252',
    'Où est passé cet été ? Les élèves préfèrent déjà la forêt, à côté de la rivière gelée, très loin.',
  ],
  [
    'WINDOWS-1252',
    'windows-1252',
    'Über die Brücke führt ein schöner Weg, müde Füße, größere Bäume, ein kühler Wäldchen für später.',
  ],
  ['SHIFT_JIS', 'shift_jis', '春になりました。子どもたちは公園で遊んでいます。今日はとてもいい天気です。'],
  ['KOI8-R', 'koi8-u', 'Реве та стогне Дніпр широкий, сердитий вітер завива, додолу верби гне високі'],
  ['ISO-8859-5', 'iso-8859-5', 'Аз съм българче и силна майка мене е родила, с хубости, блага обилна'],
  ['CP866', 'ibm866', 'Старый учитель читал новую книгу, а дети гуляли возле реки. Погода была хорошей.'],
  ['MAC-CYRILLIC', 'x-mac-cyrillic', 'Старая Мария читала новую книгу, а дети гуляли. Погода была хорошая.'],
  [
    'EUC-KR',
    'euc-kr',
    '오늘은 날씨가 아주 좋습니다. 아이들은 공원에서 놀고 있고 나이가 많은 사람들은 나무 아래에 앉아 있다.',
  ],
];

describe('foreignContent', () => {
  it.each(TEXTS)('tells %s by its characters', (name, label, text) => {
    const found = foreignContent(encoded(`${text}\n`.repeat(20), label));
    expect(found?.what).toMatch(new RegExp(`^it is not UTF-8 but probably ${name} \\(\\d+ malformed`));
    expect(found?.help).toBe(`convert it to UTF-8 first: iconv -f ${FOR_ICONV[name] ?? name} -t UTF-8`);
    expect(foreignContent(utf8.encode(text))).toBeUndefined();
  });

  it.each([
    [
      'WINDOWS-1252',
      'windows-1252',
      'It’s a “plain” sentence — with quotes of a word processor… and no letter beyond ASCII.',
    ],
    ['MACINTOSH', 'macintosh', '“Déjà vu” — the café’s élève'],
    ['WINDOWS-1253', 'windows-1253', 'Καλημέρα σας, ο καιρός είναι πολύ καλός σήμερα στην Αθήνα'],
    ['WINDOWS-1250', 'windows-1250', 'Příliš žluťoučký kůň úpěl ďábelské ódy, říká se tomu'],
    ['ISO-8859-7', 'iso-8859-7', 'Άνθρωποι και Άγγελοι, ο καιρός είναι πολύ καλός στην Αθήνα'],
    ['WINDOWS-1250', 'windows-1250', 'Zażółć gęślą jaźń, ile cię trzeba cenić, ten tylko się dowie'],
    ['ISO-8859-2', 'iso-8859-2', 'Zażółć gęślą jaźń, ile cię trzeba cenić, ten tylko się dowie'],
    ['ISO-8859-2', 'iso-8859-2', 'Příliš žluťoučký kůň úpěl ďábelské ódy, říká se tomu'],
    ['WINDOWS-1250', 'windows-1250', 'Ana are mere şi pere, ţara în această după-amiază, când vântul bate'],
    ['WINDOWS-1257', 'windows-1257', 'Lietuva, tėvyne mūsų, tu didvyrių žeme, iš praeities tavo sūnūs'],
    [
      'WINDOWS-1258',
      'windows-1258',
      'Tôi thi\u0301ch ăn ta\u0301o, co\u0300n ba\u0323n thi\u0300 không thi\u0301ch đâu',
    ],
    ['WINDOWS-1252', 'windows-1252', 'Perché no? Così è più bello, però là c’è già la città'],
    ['ISO-8859-6', 'iso-8859-6', 'ذهب الأطفال إلى الحديقة في يوم جميل، وجلس الرجال تحت الشجرة'],
    ['WINDOWS-1255', 'windows-1255', 'הילדים הולכים לגן ביום יפה, והזקנים יושבים מתחת לעץ ומדברים'],
    ['WINDOWS-1256', 'windows-1256', 'ذهب الأطفال إلى الحديقة في يوم جميل، وجلس الرجال تحت الشجرة'],
    ['TIS-620', 'windows-874', 'เด็กๆ ไปเล่นที่สวนสาธารณะในวันที่อากาศดี และคนแก่นั่งคุยกันใต้ต้นไม้'],
    ['WINDOWS-1254', 'windows-1254', 'Ağaçların altında ışıklı bir gözlük ve şişe duruyor'],
  ])('tells %s by its marks and by the words around', (name, label, text) => {
    const bytes = Uint8Array.from([...text].flatMap((character) => single(character, label)));
    expect(foreignContent(concatenate(Array(50).fill(Uint8Array.from([...bytes, 10]))))?.help).toContain(`-f ${name} `);
  });

  it('does not take Latin text in UTF-8 and Latin-1 for Greek', () => {
    const latin = [...'a café déjà vu naïve word\n'].map((character) => character.charCodeAt(0));
    const mixed = [...utf8.encode('a café déjà vu naïve word\n'), ...latin, ...latin, ...latin];
    const bytes = Uint8Array.from(Array(5).fill(mixed).flat());
    expect(foreignContent(bytes)?.help).toBe('convert it to UTF-8 first: iconv -f WINDOWS-1252 -t UTF-8');
  });

  it('tells the code page of DOS, whose ö is a quote of windows-1252', () => {
    // 'Die Möwe flog über größere Schiffe.'.encode('cp850') of Python
    const bytes = Buffer.from('Die M\x94we flog \x81ber gr\x94\xe1ere Schiffe.\n'.repeat(20), 'latin1');
    expect(foreignContent(bytes)?.help).toContain('-f CP850 ');
  });

  it('tells CESU-8', () => {
    const bytes = Buffer.from('a smile \xed\xa0\xbd\xed\xb8\x80 in the café\n'.repeat(20), 'latin1');
    expect(foreignContent(bytes)).toMatchObject({
      what: expect.stringMatching(/^it is CESU-8, not UTF-8 \(20 characters/),
      help: expect.stringContaining('uconv -f CESU-8'),
    });
  });

  it('names ISO-2022, RTF and documents of Office', () => {
    expect(foreignContent(utf8.encode('\x1b$B:#F|\x1b(B\n'))?.help).toContain('-f ISO-2022-JP');
    expect(foreignContent(utf8.encode('{\\rtf1 text}'))?.what).toBe('it is a document in RTF');
    expect(foreignContent(Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0))?.what).toContain('Office');
  });

  it('names encodings whose bytes are ASCII', () => {
    const line = (text: string) => utf8.encode(`${text}\n`.repeat(20));
    expect(foreignContent(line('\x1b$)A\x0eVPND\x0f'))?.help).toContain('-f ISO-2022-CN');
    expect(foreignContent(line('\x1b$)C\x0e0!\x0f'))?.help).toContain('-f ISO-2022-KR');
    expect(foreignContent(line('\x1b$(DB"'))?.help).toContain('-f ISO-2022-JP');
    expect(foreignContent(line('This ~{<:Ky2;~} is'))).toMatchObject({
      what: 'it is Chinese in HZ',
      help: expect.stringContaining('hz in Python'),
    });
    // "Käse, Grüße", "中文", and "a“b”" with its marks
    for (const text of ['K+AOQ-se, Gr+APwA3w-e', '+Ti1lhw-', 'a+IBw-b+IB0-'])
      expect(foreignContent(line(text))?.help, text).toContain('-f UTF-7');
  });

  it.each(['C++ and +1 or +49123456 and a+b', 'if (~{a}) {x += 1}', '+AGE-', 'log +foo +bar +base64', '~{ a note ~}'])(
    'takes none of those for text: %s',
    (text) => expect(foreignContent(utf8.encode(`${text}\n`.repeat(200)))).toBeUndefined(),
  );

  it('lets text pass that has mistakes', () => {
    const line = utf8.encode(
      'A plain sentence of many words, with naïve café here and there, goes on and on.\n'.repeat(100),
    );
    for (let at = 0; at < line.length; at += 700) line[at] = 0xff;
    expect(foreignContent(line)).toBeUndefined();
    expect(foreignContent(encoded('le café', 'windows-1252'))).toBeUndefined(); // too short to tell
  });

  it('names UTF-16 and UTF-32, with and without a byte order mark', () => {
    const russian = 'это русский текст, который был написан вчера\n'.repeat(5);
    for (const text of ['plain words\n', `${CHINESE}\n`.repeat(5), russian]) {
      const little = Buffer.from(text, 'utf16le');
      const big = Buffer.from(little).swap16();
      expect(foreignContent(little)?.what).toBe('it is UTF-16LE without a byte order mark');
      expect(foreignContent(big)?.what).toBe('it is UTF-16BE without a byte order mark');
      expect(foreignContent(Buffer.concat([Buffer.from([0xff, 0xfe]), little]))?.what).toBe('it is UTF-16');
    }
    for (const text of ['plain words\n', CHINESE, russian]) {
      const little = Buffer.from(Uint32Array.from(text, (character) => character.codePointAt(0)!).buffer);
      expect(foreignContent(little)?.what).toBe('it is UTF-32LE without a byte order mark');
      expect(foreignContent(Buffer.from(little).swap32())?.what).toBe('it is UTF-32BE without a byte order mark');
    }
    expect(foreignContent(Uint8Array.of(0xff, 0xfe, 0, 0, 97, 0, 0, 0))?.what).toBe('it is UTF-32');
    for (const text of ['hello\0world', `${CHINESE}\0${CHINESE}`, `${'plain words\n'.repeat(50)}\0`])
      expect(foreignContent(utf8.encode(text))?.what).toMatch(/^it is not text, byte \d+ is 0$/);
    expect(foreignContent(Uint8Array.of(97, 98, 0, 1))?.what).toBe('it is not text, byte 2 is 0');
  });

  it.each<[string, RegExp, RegExp]>([
    ['BZh91AY&SY…', /bzip2.*/, /bunzip2/],
    ['PK\x03\x04\x14', /zip archive/, /unpack/],
    [`${'corpus.txt'.padEnd(257, '\0')}ustar\x0000`, /tar archive/, /tar -xf/],
    ['Rar!\x1a\x07\x01', /rar archive/, /unpack/],
    ['%PDF-1.7 …', /PDF/, /pdftotext/],
    ['%!PS-Adobe-3.0 …', /PostScript/, /ps2ascii/],
    ['WARC/1.0\r\nWARC-Type: conversion', /WARC/, /warcio/],
    ['!<arch>\na.txt/', /ar archive/, /ar x/],
    ['Obj\x01\x04', /Avro/, /JSON lines/],
    ['<!DOCTYPE html>\n<html><body>404</body></html>', /web page/, /take the text out/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', /Git LFS/, /git lfs pull/],
    ['3 2\nred 0.1 -0.25\nblue .5 1e-3\ngreen 1.5 0\n', /a model as text, vectors of 2 numbers/, /the text that/],
    [`the ${'0.25 '.repeat(50).trim()}\n`.repeat(4), /vectors of 50 numbers/, /the text that/],
  ])('names text no. %#', (text, what, help) => {
    const found = foreignContent(utf8.encode(text));
    expect(found?.what).toMatch(what);
    expect(found?.help).toMatch(help);
  });

  it('names what has numbers for its first bytes', () => {
    const bytes = (...list: number[]) => Uint8Array.from([...list, ...new Array(20).fill(1)]);
    expect(foreignContent(bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0))?.what).toMatch(/xz/);
    expect(foreignContent(bytes(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c))?.what).toMatch(/7z/);
    const binary = Buffer.concat([
      Buffer.from('2 3\nred '),
      Buffer.from(Float32Array.of(0.1, 0.2, 0.3).buffer),
      Buffer.alloc(9),
    ]);
    expect(foreignContent(binary)?.what).toMatch(/word2vec's binary form/);
  });

  it('takes lists of ids, tables of numbers and short text for text', () => {
    const texts = [
      '12 45 3\n7 9 1\n3 3 3\n4 5 6\n8 8 8\n',
      '3 2\na b c\n',
      'ustar\n',
      'BZh is a word\n',
      'a 1.5\nb 2.5\nc 3.5\nd 4\n',
      '',
    ];
    for (const text of texts) expect(foreignContent(utf8.encode(text)), text).toBeUndefined();
  });

  it('names Arrow, Feather and what is full of control characters', () => {
    expect(foreignContent(utf8.encode('ARROW1\0\0'))?.what).toBe('it is an Arrow file');
    expect(foreignContent(utf8.encode('FEA1\x01'))?.what).toBe('it is a Feather file');
    expect(foreignContent(utf8.encode('a\x01bc\x02'.repeat(20)))?.what).toContain(
      '40 of its first 100 bytes are control',
    );
    expect(
      foreignContent(utf8.encode(`${'a plain line of a few words\n'.repeat(40)}${'\x01'.repeat(25)}`)),
    ).toBeUndefined();
  });

  it('takes any text without NUL for text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        fc.pre(!text.includes('\0'));
        expect(foreignContent(utf8.encode(` ${text}`))).toBeUndefined();
      }),
    );
  });
});

it('compressionOf knows gzip and zstd', () => {
  expect(compressionOf(Uint8Array.of(0x1f, 0x8b, 8, 0))).toBe('gzip');
  expect(compressionOf(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4))).toBe('zstd');
  expect(compressionOf(Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 4))).toBe('zstd');
  expect(compressionOf(utf8.encode('plain'))).toBeUndefined();
  expect(compressionOf(new Uint8Array(0))).toBeUndefined();
});
