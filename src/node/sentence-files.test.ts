import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/command.ts';
import { readRetrievalTask, readSentencePairs, readWordWeights } from './sentence-files.ts';

const folder = temporaryFolder();
function write(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('readSentencePairs', () => {
  const expected = [
    { first: 'a 5" disk', second: 'the "disk', score: 4.5 },
    { first: 'one', second: 'two', score: 0 },
  ];

  it.each([
    [
      'sts-dev.csv',
      'main-news\tMSRvid\t2012test\t1\t4.5\ta 5" disk\tthe "disk\nmain-news\tx\t2012test\t2\t0\tone\ttwo\textra\n',
    ],
    ['year.tsv', 'main-news\tMSRvid\t2012\t1\t4.5\ta 5" disk\tthe "disk\nmain-news\tx\t2012\t2\t0\tone\ttwo\n'],
    [
      'glue.tsv',
      'index\tgenre\tsentence1\tsentence2\tscore\r\n0\tn\ta 5" disk\tthe "disk\t4.5\r\n1\tn\tone\ttwo\t0\r\n',
    ],
    ['order.csv', '\ufeffscore,id,Sentence_B,genre,Sentence A\n4.5,1,"the ""disk",n,"a 5"" disk"\n0,2,two,n,one\n'],
    [
      'sick.txt',
      'pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n1\ta 5" disk\tthe "disk\t4.5\tNEUTRAL\n2\tone\ttwo\t0\tNEUTRAL\n',
    ],
    ['plain.tsv', 'a 5" disk\tthe "disk\t4.5\none\ttwo\t0\n\n'],
    ['excel.csv', 'sentence1;sentence2;score\r\n"a 5"" disk";"the ""disk";4.5\r\none;two;0\r\n'],
    ['told.csv', '\ufeffsep=;\r\nsentence1;sentence2;score\r\n"a 5"" disk";"the ""disk";4.5\r\none;two;0\r\n'],
    [
      'hub.jsonl',
      '{"score":4.5,"sentence1":"a 5\\" disk","sentence2":"the \\"disk"}\n{"sentence1":"one","sentence2":"two","score":0}\n',
    ],
  ])('reads %s', async (name, text) => {
    expect(await readSentencePairs(write(name, text))).toEqual(expected);
  });

  it('takes no count of the rows for the score', async () => {
    const rows = ['a b,c d,4', 'e f,g h,2.5', 'i j,k l,1'].map((row, at) => `${row},${at + 7}\n`);
    expect((await readSentencePairs(write('ids.csv', rows.join('')))).map(({ score }) => score)).toEqual([4, 2.5, 1]);
  });

  it('names an array of JSON', async () => {
    const path = write('array.json', '[\n{"sentence1":"one","sentence2":"two","score":0}]');
    await expect(readSentencePairs(path)).rejects.toThrow("jq -c '.[]'");
  });

  it('refuses a score that lacks in a short file by its row', async () => {
    const path = write('short.tsv', 'a b\tc d\t4\ne f\tg h\t\ni j\tk l\t1\n');
    await expect(readSentencePairs(path)).rejects.toThrow('row 2 has no number in column 3');
  });

  it('refuses a score that is no decimal number, by its row', async () => {
    const rows = Array.from({ length: 20 }, (_, at) => `a b\tc d\t${at % 5}\n`).join('');
    for (const score of ['nan', '0x10', 'Infinity', '4,5'])
      await expect(readSentencePairs(write('bad.tsv', `${rows}a b\tc d\t${score}\n`))).rejects.toThrow(
        'row 21 has no number in column 3',
      );
  });

  it('refuses a first row whose score lacks: it is no header', async () => {
    for (const score of ['', 'NaN', 'n/a', '4,5', '-'])
      await expect(
        readSentencePairs(write('first.tsv', `${score}\ta b\tc d\n3\te f\tg h\n1\ti j\tk l\n`)),
      ).rejects.toThrow('row 1 has no number in column 1');
    const named = await readSentencePairs(write('named.tsv', 'gold\tfrom\tto\n3\te f\tg h\n1\ti j\tk l\n'));
    expect(named.map(({ score }) => score)).toEqual([3, 1]);
  });

  it('takes no number beside a score that lacks', async () => {
    const row = (id: number, score: string) => `main\tf\ty\t${id}\t${score}\ta b c\td e\n`;
    const rows = [row(1, '2.5'), row(2, 'x'), row(3, '4')].join('');
    await expect(readSentencePairs(write('lacks.tsv', rows))).rejects.toThrow('row 2 has no number in column 5');
  });

  it('takes null for no sentence', async () => {
    const records = [
      { sentence1: 'a', sentence2: 'b', score: 1 },
      { sentence1: 'c', sentence2: null, score: 2 },
    ];
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await expect(readSentencePairs(write('null.jsonl', text))).rejects.toThrow('row 3 lacks a sentence');
  });

  it('names the file that cannot be read', async () => {
    await expect(readSentencePairs(write('open.csv', 'a,"b,4\nc,d,5\n'))).rejects.toThrow(
      `Cannot read "${join(folder, 'open.csv')}": a quote begins a cell in line 1, and it is not closed`,
    );
    await expect(readSentencePairs(write('gap.tsv', `${'a b\tc d\t4\n'.repeat(150)}a b\tc d\t\n`))).rejects.toThrow(
      'row 151 has no number in column 3',
    );
    await expect(readSentencePairs(write('names.tsv', 'sentence1\tsentence2\tscore\n'))).rejects.toThrow(
      'needs two columns',
    );
  });
});

describe('readRetrievalTask', () => {
  const make = (name: string, ...judgements: string[]) => {
    write(
      `${name}/corpus.jsonl`,
      '\ufeff{"_id":9007199254740993,"title":"","text":"one"}\n{"_id":"d2","text":"two"}\n',
    );
    write(`${name}/queries.jsonl`, '{"_id":"q1","text":"one"}\r\n');
    for (const path of judgements)
      write(`${name}/${path}`, '\ufeffquery-id\tcorpus-id\tscore\r\nq1\t9007199254740993\t1\r\n');
    return join(folder, name);
  };

  it('takes qrels.tsv, the test, or the only split', async () => {
    for (const [name, files, taken] of [
      ['a', ['qrels/train.tsv', 'qrels/test.tsv'], 'qrels/test.tsv'],
      ['b', ['qrels.tsv'], 'qrels.tsv'],
      ['c', ['qrels/dev.tsv'], 'qrels/dev.tsv'],
    ] as const) {
      const { task, judgements } = await readRetrievalTask(make(name, ...files));
      expect(judgements).toBe(taken);
      expect(task.relevant).toEqual(new Map([['q1', new Map([['9007199254740993', 1]])]]));
      expect(task.documents.map(({ id }) => id)).toEqual(['9007199254740993', 'd2']);
    }
  });

  it('asks which of several splits', async () => {
    const path = make('d', 'qrels/dev.tsv', 'qrels/train.tsv');
    await expect(readRetrievalTask(path)).rejects.toThrow(
      'it holds the splits dev.tsv, train.tsv, and none is called test.tsv',
    );
    expect((await readRetrievalTask(join(path, 'qrels/dev.tsv'))).judgements).toBe('qrels/dev.tsv');
    expect((await readRetrievalTask(`${make('e', 'own.tsv')}/own.tsv`)).judgements).toBe('own.tsv');
  });

  it('takes compressed files, and tells what is judged and not there', async () => {
    const path = make('packed', 'qrels.tsv');
    write('packed/qrels.tsv', 'q1\td2\t1\nq1\td3\t1\nq7\td2\t1\n');
    const corpus = join(path, 'corpus.jsonl');
    writeFileSync(`${corpus}.gz`, gzipSync(readFileSync(corpus)));
    rmSync(corpus);
    const { task, notes } = await readRetrievalTask(path);
    expect(task.documents).toHaveLength(2);
    expect(notes).toEqual([
      '1 of 2 judged queries is not in queries.jsonl, and is left out',
      '1 of 2 documents that answer a query is not in corpus.jsonl, and counts as not found',
    ]);
    expect((await readRetrievalTask(make('whole', 'qrels.tsv'))).notes).toEqual([]);
  });

  it('refuses judgements that differ, and a first line without a score', async () => {
    const path = make('judged', 'qrels.tsv');
    write('judged/qrels.tsv', 'q1\td2\t1\nq1\td2\t2\n');
    await expect(readRetrievalTask(path)).rejects.toThrow(
      'line 2 judges document "d2" for query "q1" by 2, an earlier',
    );
    write('judged/qrels.tsv', 'q1\td2\tNaN\nq1\td2\t2\n');
    await expect(readRetrievalTask(path)).rejects.toThrow('line 1 must be query, document, score');
  });

  it('says what is missing or wrong', async () => {
    await expect(readRetrievalTask(make('f'))).rejects.toThrow('qrels/test.tsv is missing');
    await expect(readRetrievalTask(join(folder, 'nowhere'))).rejects.toThrow(
      'corpus.jsonl, queries.jsonl, qrels/test.tsv is missing',
    );
    const path = make('g', 'qrels.tsv');
    write('g/qrels.tsv', 'q7\td2\t1\n');
    await expect(readRetrievalTask(path)).rejects.toThrow(
      `none of the 1 queries that are judged, such as "q7", is in "${join(folder, 'g/queries.jsonl')}"`,
    );
    write('g/qrels.tsv', 'q1\td2\n');
    await expect(readRetrievalTask(path)).rejects.toThrow(
      `Cannot read "${join(folder, 'g/qrels.tsv')}": line 1 must be query, document, score`,
    );
    write('g/corpus.jsonl', '{"_id":"d1","text":"a"}\n\n{"_id":\n');
    write('g/qrels.tsv', 'q1\td2\t1\n');
    await expect(readRetrievalTask(path)).rejects.toThrow(
      `Cannot read "${join(folder, 'g/corpus.jsonl')}": line 3 is not JSON`,
    );
  });
});

it('readWordWeights reads words and weights', async () => {
  const weights = await readWordWeights(write('weights.txt', '\ufeffapple 0.5\r\n\r\n# 2\n'));
  expect(['apple', '#', 'pear'].map(weights)).toEqual([0.5, 2, 1]);
  for (const [text, message] of [
    ['a 1\nb\n', 'line 2 must be a word and its weight'],
    ['a -1\n', 'line 1 must be'],
    ['a 1\na 2\n', 'line 2 has the word "a" again'],
  ])
    await expect(readWordWeights(write('wrong.txt', text))).rejects.toThrow(message);
});
