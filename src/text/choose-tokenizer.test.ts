import { describe, expect, it } from 'vitest';
import { chooseTokenizer, resolveTokenizer } from './choose-tokenizer.ts';

describe('chooseTokenizer', () => {
  const repeated = (text: string) => text.repeat(30);
  it.each([
    ['words', 'The cat sat on the mat, and it was happy. '],
    ['whitespace', 'the cat sat on the mat and it was happy '],
    ['chinese', '我喜欢苹果，也喜欢香蕉。\n'],
    ['whitespace', '我 喜欢 苹果 也 喜欢 香蕉\n'],
    ['ids', '22423 85123A 22086 84879\n'],
    ['words', 'Wir lieben Äpfel und Birnen. '],
    ['chinese', '我买了iPhone15ProMax比WindowsThinkPadX1Carbon更好version20FirmwareUpdate。2024\n'],
    ['chinese', '他们2024年在Besançon\n'],
    ['whitespace', 'แมว กิน ปลา ที่ ตลาด\n'],
    ['words', 'བོད་སྐད་ཡིག་གི་སློབ་གྲྭ།\n'],
    ['words', 'The Chinese word 苹果 means apple, and that is all there is to say of it here. '],
    ['words', 'I ❤️ this ✔️ so much ☀️ and more, dear friends! '],
    ['words', '나는 사과를 좋아한다. 그리고 배도 좋아한다. '],
    ['whitespace', 'con mèo của tôi thích ăn cá rán\n'],
    ['words', `con mèo của tôi thích ăn cá rán ${'cá rán'.normalize('NFD')}\n`],
    ['words', 'the cat ｓｅｅｓ a fish\n'],
    ['ids', 'SKU-1 SKU-2 B00X4WHP5E\n'],
  ])('takes %s for %j', (name, text) => {
    expect(chooseTokenizer(repeated(text)).name).toBe(name);
  });
});

describe('text without spaces', () => {
  it.each([
    ['th', 'แมวของฉันชอบกินปลาทอดที่ตลาด เด็กผู้ชายซื้อข้าวผัด3จาน\n'],
    ['lo', 'ຂ້ອຍມັກກິນເຂົ້າໜຽວແລະປາ\n'],
    ['km', 'ខ្ញុំចូលចិត្តញ៉ាំត្រីនិងបាយ\n'],
    ['my', 'ကျွန်တော်ငါးစားရတာကြိုက်တယ်။\n'],
    ['ja', 'わたしはきょうりんごをたべます。12\n'],
    ['ja', '東京の空は青いです。私は学生です。\n'],
    ['ja', 'iPhone15ProMaxを買いました。とてもいいです。\n'],
  ])('is cut by a segmenter for %s', (language, text) => {
    for (const count of [1, 30]) {
      const choice = chooseTokenizer(text.repeat(count));
      expect(choice).toMatchObject({ name: 'segmenter', language });
      expect(choice.reason).toMatch(/^\d+ % of the words are \w+, which is written without spaces$/);
    }
  });

  it('in a script that nothing cuts is told', () => {
    expect(chooseTokenizer('བོད་སྐད་ཡིག་གི་སློབ་གྲྭ།').reason).toMatch(/no segmenter is known for it: cut the text into words/);
  });
});

describe('resolveTokenizer', () => {
  const unread = () => Promise.reject(new Error('the text was read'));
  it('takes what is asked for, and the tokenizer of an option', async () => {
    expect(await resolveTokenizer('words', {}, unread)).toMatchObject({ name: 'words', reason: 'as asked' });
    expect(await resolveTokenizer('auto', { language: 'ja' }, unread)).toEqual({
      name: 'segmenter',
      language: 'ja',
      reason: '"language" is given',
    });
    expect((await resolveTokenizer('auto', { dictionary: '云计算' }, unread)).name).toBe('chinese');
    expect((await resolveTokenizer('auto', { separator: ',' }, unread)).name).toBe('ids');
    expect((await resolveTokenizer('auto', {}, async () => 'A text.')).name).toBe('words');
  });

  it('refuses an option of another tokenizer', async () => {
    await expect(resolveTokenizer('words', { language: 'ja' }, unread)).rejects.toThrow(
      'Cannot create the tokenizer: "language" is for the tokenizer "segmenter", not for "words"',
    );
    await expect(resolveTokenizer('auto', { language: 'ja', dictionary: 'a' }, unread)).rejects.toThrow(RangeError);
  });
});
