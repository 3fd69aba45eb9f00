/** An encoding by the name that people know, that of the Encoding standard, and characters that are frequent in its text. */
interface Encoding {
  readonly name: string;
  readonly label: string;
  /** What iconv is to be given, which also reads the characters that were added to it later. As `name` if omitted. */
  readonly iconv?: string;
  readonly frequent: string;
}

const KANA = 'のにはをたがでてとしれさいるなかこもらすつりあっそけ。、ーンスルイトリアクラ';
/** Some versions of Node read the quotes and dashes of windows-1252 as control characters. */
const LATIN = 'éèàêçüöäßñáíóúãåøæïîôëâùìòðþ¿¡«»“”‘’–—…\x91\x92\x93\x94\x96\x97\x85';
const CYRILLIC = 'оеаинтсрвлкмяі';
const GREEK = 'αοιετσνηυρπκΆ';
const ARABIC = 'اليمنتروبهعدسةقفكحجىأ';
const CENTRAL_EUROPEAN = 'ąćęłńśźżěščřžýáíéůúťďňőűóöüăâîşţđ';

const DOS = 'dos';

/** Characters that stand in most text of the languages that are written so. */
const ENCODINGS: readonly Encoding[] = [
  {
    name: 'GBK',
    label: 'gb18030',
    iconv: 'GB18030',
    frequent:
      '的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长，。、“”：；？！《》（）',
  },
  {
    name: 'BIG5',
    label: 'big5',
    iconv: 'BIG5-HKSCS',
    frequent:
      '的一是不了在人有我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長，。、「」：；？！《》（）',
  },
  { name: 'SHIFT_JIS', label: 'shift_jis', iconv: 'CP932', frequent: KANA },
  { name: 'EUC-JP', label: 'euc-jp', frequent: KANA },
  {
    name: 'EUC-KR',
    label: 'euc-kr',
    iconv: 'CP949',
    frequent: '이다는의에을를가은고하지로기사도한나리자서그어대시인것있일정',
  },
  { name: 'WINDOWS-1251', label: 'windows-1251', frequent: CYRILLIC },
  { name: 'KOI8-R', label: 'koi8-u', iconv: 'KOI8-U', frequent: CYRILLIC },
  { name: 'ISO-8859-5', label: 'iso-8859-5', frequent: CYRILLIC },
  { name: 'CP866', label: 'ibm866', frequent: CYRILLIC },
  { name: 'MAC-CYRILLIC', label: 'x-mac-cyrillic', frequent: CYRILLIC },
  { name: 'WINDOWS-1253', label: 'windows-1253', frequent: GREEK },
  { name: 'ISO-8859-7', label: 'iso-8859-7', frequent: GREEK },
  { name: 'WINDOWS-1252', label: 'windows-1252', frequent: LATIN },
  { name: 'WINDOWS-1250', label: 'windows-1250', frequent: CENTRAL_EUROPEAN },
  { name: 'ISO-8859-2', label: 'iso-8859-2', frequent: CENTRAL_EUROPEAN },
  { name: 'WINDOWS-1254', label: 'windows-1254', frequent: 'ışğçüöİŞ' },
  { name: 'WINDOWS-1255', label: 'windows-1255', frequent: 'יוהלאתמרבשנםדחעפקקןג' },
  { name: 'WINDOWS-1256', label: 'windows-1256', frequent: ARABIC },
  { name: 'ISO-8859-6', label: 'iso-8859-6', frequent: ARABIC },
  { name: 'WINDOWS-1257', label: 'windows-1257', frequent: 'ąčęėįšųūžāēģīķļņ' },
  { name: 'WINDOWS-1258', label: 'windows-1258', frequent: '\u0300\u0301\u0303\u0309\u0323ăâđêôơư' },
  { name: 'TIS-620', label: 'windows-874', frequent: 'านรกอเงมยลวดทสตะปบคหแจ่้็ั์ิีุู' },
  { name: 'MACINTOSH', label: 'macintosh', frequent: LATIN },
  { name: 'CP850', label: DOS, frequent: LATIN },
];

/** Letters of code page 850, and of 437, from byte 0x80 on. No TextDecoder reads them. */
const DOS_LETTERS = 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑ';

/** Bytes that stand for characters beyond ASCII in text of one byte a character, without the rare ones. */
const BYTES = 96;

/** As if so many letters were frequent. */
const LATIN_CHANCE = 24;

/** A guess needs so large a share of characters that are frequent in text of the encoding. */
const ENOUGH = 0.2;

/**
 * The encoding of text that is not UTF-8, by the name that people know and the one for iconv: the one in which the most of its characters are frequent
 * ones. `undefined` where none fits.
 */
export function guessEncoding(bytes: Uint8Array): { name: string; iconv: string } | undefined {
  let best: { name: string; iconv: string } | undefined;
  let most = ENOUGH;
  for (const { name, label, iconv = name, frequent } of ENCODINGS) {
    let text: string;
    try {
      text = label === DOS ? decodeDos(bytes) : new TextDecoder(label).decode(bytes);
    } catch {
      continue; // not every platform has all of them
    }
    const known = new Set(frequent);
    let [all, found] = [0, 0];
    for (const character of text) {
      if (character <= '\x7f') continue;
      all++;
      if (known.has(character)) found++;
    }
    // By chance a byte is one of them in so many cases; a pair of bytes hardly ever.
    // Letters of Latin script lie at the same places in many encodings, and the first of those that fit equally well is taken.
    const single = !/^(gb|big5|shift|euc)/.test(label);
    const chance = single ? (/\p{Script=Latin}/u.test(frequent) ? LATIN_CHANCE : frequent.length) / BYTES : 0;
    if (single && (mixesScripts(text) || lacksPlainLetters(text) || hasMarksInWords(text, all))) continue;
    const share = found / all - chance;
    if (share > most) {
      most = share;
      best = { name, iconv };
    }
  }
  return best;
}

function decodeDos(bytes: Uint8Array): string {
  const characters = Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd'));
  characters.splice(0x80, DOS_LETTERS.length, ...DOS_LETTERS);
  characters[0xe1] = 'ß';
  return Array.from(bytes, (byte) => characters[byte]).join('');
}

/** Whether more than a quarter of what is not ASCII stands within words and is no letter: it was one in truth. */
function hasMarksInWords(text: string, all: number): boolean {
  return 4 * (text.match(MARK_IN_WORD)?.length ?? 0) > all;
}

/** Without apostrophes, dashes and ellipses, which stand there, soft hyphens, and the middle dot of Catalan. */
const MARK_IN_WORD = /(?<=\p{L})[^\p{L}\p{M}\0-\x7f‘’´–—…·\xa0\xad\x85\x91\x92\x96\x97](?=\p{L})/gu;

/** Whether words mix Latin letters with those of another alphabet: no text does, the letters were others in truth. */
function mixesScripts(text: string): boolean {
  const words = text.match(MIXED_WORD) ?? [];
  return 4 * words.filter((word) => /[a-z]/i.test(word)).length > words.length;
}

const OTHER = String.raw`[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thai}]+`;
const MIXED_WORD = new RegExp(`${OTHER}[a-z]*|[a-z]+${OTHER}`, 'giu');

/** Whether most words of Latin letters that hold one beyond ASCII hold no other: they were those of another alphabet in truth. */
function lacksPlainLetters(text: string): boolean {
  const words = (text.match(/\p{Script=Latin}{3,}/gu) ?? []).filter((word) => /[^a-z]/i.test(word));
  return 2 * words.filter((word) => !/[a-z]/i.test(word)).length > words.length;
}
