import { describe, expect, it } from 'vitest';
import { characterWarning } from './text-characters.ts';

const utf8 = new TextEncoder();
const CHINESE = '我们喜欢苹果，也喜欢香蕉。这个国家的人民在春天里开始学习，他们说今天的天气是很好的。\n'.repeat(20);
const FRENCH = 'Les élèves préfèrent déjà la forêt, à côté de la rivière gelée, « très loin ».\n'.repeat(40);
const latin = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
const taken = (text: string, label: string) => new TextDecoder(label).decode(utf8.encode(text));
const RUSSIAN = 'Старый учитель читал новую книгу, а дети гуляли — «далеко».\n'.repeat(50);
const POLISH = 'Zażółć gęślą jaźń, ile cię trzeba cenić, ten tylko się dowie.\n'.repeat(50);
const GREEK = 'Καλημέρα σας, ο καιρός είναι πολύ καλός σήμερα στην Αθήνα.\n'.repeat(50);
const ARABIC = 'ذهب الأطفال إلى الحديقة في يوم جميل، وجلس الرجال تحت الشجرة\n'.repeat(50);
const JAPANESE =
  '今日は学校で会いました。国の会社が開発した新しい車が来る。図書館の長い時間、問題を発見する。\n'.repeat(50);
/** "我们喜欢苹果" and more in GBK, by Python: '…'.encode('gbk').decode('latin1') */
const GBK = 'ÎÒÃÇÏ²»¶Æ»¹û£¬Ò²Ï²»¶Ïã½¶¡£½ñÌìµÄÌìÆøÊÇºÜºÃµÄ¡£\n'.repeat(20);
const traditional = (text: string) =>
  text.replace(/[们这个国开学习说气]/g, (character) => '們這個國開學習說氣'['们这个国开学习说气'.indexOf(character)]);

describe('characters that were read wrong', () => {
  it.each([
    ['Chinese in UTF-8 as Latin-1', latin(utf8.encode(CHINESE)), 'taken for Latin-1 or windows-1252'],
    ['French in UTF-8 as Latin-1', latin(utf8.encode(FRENCH)), 'taken for Latin-1 or windows-1252'],
    ['as windows-1252', 'OÃ¹ est passÃ© cet Ã©tÃ©â€¦ dÃ©jÃ\xa0 â€œvuâ€\x9d. '.repeat(20), 'windows-1252'],
    ['Chinese in GBK as Latin-1', GBK, 'it is GBK that was taken for Latin-1'],
    ['Chinese in UTF-8 as GBK', taken(CHINESE, 'gbk'), 'taken for GBK'],
    ['Russian as windows-1251', taken(RUSSIAN, 'windows-1251'), 'taken for windows-1251'],
    ['Russian as CP866', taken(RUSSIAN, 'ibm866'), 'taken for CP866'],
    ['Russian as KOI8-R', taken(RUSSIAN, 'koi8-r'), 'taken for KOI8-R'],
    ['Polish as windows-1250', taken(POLISH, 'windows-1250'), 'taken for windows-1250'],
    ['Greek as windows-1253', taken(GREEK, 'windows-1253'), 'taken for windows-1253'],
    ['Arabic as windows-1256', taken(ARABIC, 'windows-1256'), 'taken for windows-1256'],
    ['French as Mac Roman', taken(FRENCH, 'macintosh'), 'taken for Mac Roman'],
    ['Japanese in UTF-8 as Shift_JIS', taken(JAPANESE, 'shift_jis'), 'taken for Shift_JIS'],
    ['replaced characters as EUC-KR', '오늘은 占쏙옙 좋다\n'.repeat(60), 'characters that were lost'],
    ['replaced characters', 'a caf\ufffd and a na\ufffdve word\n'.repeat(40), 'characters that were lost'],
    ['those as GBK', '今天锟斤拷很好\n'.repeat(60), 'characters that were lost'],
  ])('are told: %s', (_, text, part) =>
    expect(characterWarning(text)).toMatchObject({ code: 'encoding', message: expect.stringContaining(part) }),
  );

  it('are told of: simplified and traditional Chinese', () => {
    const mixed = `${CHINESE}${traditional(CHINESE)}`;
    expect(characterWarning(mixed)).toMatchObject({ code: 'scripts', message: expect.stringContaining('opencc') });
  });

  it.each([
    ['English', 'The cat sat on the mat — “no dog” was there.\n'.repeat(100)],
    ['French', FRENCH],
    ['German', 'Über größere Bäume führt ein schöner, müder Weg für Füße.\n'.repeat(50)],
    ['Portuguese', 'A ação não começou às três; então é pão — «não», à noite.\n'.repeat(50)],
    ['Vietnamese', 'Tôi thích ăn táo, còn bạn thì không thích đâu nhé.\n'.repeat(50)],
    ['Icelandic', 'Það þýðir að æðið í öðrum sé á þá leið.\n'.repeat(50)],
    ['simplified Chinese', CHINESE],
    ['traditional Chinese', traditional(CHINESE)],
    ['a few names in the other script', `${CHINESE.repeat(10)}${'臺灣大學說\n'.repeat(20)}`],
    ['Japanese', JAPANESE],
    ['Russian', RUSSIAN],
    ['Polish', POLISH],
    ['Greek', GREEK],
    ['Arabic', ARABIC],
    ['Hebrew', 'הילדים הולכים לגן ביום יפה, והזקנים יושבים\n'.repeat(50)],
    ['Thai', 'เด็กๆ ไปเล่นที่สวนสาธารณะในวันที่อากาศดี\n'.repeat(50)],
    ['Korean', '오늘은 날씨가 아주 좋습니다\n'.repeat(50)],
    ['a few replaced characters', `${'The cat sat on the mat.\n'.repeat(2000)}${'caf\ufffd '.repeat(60)}`],
    ['nothing', ''],
  ])('are not: %s', (_, text) => expect(characterWarning(text)).toBeUndefined());
});
