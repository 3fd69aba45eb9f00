import { describe, expect, it } from 'vitest';
import { layoutWarning } from './text-layouts.ts';

const sentences = [
  'The cat sat on the mat.',
  'No dog was there, or so it seemed!',
  'A house = a home (for most of us).',
  'Prices: 3 apples, 4 pears.',
];
const many = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('\n');
const sentence = (i: number) => sentences[i % sentences.length];
const word = (i: number) => sentences.join(' ').split(/\W+/)[i % 20];
const time = (i: number, mark: string) => `00:${String(10 + (i % 50))}:07${mark}120`;

const conllu = many(12, (i) =>
  [
    `# sent_id = ${i}`,
    `# text = ${sentence(i)}`,
    ...Array.from({ length: 6 }, (_, j) =>
      [j + 1, word(i + j), word(i + j), 'NOUN', 'NN', '_', j, 'obj', '_', '_'].join('\t'),
    ),
    '',
  ].join('\n'),
);
const conll2003 = many(12, (i) =>
  [
    '-DOCSTART- -X- -X- O',
    '',
    ...Array.from(
      { length: 6 },
      (_, j) => `${word(i + j)} ${j % 2 ? 'NN' : 'VBZ'} B-NP ${['O', 'B-PER', 'I-PER', 'B-LOC'][j % 4]}`,
    ),
    '',
  ].join('\n'),
);
const tagged = many(80, (i) => (i % 9 === 8 ? '' : `${word(i)}\t${['NOUN', 'VERB', 'DET', 'ADP'][i % 4]}`));

describe('a layout that is no text', () => {
  it.each([
    ['CoNLL-U', conllu, 'table', 'holds one word and 9 columns'],
    ['CoNLL of 2003', conll2003, 'table', 'holds one word and 3 columns'],
    ['words and parts of speech', tagged, 'table', 'holds one word and 1 columns'],
    [
      'a vertical file',
      `<doc>\n${many(60, (i) => (i % 9 === 8 ? '</s>\n<s>' : `${word(i)}\t${['NN', 'VB', 'DT'][i % 3]}\t${word(i)}`))}`,
      'table',
      '2 columns',
    ],
    ['SRT', many(20, (i) => `${i + 1}\n${time(i, ',')} --> ${time(i + 1, ',')}\n${sentence(i)}\n`), 'subtitles', 'SRT'],
    [
      'WebVTT',
      `WEBVTT\n\n${many(20, (i) => `${time(i, '.')} --> ${time(i + 1, '.')} align:start\n${sentence(i)}\n`)}`,
      'subtitles',
      'WebVTT',
    ],
    ['SSA', many(20, (i) => `Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,${sentence(i)}`), 'subtitles', 'SSA'],
    ['MicroDVD', many(20, (i) => `{${i}}{${i + 9}}${sentence(i)}`), 'subtitles', 'MicroDVD'],
    ['LRC', many(20, (i) => `[00:${10 + i}.50]${sentence(i)}`), 'subtitles', 'LRC'],
    [
      'a mailbox',
      many(
        5,
        (i) =>
          `From me@example.org Mon Jan  1 00:00:00 2024\nFrom: me@example.org\nTo: you@example.org\nSubject: ${word(i)}\nMessage-ID: <${i}@example.org>\nDate: Mon, 1 Jan 2024\n\n${sentence(i)}\n`,
      ),
      'mail',
      'with its headers',
    ],
    ['base64', many(40, () => Buffer.from(sentences.join('\n')).toString('base64').slice(0, 76)), 'mail', 'base64'],
    [
      'quoted-printable',
      many(40, () => 'Der K=C3=A4se ist gr=C3=BCn und er liegt auf dem Tisch, auf dem er lag, =\nals er kam.'),
      'mail',
      'quoted-printable',
    ],
    [
      'LaTeX',
      many(
        30,
        (i) => `\\section{${word(i)}}\n${sentence(i)} \\cite{a${i}} \\begin{itemize}\\item ${word(i)}\\end{itemize}`,
      ),
      'markup',
      'LaTeX',
    ],
    [
      'a dump of a wiki',
      many(30, (i) => `== ${word(i)} ==\n'''The''' [[cat|cats]] {{cite web|url=x}} ${sentence(i)}`),
      'markup',
      'wiki',
    ],
    [
      'XML without a declaration',
      `<corpus>\n${many(30, (i) => `<seg id="${i}"><src>${sentence(i)}</src></seg>`)}`,
      'markup',
      'XML',
    ],
    ['CSV', `id,text,label\n${many(30, (i) => `${i},"${sentence(i)}",1`)}`, 'table', '"csv"'],
    ['TSV', `label\tsentence\n${many(30, (i) => `1\t${sentence(i)}`)}`, 'table', '"tsv"'],
    [
      'JSON over lines',
      JSON.stringify(
        sentences.map((text, id) => ({ id, text })),
        null,
        2,
      ),
      'records',
      '"jsonl"',
    ],
  ])('is told: %s', (_, text, code, part) => {
    for (const given of [text, text.replaceAll('\n', '\r\n')])
      expect(layoutWarning(given)).toMatchObject({ code, message: expect.stringContaining(part) });
  });
});

describe('text', () => {
  it.each([
    ['sentences', many(500, sentence)],
    ['one line', many(9000, sentence).replaceAll('\n', ' ')],
    ['nothing', ''],
    ['marks of prepared corpora', many(200, (i) => `<s> ${sentence(i)} <unk> </s>`)],
    ['headings and marks of WikiText', many(200, (i) => (i % 5 ? ` ${sentence(i)} @-@ <unk> ` : ` = ${word(i)} = `))],
    ['verse of equal length', many(200, (i) => `${word(i)} ${word(3 * i)} ${word(7 * i)} ${i % 2 ? '，' : '。'}`)],
    ['baskets', many(200, (i) => `${i % 7} ${i % 11} ${i % 13}`)],
    ['bases', many(200, (i) => Array.from({ length: 60 }, (_, j) => 'ACGT'[(i * j + i) % 4]).join(''))],
    ['pairs of words', many(200, (i) => `${word(i)} ${word(3 * i)}`)],
    ['a play', many(200, (i) => `HAMLET: ${sentence(i)}`)],
    [
      'a few times and a letter',
      `From: me\nSubject: it\n${many(200, (i) => (i % 20 ? sentence(i) : `At 00:10:${i} he came.`))}`,
    ],
    ['a sentence of a manual', many(200, (i) => (i % 40 ? sentence(i) : 'Write \\begin{document} first.'))],
  ])('gives no warning: %s', (_, text) => expect(layoutWarning(text)).toBeUndefined());

  it('of whatever kind is looked at without delay', () => {
    for (const piece of [
      '<',
      '<a ',
      '=3D',
      '[[',
      '{{',
      "'",
      '\\begin',
      'a,',
      '"a",',
      '+',
      '# ',
      '00:00:00,000 --> ',
      '\t',
      'id,',
    ])
      expect(() => layoutWarning(piece.repeat(300_000))).not.toThrow();
  });
});
