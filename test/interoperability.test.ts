import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel, saveModel, train } from 'wordkin';
import { mayBeSkipped, temporaryFolder } from './command.ts';

const PYTHON = '/usr/bin/python3';
const gensim = spawnSync(PYTHON, ['-c', 'import gensim']).status === 0;

function python(script: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe.skipIf(mayBeSkipped(!gensim))('gensim (needs python3-gensim)', () => {
  const folder = temporaryFolder();
  const texts = Array.from({ length: 500 }, (_, i) => `词${i % 17} naïve${i % 5} word${i % 101} 苹果`);

  it('reads what is written here, equal to the last bit', async () => {
    const { model } = await train(
      { texts },
      { dimensions: 12, minCount: 1, epochs: 1, tokenizer: 'whitespace', threads: 1 },
    );
    for (const [name, binary] of [
      ['ours.bin', 'True'],
      ['ours.txt', 'False'],
    ]) {
      const path = join(folder, name);
      await saveModel(model, path);
      const output = python(
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
    const output = python(
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
    const { model } = await train(
      { texts },
      { dimensions: 5, minCount: 1, epochs: 1, tokenizer: 'whitespace', threads: 1 },
    );
    const path = join(folder, 'ours.safetensors');
    await saveModel(model, path);
    // What Python's safetensors does: the published layout, read with nothing but numpy.
    const output = python(
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

  it('agrees about the analogies of a model', async () => {
    const path = join(folder, 'analogies.txt');
    writeFileSync(path, ': gram1\nword1 word2 word3 word4\nword5 word6 word7 word8\n词1 词2 词3 词4\n');
    expect(readFileSync(path, 'utf8')).toContain('gram1');
    const { evaluateAnalogies } = await import('wordkin');
    const model = await loadModel(join(folder, 'theirs.bin'));
    const [, sections] = JSON.parse(
      python(
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
});
