import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EmbeddingModel, loadModel, predictLabels, saveModel, train } from 'wordkin';
import { mayBeSkipped, temporaryFolder } from './command.ts';
import { hasGensim, python } from './python.ts';

const FASTTEXT = ['/usr/bin/fasttext', '/usr/local/bin/fasttext'].find((path) => existsSync(path));
const shared = resolve(import.meta.dirname, '../../shared/data/models');
const texts = Array.from({ length: 500 }, (_, i) => `词${i % 17} naïve${i % 5} word${i % 101} 苹果`);
const quick = { dimensions: 12, minCount: 1, epochs: 1, tokenizer: 'whitespace', threads: 1 } as const;
const subwords = { minNgram: 2, maxNgram: 4, buckets: 5_000 };

describe.skipIf(mayBeSkipped(!hasGensim))('gensim (needs python3-gensim)', () => {
  const folder = temporaryFolder();

  it('reads what is written here, equal to the last bit', async () => {
    const { model } = await train({ texts }, quick);
    for (const [name, binary] of [
      ['ours.bin', 'True'],
      ['ours.txt', 'False'],
    ]) {
      const path = join(folder, name);
      await saveModel(model, path);
      const output = await python(
        `import sys, json
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format(sys.argv[1], binary=${binary})
print(json.dumps([vectors.index_to_key, vectors.vectors.astype('float64').tolist()]))`,
        path,
      );
      const [words, rows] = JSON.parse(output) as [string[], number[][]];
      expect(words).toEqual(model.words);
      rows.forEach((row, id) => expect(Float32Array.from(row)).toEqual(Float32Array.from(model.row(id))));
    }
  });

  it('is read here, equal to the last bit, and answers alike', async () => {
    const output = await python(
      `import sys, json
from gensim.models import Word2Vec
sentences = [line.split() for line in json.loads(sys.argv[2])]
vectors = Word2Vec(sentences, vector_size=7, min_count=1, epochs=2, seed=3, workers=1).wv
vectors.save_word2vec_format(sys.argv[1] + '/theirs.bin', binary=True)
vectors.save_word2vec_format(sys.argv[1] + '/theirs.txt', binary=False)
print(json.dumps([vectors.index_to_key, vectors.vectors.astype('float64').tolist(), vectors.most_similar('苹果', topn=5),
  vectors.most_similar(positive=['word1', 'word2'], negative=['词3'], topn=5)]))`,
      folder,
      JSON.stringify(texts),
    );
    const [words, rows, similar, combined] = JSON.parse(output) as [
      string[],
      number[][],
      [string, number][],
      [string, number][],
    ];
    for (const name of ['theirs.bin', 'theirs.txt']) {
      const model = await loadModel(join(folder, name));
      expect(model.words).toEqual(words);
      rows.forEach((row, id) => expect(Float32Array.from(model.row(id))).toEqual(Float32Array.from(row)));
      for (const [got, wanted] of [
        [model.neighbors('苹果', { count: 5 }), similar],
        [model.neighbors(['word1', 'word2'], { minus: ['词3'], count: 5 }), combined],
      ] as const) {
        expect(got.map(({ word }) => word)).toEqual(wanted.map(([word]) => word));
        got.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(wanted[i][1], 5));
      }
    }
  });

  it('finds the tensors of our own format where its header says, with numpy', async () => {
    const { model } = await train({ texts }, { ...quick, dimensions: 5 });
    const path = join(folder, 'ours.safetensors');
    await saveModel(model, path);
    // What Python's safetensors does: the published layout, read with nothing but numpy.
    const output = await python(
      `import sys, json, struct, numpy
data = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', data[:8])
header = json.loads(data[8:8 + n]); header.pop('__metadata__')
types = {'F32': '<f4', 'I64': '<i8', 'U8': 'u1'}
tensors = {k: numpy.frombuffer(data[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]], types[v['dtype']]).reshape(v['shape']) for k, v in header.items()}
o = tensors['word_offsets']; text = tensors['words'].tobytes()
print(json.dumps([[text[o[i]:o[i + 1]].decode() for i in range(len(o) - 1)], tensors['input_vectors'].astype('float64').tolist(), tensors['counts'].tolist(), list(tensors['output_vectors'].shape)]))`,
      path,
    );
    const [words, rows, counts, shape] = JSON.parse(output);
    expect(words).toEqual(model.words);
    expect(Float32Array.from(rows.flat())).toEqual(Float32Array.from(model.rows.floats!));
    expect(counts).toEqual([...model.contents.counts!]);
    expect(shape).toEqual([model.size, 5]);
  });

  it('loads fastText files that are written here, with and without n-grams, and gives our vectors and neighbours back', async () => {
    const models = {
      plain: (await train({ texts }, quick)).model,
      subwords: (await train({ texts }, { ...quick, subwords: true, ...subwords })).model,
      'without counts': await loadModel(join(folder, 'theirs.bin')),
    };
    for (const [name, model] of Object.entries(models)) {
      const path = join(folder, 'ours.fasttext.bin');
      await saveModel(model, path);
      const unknown = name === 'subwords' ? ['naïve99', '苹果树', 'words'] : [];
      const output = await python(
        `import sys, json
from gensim.models.fasttext import load_facebook_model
vectors = load_facebook_model(sys.argv[1]).wv
print(json.dumps([vectors.index_to_key, [vectors[w].astype('float64').tolist() for w in vectors.index_to_key + json.loads(sys.argv[2])],
  vectors.most_similar('苹果', topn=5)]))`,
        path,
        JSON.stringify(unknown),
      );
      const [words, rows, similar] = JSON.parse(output) as [string[], number[][], [string, number][]];
      expect(words).toEqual(model.words);
      // Buckets that are not in use count as zeros there.
      const read = await loadModel(path);
      [...words, ...unknown].forEach((word, i) => expectNear(read.vector(word), rows[i], 2e-6));
      words.forEach((word, i) => expectNear(model.vector(word), rows[i], 2e-6));
      const neighbors = model.neighbors('苹果', { count: 5 });
      expect(neighbors.map(({ word }) => word)).toEqual(similar.map(([word]) => word));
      neighbors.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(similar[i][1], 5));
    }
  });

  it.skipIf(mayBeSkipped(!existsSync(shared)))(
    'reads the same vectors from old fastText files (needs ../shared/data)',
    async () => {
      for (const name of ['lee_fasttext.bin', 'lee_fasttext_new.bin', 'non_ascii_fasttext.bin']) {
        const path = join(shared, 'gensim-fixtures', name);
        const model = await loadModel(path);
        // gensim gives the end of a sentence n-grams, fastText does not.
        const words = [
          ...model.words.slice(0, 300).filter((word) => word !== '</s>'),
          'rejection',
          'nights',
          'ztráta',
          'x',
        ];
        const rows: number[][] = JSON.parse(
          await python(
            `import sys, json
from gensim.models.fasttext import load_facebook_vectors
vectors = load_facebook_vectors(sys.argv[1])
print(json.dumps([vectors[w].astype('float64').tolist() for w in json.loads(sys.argv[2])]))`,
            path,
            JSON.stringify(words),
          ),
        );
        words.forEach((word, i) => expectNear(model.vector(word), rows[i], 2e-6));
      }
    },
  );

  it('agrees about the analogies of a model', async () => {
    const path = join(folder, 'analogies.txt');
    writeFileSync(path, ': gram1\nword1 word2 word3 word4\nword5 word6 word7 word8\n词1 词2 词3 词4\n');
    expect(readFileSync(path, 'utf8')).toContain('gram1');
    const { evaluateAnalogies } = await import('wordkin');
    const model = await loadModel(join(folder, 'theirs.bin'));
    const [, sections] = JSON.parse(
      await python(
        `import sys, json
from gensim.models import KeyedVectors
vectors = KeyedVectors.load_word2vec_format(sys.argv[1] + '/theirs.bin', binary=True)
accuracy, sections = vectors.evaluate_word_analogies(sys.argv[1] + '/analogies.txt')
print(json.dumps([accuracy, [[len(s['correct']), len(s['incorrect'])] for s in sections]]))`,
        folder,
      ),
    );
    const { correct, attempted } = evaluateAnalogies(model, readFileSync(path, 'utf8'), { restrict: 300_000 }).total;
    expect([correct, attempted - correct]).toEqual(sections.at(-1));
  });

  let state = 1;
  const next = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
  const drawn = Array.from({ length: 2000 }, () =>
    Array.from({ length: 12 }, () => `w${next(next(60) + 1)}`).join(' '),
  );

  it.each([
    ['word2phrase', 'default', 0.9],
    ['npmi', 'npmi', 0.05],
  ] as const)('joins the same pairs of words to phrases: %s', async (phraseScore, scoring, phraseThreshold) => {
    const script = `import sys, json, collections
from gensim.models.phrases import Phrases
sentences = [line.split() for line in json.loads(sys.argv[1])]
phrases = Phrases(sentences, min_count=3, threshold=1, scoring='${scoring}', delimiter='_')
tokens = sum(len(sentence) for sentence in sentences)
# gensim's default multiplies by the size of its table, word2phrase by the number of tokens.
phrases.threshold = ${phraseThreshold} * (len(phrases.vocab) / tokens if '${scoring}' == 'default' else 1)
counts = collections.Counter(token for sentence in sentences for token in phrases[sentence])
print(json.dumps([sorted(phrases.export_phrases()), counts]))`;
    const [phrases, counts] = JSON.parse(await python(script, JSON.stringify(drawn))) as [
      string[],
      Record<string, number>,
    ];
    expect(phrases.length).toBeGreaterThan(20);
    const { model, vocabulary } = await train(
      { texts: drawn },
      { ...quick, threads: 2, minCount: 3, phrasePasses: 1, phraseScore, phraseThreshold },
    );
    const pairs = model.contents.tokenizer!.phrases![0].map(([first, second]) => `${first}_${second}`);
    expect(pairs.sort()).toEqual(phrases);
    expect(Object.fromEntries(vocabulary.words.map((word, id) => [word, vocabulary.counts[id]]))).toEqual(
      Object.fromEntries(Object.entries(counts).filter(([, count]) => count >= 3)),
    );
  });
});

/** Equal but for the last bits of float32 sums. */
function expectNear(got: Float32Array, wanted: readonly number[], tolerance: number): void {
  if (got.length !== wanted.length) expect.fail(`it has ${got.length} numbers, not ${wanted.length}`);
  const limit = tolerance * Math.max(1e-3, ...wanted.map(Math.abs));
  const wrong = wanted.findIndex((value, d) => !(Math.abs(got[d] - value) < limit));
  if (wrong >= 0) expect.fail(`number ${wrong} is ${got[wrong]}, not ${wanted[wrong]}`);
}

describe.skipIf(mayBeSkipped(!FASTTEXT))('the fasttext program (needs fasttext)', () => {
  const folder = temporaryFolder();
  const fasttext = (args: string[], lines: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(FASTTEXT!, args, {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.split('\n').slice(0, -1);
  };
  /**
   * Five digits are printed; those of the vectors of words that it finds none of are zeros.
   *
   * @param written - the model that was saved there, whose words come first
   */
  function expectSameVectors(
    path: string,
    model: EmbeddingModel,
    words: readonly string[],
    written?: EmbeddingModel,
  ): void {
    const lines = fasttext(['print-word-vectors', path], words);
    expect(lines).toHaveLength(words.length);
    words.forEach((word, i) => {
      const wanted = lines[i].trimEnd().split(' ').slice(-model.dimensions).map(Number);
      expectNear(model.findVector(word) ?? new Float32Array(model.dimensions), wanted, 6e-5);
      if (written && i < written.size) expectNear(written.vector(word), wanted, 6e-5);
    });
  }

  it('gives back the vectors and neighbours of what is written here', async () => {
    for (const withSubwords of [false, true]) {
      const { model } = await train({ texts }, { ...quick, ...(withSubwords && { subwords: true, ...subwords }) });
      const path = join(folder, `${withSubwords}.fasttext.bin`);
      await saveModel(model, path);
      expectSameVectors(path, await loadModel(path), [...model.words, 'naïve99', '苹果树', 'w'], model);
      const ours = model.neighbors('苹果', { count: 5 });
      const theirs = fasttext(['nn', path, '5'], ['苹果'])
        .join('\n')
        .replaceAll('Query word? ', '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '));
      expect(theirs.slice(0, 5).map(([word]) => word)).toEqual(ours.map(({ word }) => word));
      ours.forEach(({ similarity }, i) => expect(similarity).toBeCloseTo(Number(theirs[i][1]), 4));
    }
  });

  it('trains models that are read here: all losses, unknown words, labels with n-grams of words, packed and pruned', async () => {
    const corpus = join(folder, 'corpus.txt');
    writeFileSync(corpus, texts.map((text) => `${text}\n`).join(''));
    const labelled = join(folder, 'labelled.txt');
    writeFileSync(labelled, texts.map((text, i) => `__label__${['a', 'b', 'c'][(i % 17) % 3]} ${text}\n`).join(''));
    const common = ['-dim', '10', '-epoch', '2', '-minCount', '1', '-thread', '1', '-verbose', '0'];
    const unknown = ['naïve99', '苹果树', 'w', '</s>', 'unheard-of'];
    for (const [command, ...options] of [
      ['skipgram', '-bucket', '1000'],
      ['cbow', '-bucket', '1000', '-loss', 'hs', '-minn', '1', '-maxn', '2'],
      ['skipgram', '-maxn', '0', '-loss', 'softmax'],
    ]) {
      fasttext([command, '-input', corpus, '-output', join(folder, 'theirs'), ...common, ...options], []);
      const model = await loadModel(join(folder, 'theirs.bin'));
      expectSameVectors(join(folder, 'theirs.bin'), model, [...model.words, ...unknown]);
      expect((await loadModel(join(folder, 'theirs.vec'))).words).toEqual(model.words);
    }
    const questions = ['词1 naïve2 苹果', '苹果 unheard-of', '', 'word5 word6 word7', '__label__a 词3'];
    for (const loss of ['hs', 'ns', 'softmax', 'ova']) {
      for (const ngrams of [[], ['-minn', '2', '-maxn', '3', '-wordNgrams', '3', '-bucket', '2000']]) {
        const output = join(folder, 'labels');
        fasttext(['supervised', '-input', labelled, '-output', output, ...common, '-loss', loss, ...ngrams], []);
        const files = [`${output}.bin`];
        if (ngrams.length > 0) {
          const packed = loss === 'hs' ? ['-qnorm', '-cutoff', '300'] : ['-dsub', '3'];
          fasttext(['quantize', '-input', labelled, '-output', output, '-verbose', '0', ...packed], []);
          files.push(`${output}.ftz`);
        }
        for (const file of files) {
          const model = await loadModel(file);
          // Those of words are read in the same way whatever the loss; to start the program takes long with negative sampling.
          if (loss !== 'ns') expectSameVectors(file, model, [...model.words, ...unknown]);
          const lines = fasttext(['predict-prob', file, '-', '3'], questions);
          questions.forEach((question, i) => {
            const predicted = predictLabels(model, question, { count: 3 });
            const fields = lines[i].split(' ').filter(Boolean);
            expect(predicted).toHaveLength(fields.length / 2);
            // The sigmoid of a table makes many labels equal; their order is chance.
            for (const { label, probability } of predicted)
              expect(probability).toBeCloseTo(Number(fields[fields.indexOf(label) + 1]), 4);
          });
          // Ours keeps the labels, too.
          const path = join(folder, 'labels.safetensors');
          await saveModel(model, path);
          expect(predictLabels(await loadModel(path), questions[0], { count: 3 })).toEqual(
            predictLabels(model, questions[0], { count: 3 }),
          );
        }
      }
    }
  });

  it.skipIf(mayBeSkipped(!existsSync(shared)))(
    'tells languages by lid.176.ftz as we do (needs ../shared/data)',
    async () => {
      const path = join(shared, 'fasttext/lid.176.ftz');
      const model = await loadModel(path);
      const questions = [
        'Hello world, how are you?',
        'Bonjour tout le monde',
        '我喜欢苹果',
        'Привет, как дела',
        'x',
        '',
      ];
      const lines = fasttext(['predict-prob', path, '-', '3'], questions);
      questions.forEach((question, i) => {
        const told = predictLabels(model, question, { count: 3 });
        const fields = lines[i].split(' ');
        expect(told.map(({ label }) => label)).toEqual(fields.filter((_, j) => j % 2 === 0));
        told.forEach(({ probability }, j) => expect(probability).toBeCloseTo(Number(fields[2 * j + 1]), 5));
      });
      expectSameVectors(path, model, [...model.words.slice(1, 500), 'unbelievable', '苹果汁']);
      const files = [
        'gensim-fixtures/crime-and-punishment.bin',
        'gensim-fixtures/toy-model.bin',
        'finalfusion-fixtures/fasttext.bin',
      ];
      for (const name of files) {
        const other = await loadModel(join(shared, name));
        expectSameVectors(join(shared, name), other, [
          ...other.words.filter((word) => !/\s/.test(word)),
          'unheard-of',
          '苹果',
        ]);
      }
    },
  );
});
