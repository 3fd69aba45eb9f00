import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type CommandResult, mayBeSkipped, temporaryFolder, wordkin, wordkinEach, wordkinHere } from './command.ts';

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
function file(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

const sentences = `${Array.from({ length: 400 }, (_, i) => ['The cat sat on the mat.', 'A dog ran in the park!', 'Cats and dogs eat food.'][i % 3]).join('\n')}\n`;
const corpus = file('corpus.txt', sentences);
const quick = ['--dimensions', '8', '--epochs', '2', '--min-count', '1', '--threads', '1'];
const trained = path('trained.safetensors');
const tutorial = file('tutorial.txt', '3 3\n我 0.2 0.3 0.5\n喜欢 0.4 0.1 0.8\n苹果 0.6 0.7 0.9\n');
const pair = file('pair.txt', '2 3\na 0.3 0.7 0.5\nb 0.4 0.6 0.9\n');

/** A failure that says so in one sentence on stderr, nothing on stdout, and no stack trace. */
const fails = async (args: string[], sentence: string | RegExp) =>
  expectFailure(await wordkinHere(args), args, sentence);

async function failEach(cases: readonly [args: string[], sentence: string | RegExp][]) {
  const results = await wordkinEach(cases.map(([args]) => args));
  for (const [i, [args, sentence]] of cases.entries()) expectFailure(results[i], args, sentence);
}

function expectFailure({ code, stdout, stderr }: CommandResult, args: string[], sentence: string | RegExp) {
  const command = args.join(' ');
  expect(stderr.trimEnd().split('\n').at(-1), command).toMatch(sentence);
  expect(stderr, command).not.toMatch(/\n\s+at /);
  expect(stdout, command).toBe('');
  expect(code, command).toBeGreaterThan(0);
}

describe('wordkin train', () => {
  it('trains, prints the resolved options, and one JSON value with --json', async () => {
    const { code, stdout, stderr } = await wordkin([
      ...['train', corpus, '--output', trained, ...quick, '--threads', '2', '--json'],
    ]);
    expect(code).toBe(0);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({
      type: 'options',
      threads: 2,
      options: { dimensions: 8, window: 5, negative: 5, learningRate: 0.025 },
    });
    expect(events[1]).toMatchObject({ type: 'tokenizer', tokenizer: { name: 'words' } });
    expect(JSON.parse(stdout)).toMatchObject({ words: 15, dimensions: 8, stopped: false, share: 1, sentences: 400 });
    expect(JSON.parse(stdout).epochLosses).toHaveLength(2);
  });

  it('trains by each algorithm with each loss in two threads', async () => {
    const choices = [
      ['cbow', 'negative-sampling'],
      ['cbow', 'hierarchical-softmax'],
      ['skip-gram', 'hierarchical-softmax'],
      ['skip-gram', 'softmax'],
    ].map(([algorithm, loss]) => ({ algorithm, loss, output: path(`${algorithm}-${loss}.safetensors`) }));
    const results = await wordkinEach(
      choices.flatMap(({ algorithm, loss, output }) => [
        ['train', corpus, '--output', output, ...quick, '--algorithm', algorithm, '--loss', loss, '--threads', '2'],
        ['info', output, '--json'],
      ]),
    );
    for (const [i, { algorithm, loss }] of choices.entries()) {
      const [training, info] = results.slice(2 * i);
      expect(training.code, training.stderr).toBe(0);
      expect(JSON.parse(info.stdout)).toMatchObject({ words: 15, training: { options: { algorithm, loss } } });
    }
  });

  it('names the algorithm that was meant', async () => {
    await fails(['train', corpus, '--output', path('x.bin'), '--algorithm', 'cbwo'], /did you mean "cbow"|cbow/i);
  });

  it('prints no progress where stderr is no terminal', async () => {
    const command = ['train', corpus, '--output', path('quiet.safetensors'), ...quick];
    const [{ stderr, stdout }, quiet] = await wordkinEach([command, [...command, '--quiet']]);
    expect(stderr).not.toContain('\r');
    expect(stderr).toContain('tokenizer words: text with capitals or punctuation');
    expect(stdout).toMatch(/quiet\.safetensors: 15 words × 8 dimensions/);
    expect(quiet.stderr).toBe('');
  });

  it('tells where an ending names no format, and what a model that is continued would lose', async () => {
    const output = path('odd.vectors');
    const again = ['train', corpus, '--output', path('again.safetensors'), '--continue', output, ...quick];
    const words = path('some-words.txt');
    writeFileSync(words, 'the 5\n');
    const [{ stderr }, ...refused] = await wordkinEach([
      ['train', corpus, '--output', output, ...quick],
      [...again, '--max-vocabulary', '3'],
      [...again, '--read-vocabulary', words],
    ]);
    expect(stderr).toContain('odd.vectors is written as safetensors: its ending names no format');
    for (const [i, flag] of ['--max-vocabulary', '--read-vocabulary'].entries())
      expectFailure(refused[i], [flag], `${flag} is not for a training that keeps the words`);
  });

  it('reads files, folders, globs, .gz, JSON lines, CSV, TSV and stdin alike', async () => {
    mkdirSync(path('texts/deep'), { recursive: true });
    const lines = sentences.trimEnd().split('\n');
    file('texts/a.txt', `${lines.slice(0, 100).join('\n')}\n`);
    file('texts/deep/b.txt', lines.slice(100).join('\n'));
    file('corpus.txt.gz', Buffer.concat([gzipSync(sentences.slice(0, 1000)), gzipSync(sentences.slice(1000))]));
    file('corpus.jsonl', lines.map((text) => JSON.stringify({ body: { text } })).join('\n'));
    file('corpus.csv', `id,comment\n${lines.map((text, i) => `${i},"${text}"`).join('\r\n')}\r\n`);
    file('corpus.tsv', lines.map((text, i) => `${i}\t${text}`).join('\n'));
    const more = [
      '--output',
      path('same.safetensors'),
      ...quick,
      '--json',
      '--tokenizer',
      'words',
      '--save-vocabulary',
    ];
    const vocabularyOf = (number: number) => path(`vocabulary-${number}.txt`);
    const inputs = [
      [corpus],
      [path('texts')],
      [path('texts/**/*.txt')],
      [path('corpus.txt.gz')],
      [path('corpus.jsonl'), '--field', 'body.text'],
      [path('corpus.csv'), '--field', 'comment'],
      [path('corpus.tsv'), '--field', '2'],
      // The counts of one run are the vocabulary of the next.
      [corpus, '--read-vocabulary', file('given.txt', 'dog 7\nfood 3\n')],
      ['-'],
    ];
    const commands = inputs.map((args, i) => ['train', ...args, ...more, vocabularyOf(i)]);
    const results = await wordkinEach(commands.slice(0, -1));
    results.push(await wordkin(commands.at(-1)!, { input: sentences }));
    const found = results.map(({ code, stdout, stderr }, i) => {
      expect(code, `${inputs[i].join(' ')}: ${stderr}`).toBe(0);
      const { sentences: count, corpusTokens } = JSON.parse(stdout);
      return { count, corpusTokens, vocabulary: readFileSync(vocabularyOf(i), 'utf8') };
    });
    expect(found[0]).toMatchObject({ count: 400, corpusTokens: 2267 });
    for (const [i, args] of inputs.entries()) {
      if (args.includes('--read-vocabulary')) expect(found[i]).toMatchObject({ vocabulary: 'dog 7\nfood 3\n' });
      else expect(found[i], args.join(' ')).toEqual(found[0]);
    }
  });

  it('keeps what Ctrl-C left and does not touch what was there', async () => {
    const output = file('interrupted.bin', 'something precious');
    let seen = '';
    const { code, stderr } = await wordkin(
      ['train', corpus, '--output', output, ...quick, '--epochs', '100000', '--json'],
      {
        onStart: (child) =>
          child.stderr!.on('data', (data) => {
            const before = seen.includes('"epoch"');
            seen += data;
            if (!before && seen.includes('"epoch"')) child.kill('SIGINT');
          }),
      },
    );
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /stopped at \d+ % of the training; the model so far is in .*interrupted\.partial\.bin, .*interrupted\.bin was not touched/,
    );
    expect(readFileSync(output, 'utf8')).toBe('something precious');
    expect(JSON.parse((await wordkinHere(['info', path('interrupted.partial.bin'), '--json'])).stdout)).toMatchObject({
      words: 15,
      dimensions: 8,
    });
  });

  it('says in one sentence what is wrong', async () => {
    const cases: [args: string[], sentence: string | RegExp][] = [];
    const fails = (args: string[], sentence: string | RegExp) => cases.push([args, sentence]);
    const output = ['--output', path('never.safetensors')];
    fails(['train', file('empty.txt', ''), ...output], 'wordkin: Cannot train: the text holds no words');
    fails(['train', path('missing.txt'), ...output], /Cannot read ".*missing\.txt": there is no such file or folder$/);
    fails(['train', path('no-*.txt'), ...output], /no-\*\.txt": no file matches$/);
    mkdirSync(path('bare'));
    fails(['train', path('bare'), ...output], /bare": the folder holds no files$/);
    fails(
      ['train', file('program.bin', Uint8Array.of(127, 69, 76, 70, 2, 1, 1, 0, 0)), ...output],
      /program\.bin": it is not text, byte 7 is 0; give text in UTF-8$/,
    );
    fails(
      ['train', file('cut.txt.gz', gzipSync(sentences).subarray(0, 60)), ...output],
      /cut\.txt\.gz": the compressed data ends early$/,
    );
    fails(
      ['train', file('fake.gz', 'plain'), ...output],
      /fake\.gz": the name ends in .gz, but it is no gzip file; name it otherwise if it is text$/,
    );
    fails(
      ['train', file('table.csv', 'id,comment\n1,hello\n'), ...output],
      /table\.csv": column "text" is not there, the first line has id, comment \(--(field|text) names the column(, or gives its number)?\)$/,
    );
    fails(
      ['train', corpus, ...output, '--min-count', '1000'],
      'none of 15 different words occurs 1000 times in 2267 tokens; lower --min-count or give more text',
    );
    fails(
      ['train', corpus, ...output, '--dimensions', '0'],
      "option '--dimensions <n>' argument '0' is invalid. It must be an integer from 1 to 4096, got 0;",
    );
    fails(
      ['train', corpus, ...output, '--dimensions', 'ten'],
      /--dimensions <n>' argument 'ten' is invalid\. "ten" is not a number; wordkin train --help tells what there is$/,
    );
    fails(['train', corpus, ...output, '--tokenizer', 'wrods'], /Did you mean words\?/);
    fails(['train', corpus, ...output, '--windw', '5'], /Did you mean --window\?/);
    fails(
      ['train', corpus],
      /required option '--output <model>' not specified; wordkin train --help tells what there is$/,
    );
    fails(['trian', corpus], /Did you mean train\?/);
    fails(
      ['train', corpus, '--output', path('no/such/folder.bin')],
      /Cannot write model ".*folder\.bin": there is no folder ".*"; make it first$/,
    );
    fails(['train', corpus, '--output', folder], /Cannot write model ".*": it is a folder$/);
    fails(
      ['train', file('latin1.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 10)), ...output, '--strict'],
      '1 malformed UTF-8 sequence near',
    );
    await failEach(cases);
    expect(existsSync(path('never.safetensors'))).toBe(false);
  });

  it('trains a corpus of one word', async () => {
    const { code, stdout } = await wordkinHere([
      'train',
      file('one.txt', 'word word word word word word\n'),
      '--output',
      path('one.safetensors'),
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ words: 1 });
  });
});

describe('saving', () => {
  const mounted = path('small-disk');

  it.skipIf(mayBeSkipped(process.platform !== 'linux' || process.getuid?.() !== 0))(
    'to a full disk keeps the old file (needs root, to mount a tmpfs)',
    async () => {
      mkdirSync(mounted);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mounted]);
      try {
        const output = file('small-disk/model.safetensors', 'the old model');
        // So many epochs that the disk has been looked at before they are over.
        await fails(
          ['train', corpus, '--output', output, ...quick, '--dimensions', '4096', '--epochs', '400'],
          /Cannot write model ".*": it needs 49\d\.\d kB, the disk has \d+\.\d kB left$/,
        );
        // Smaller than what is left when asked, larger when written: another file takes the space meanwhile.
        const { saveModel, EmbeddingModel } = await import('wordkin');
        const model = new EmbeddingModel({
          words: ['a'],
          dimensions: 100_000,
          inputVectors: new Float32Array(100_000),
        });
        await expect(saveModel(model, output)).rejects.toThrow(
          /Cannot write model ".*": no space left on the device; what was there before is unchanged/,
        );
        expect(readFileSync(output, 'utf8')).toBe('the old model');
        expect(readdirSync(mounted)).toEqual(['model.safetensors']);
      } finally {
        execFileSync('umount', [mounted]);
      }
    },
  );
});

describe('questions to a model', () => {
  it("gives the tutorial's sentence vector, cosine and distance", async () => {
    const [asked, asWell, similarity] = await wordkinEach([
      ['embed', tutorial, '我喜欢苹果', '--tokenizer', 'chinese'],
      ['embed', tutorial, '我喜欢苹果', '--json'],
      ['similarity', pair, 'a', 'b', '--json'],
    ]);
    const vector = JSON.parse(asked.stdout) as number[];
    [0.4, 0.367, 0.733].forEach((value, d) => expect(vector[d]).toBeCloseTo(value, 3));
    // The same without --tokenizer: the words of the model are Chinese.
    expect(JSON.parse(asWell.stdout)).toEqual([vector]);
    const { cosine, euclidean } = JSON.parse(similarity.stdout);
    expect(cosine).toBeCloseTo(0.942, 3);
    expect(euclidean).toBeCloseTo(Math.sqrt(0.18), 6);
  });

  it('lists neighbors and analogies', async () => {
    const [three, analogy, only] = await wordkinEach([
      ['neighbors', trained, 'cat', 'dog', '--minus', 'mat', '--count', '3', '--json'],
      ['analogy', trained, 'cat', 'cats', 'dog', '--json'],
      ['neighbors', pair, 'a'],
    ]);
    expect(JSON.parse(three.stdout)).toHaveLength(3);
    expect(Object.keys(JSON.parse(three.stdout)[0])).toEqual(['word', 'similarity']);
    expect(JSON.parse(analogy.stdout)).toHaveLength(10);
    expect(only.stdout).toBe('0.9423  b\n');
  });

  it('tells of an option that is given several values of which one counts', async () => {
    const [twice, same, several] = await wordkinEach([
      ['neighbors', trained, 'cat', '--count', '3', '--count', '2', '--json'],
      ['neighbors', trained, 'cat', '--count', '2', '--count', '2', '--json'],
      ['neighbors', trained, 'cat', '--minus', 'dog', '--minus', 'cats', '--json'],
    ]);
    expect(JSON.parse(twice.stdout)).toHaveLength(2);
    expect(twice.stderr).toContain('--count was given 2 times: "2" counts');
    expect(same.stderr).not.toContain('was given');
    expect(several.stderr).not.toContain('was given');
  });

  it('embeds a file, a text a line', async () => {
    const texts = file('texts.txt', 'The cat\n\nunknowable\nA DOG ran');
    const { stdout, stderr } = await wordkinHere(['embed', trained, '--input', texts]);
    const vectors = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as number[]);
    expect(vectors.map((vector) => vector.length)).toEqual([8, 8, 8, 8]);
    expect(vectors[1]).toEqual(new Array(8).fill(0));
    expect(stderr).toBe('2 of 4 texts hold no word of the model; without one, a vector is all zeros\n');
    expect(
      JSON.parse((await wordkin(['embed', trained, '--input', '-', '--json'], { input: 'The cat\nA dog\n' })).stdout),
    ).toHaveLength(2);
  });

  it('tells of malformed UTF-8 wherever text is read, also with --quiet, and passes on no command to a terminal', async () => {
    const malformed = file(
      'malformed.txt',
      Buffer.concat([Buffer.from(sentences), Buffer.from('the c\xe4t\n', 'latin1')]),
    );
    const told = /^1 malformed UTF-8 sequence was replaced/m;
    const model = path('malformed.safetensors');
    const table = file('\x1b[31m\u202e.csv', `id,text\n${'1,the cat sat,on the mat\n'.repeat(100)}`);
    const fit = ['--weighting', 'idf', '--output', path('fit.safetensors')];
    const results = await wordkinEach([
      ['train', malformed, '--output', model, '--quiet', ...quick],
      ['embed', model, '--input', malformed],
      ['fit-sentences', model, '--corpus', malformed, ...fit],
    ]);
    for (const { stderr } of results) expect(stderr).toMatch(told);
    const { stderr } = await wordkin(['neighbors', model], { input: 'cat\nc\ufffdt\n' });
    expect(stderr).toContain('1 line of standard input is not UTF-8');
    const wide = await wordkin(['train', table, '--output', path('wide.safetensors'), '--quiet', ...quick]);
    expect(wide.stderr).toContain('\\u001b[31m\\u202e.csv": record 1 has 3 cells');
    expect(wide.stderr).not.toMatch(/[\x1b\u202e]/);
  });

  it('tells what a model is and how it was trained', async () => {
    const info = JSON.parse((await wordkinHere(['info', trained, '--json'])).stdout);
    expect(info).toMatchObject({
      words: 15,
      dimensions: 8,
      outputVectors: true,
      counts: true,
      tokenizer: { name: 'words' },
    });
    expect(info.training.options).toMatchObject({ epochs: 2, minCount: 1, seed: 1 });
  });

  it('answers smaller questions about words', async () => {
    const fruits = file('fruits.txt', '4 2\napple 1 0.1\nbanana 1 0.2\norange 1 0.3\nhorse 0 1\n');
    const words = ['analogy', fruits, 'apple', 'banana', 'horse'];
    const [odd, context, none, analogy, misspelt] = await wordkinEach([
      ['odd-one-out', fruits, 'apple', 'horse', 'banana', '--json'],
      ['context', trained, 'cat', '--count', '3', '--json'],
      ['context', fruits, 'apple'],
      [...words, '--method', '3CosMul', '--count', '1'],
      [...words, '--method', '3cosmul'],
    ]);
    expect(JSON.parse(odd.stdout)).toMatchObject({ word: 'horse' });
    const probabilities = JSON.parse(context.stdout).map(({ probability }: { probability: number }) => probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    expect(probabilities).toHaveLength(3);
    expectFailure(none, ['context'], 'Cannot predict: the model holds no context vectors');
    expect(analogy.stdout).toMatch(/orange/);
    expectFailure(misspelt, words, 'Did you mean 3CosMul');
  });

  it('compares models in a table', async () => {
    const analogies = file('one-question.txt', ': animals\ncat mat dog park\n');
    const { stdout } = await wordkinHere([
      'compare',
      trained,
      trained,
      '--analogies',
      analogies,
      '--protocol',
      'gensim',
    ]);
    const [header, first, second] = stdout.trim().split('\n');
    expect(header).toMatch(/^model +analogies +semantic +syntactic +covered$/);
    expect(first).toMatch(/100\.00 %$/);
    expect(second).toBe(first);
  });

  it('evaluates', async () => {
    const analogies = file('questions.txt', ': animals\ncat cats dog dogs\ncat cats horse horses\n');
    const pairs = file('pairs.txt', 'cat\tdog\t8\ncat\tmat\t5\ndog\tpark\t3\n');
    const { stdout } = await wordkinHere(['evaluate', trained, '--analogies', analogies, '--pairs', pairs, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      analogies: { total: { attempted: 1, questions: 2 }, coverage: 0.5 },
      pairs: { attempted: 3, coverage: 1 },
    });
  });

  it('says in one sentence what is wrong', async () => {
    const cases: [args: string[], sentence: string | RegExp][] = [];
    const fails = (args: string[], sentence: string | RegExp) => cases.push([args, sentence]);
    fails(
      ['neighbors', trained, 'dgo'],
      /Cannot find word "dgo" in the vocabulary of 15 words: nearest spelling is "dogs?"$/,
    );
    fails(
      ['neighbors', path('absent.bin'), 'a'],
      /Cannot read model ".*absent\.bin": there is no such file or folder$/,
    );
    fails(['neighbors', folder, 'a'], /Cannot read model ".*": a folder must hold model.safetensors/);
    const bytes = readFileSync(trained);
    fails(
      ['info', file('half.safetensors', bytes.subarray(0, bytes.length - 20))],
      /half\.safetensors": tensor ".*" promises .*, file has .* left; it may have been cut off$/,
    );
    const newer = Buffer.from(
      bytes.toString('latin1').replace('"format_version":"1"', '"format_version":"9"'),
      'latin1',
    );
    fails(
      ['info', file('newer.safetensors', newer)],
      /it is of format version 9, this version of wordkin reads 1 to 2; update wordkin$/,
    );
    fails(['similarity', trained, 'cat', 'xylophone'], /Cannot compare: the model does not know the word "xylophone"/);
    fails(['similarity', trained, 'cat', '!!!'], 'Cannot compare: "!!!" holds no words');
    fails(['embed', trained], 'Cannot embed: give either texts or --input');
    fails(
      ['evaluate', trained],
      'Cannot evaluate: give --analogies FILE, --pairs FILE, --sts FILE or --retrieval FOLDER',
    );
    fails(['neighbors', trained, 'cat', '--count', '0'], '"0" is not a whole number of at least 1;');
    await failEach(cases);
  });

  it('shrinks a model, tells what it costs before it writes, and asks the small one', async () => {
    const small = path('small.safetensors');
    const [{ code, stdout, stderr }, neighbors, info, onlyShown] = await wordkinEach([
      ['shrink', trained, small, '--as', 'int8', '--json'],
      ['neighbors', small, 'cat', '--json'],
      ['info', small, '--json'],
      ['shrink', trained, '--words', '10', '--dimensions', '4'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/nearest 10 the same +\d+\.\d\d %/);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ quantization: 'int8', before: { words: 15, vectorBytes: 15 * 8 * 4 } });
    expect(result.after.vectorBytes).toBe(15 * (8 + 4));
    expect(result.after.fileBytes).toBe(readFileSync(small).length);
    expect(result.neighbors.overlap).toBeGreaterThan(0.8);
    expect(JSON.parse(neighbors.stdout)).toHaveLength(10);
    expect(JSON.parse(info.stdout)).toMatchObject({ vectors: 'int8' });
    expect(onlyShown.stdout).toMatch(/words × dimensions +15 × 8 +10 × 4/);
    await failEach([
      [['shrink', trained, small], 'Cannot shrink: give --as, --words or --dimensions'],
      [['shrink', trained, path('small.bin'), '--as', 'int8'], /save it as \.safetensors$/],
      [['shrink', trained, small, '--as', 'int9'], 'Did you mean int8?'],
      [['align', small, trained, '--output', path('x.safetensors')], 'align it first, then shrink it'],
    ]);
  });

  it('aligns a model with an older one', async () => {
    const again = path('again.safetensors');
    const aligned = path('aligned.safetensors');
    const [, { code, stdout }, ...similarities] = await wordkinEach([
      ['train', corpus, '--output', again, ...quick, '--seed', '2'],
      ['align', again, trained, '--output', aligned, '--count', '3', '--json'],
      ['similarity', aligned, 'cat', 'dog', '--json'],
      ['similarity', again, 'cat', 'dog', '--json'],
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ words: 15, output: aligned });
    expect(result.farthest).toHaveLength(3);
    expect(result.meanSimilarity).toBeGreaterThan(result.meanSimilarityBefore);
    const [turned, before] = similarities.map((similarity) => JSON.parse(similarity.stdout).cosine);
    expect(turned).toBeCloseTo(before, 5);
  });
});

describe('wordkin convert', () => {
  it('writes another format, reads it back, and says what it cannot hold', async () => {
    const output = path('converted.bin');
    const [{ code, stdout, stderr }, folder, embedded] = await wordkinEach([
      ['convert', trained, output, '--limit', '5', '--json'],
      ['convert', trained, path('converted/')],
      // All commands take what is read: here a folder and its own tokenizer.
      ['embed', path('converted'), 'The CAT sat!', '--json'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      output,
      words: 5,
      dimensions: 8,
      format: 'word2vec-binary',
      equalRows: 5,
      largestError: 0,
    });
    expect(result.hash).toBe(result.hashRead);
    expect(result.lost[0]).toBe('the counts of 5 words');
    expect(folder.stdout).toContain(
      'model2vec, 15 words × 8 dimensions\nread back: 15 of 15 rows equal to the last bit',
    );
    expect(folder.stdout).toContain(
      'not kept: the tokenizer words: one of whole words that is near to it takes its place',
    );
    expect(JSON.parse(embedded.stdout)[0]).toHaveLength(8);
    await failEach([
      [['convert', trained, path('x.fifu')], 'no format that is written ends in ".fifu"'],
      [['convert', path('none.bin'), path('x.bin')], 'there is no such file or folder'],
    ]);
  });
});

it('refuses flags that would have no effect beside the others', async () => {
  const pairs = file('idle-pairs.tsv', 'a b 1\n');
  const page = path('idle-page');
  await failEach([
    [['evaluate', pair, '--pairs', pairs, '--protocol', 'gensim'], 'Cannot use --protocol without --analogies'],
    [['evaluate', pair, '--pairs', pairs, '--method', '3CosMul'], 'Cannot use --method without --analogies'],
    [['evaluate', pair, '--sts', pairs, '--restrict', '2'], 'Cannot use --restrict without --analogies or --pairs'],
    [['compare', pair, '--sts', pairs, '--method', '3CosMul'], 'Cannot use --method without --analogies'],
    [['fit-sentences', pair, '--field', 'text'], 'Cannot use --field without --corpus: it names a field'],
    [['mcp', '--model', pair, '--collection', 'x'], 'Cannot use --collection without --db'],
    [['mcp', '--model', pair, '--allow-write'], 'Cannot use --allow-write without --db'],
    [['train', pairs, '--output', path('idle.bin'), '--every', '1s'], 'Cannot use --every without --checkpoint'],
    [['train', pairs, '--preflight', '--resume'], 'Cannot use --resume without --checkpoint'],
    [['train', pairs, '--preflight', '--start-factor', '1'], 'Cannot use --start-factor without --start or --continue'],
    [['train', pairs, '--preflight', '--output', pairs], 'idle-pairs.tsv'],
    [
      ['index', file('idle.txt', 'a b\n\nc d\n'), '--model', pair, '--db', path('idle.db'), '--paragraphs'],
      'plain text is cut into its paragraphs anyway',
    ],
    [['page', '--output', page, '--port', '5'], 'Cannot use --port with --output'],
    [['page', '--output', page, '--no-open'], 'Cannot use --no-open with --output'],
    [['page', '--output', page, '--connect', 'https://example.org'], 'Cannot use --connect with --output'],
  ]);
});
