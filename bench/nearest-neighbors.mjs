// Nearest neighbors by exact scan beside gensim's most_similar, one thread each, and gensim with as many as it takes by
// itself; random vectors, the same rows on both sides of the table only in number and length.
//
//     node bench/nearest-neighbors.mjs [--rounds 3] [--sizes 70000x100,1000000x300] [--no-gensim]
//
// gensim runs without OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE: where an environment sets them, OpenBLAS is kept from
// the kernels that are fastest on the machine.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ExactIndex } from 'wordkin';
import { benchArguments } from './library/smoke.mjs';

const { values } = parseArgs({
  args: await benchArguments(() => ['--rounds', '1', '--sizes', '500x8', '--no-gensim']),
  options: {
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '70000x100,1000000x300' },
    'no-gensim': { type: 'boolean', default: false },
  },
});
const PYTHON = `
import sys, time, numpy
from gensim.models import KeyedVectors
size, dimensions, queries = map(int, sys.argv[1:])
vectors = KeyedVectors(dimensions)
vectors.add_vectors([str(i) for i in range(size)], numpy.random.default_rng(1).standard_normal((size, dimensions), dtype=numpy.float32))
vectors.fill_norms()
times = []
for i in range(queries + 2):
    begin = time.perf_counter()
    vectors.most_similar(str(i * 37 % size))
    times.append(1000 * (time.perf_counter() - begin))
print(sorted(times[2:])[queries // 2])
`;

function gensim(size, dimensions, queries, threads) {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...env } = process.env;
  if (threads) env.OPENBLAS_NUM_THREADS = String(threads);
  const { stdout, stderr, status } = spawnSync(
    '/usr/bin/python3',
    ['-c', PYTHON, ...[size, dimensions, queries].map(String)],
    { env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** Numbers of about the normal distribution, from a generator written here so that rows are the same each time. */
function randomVectors(length) {
  let state = 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 32;
  };
  const vectors = new Float32Array(length);
  for (let i = 0; i < length; i++) vectors[i] = uniform() + uniform() + uniform() + uniform();
  return vectors;
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
for (const text of values.sizes.split(',')) {
  const [size, dimensions] = text.split('x').map(Number);
  const vectors = randomVectors(size * dimensions);
  let begin = performance.now();
  const index = new ExactIndex(vectors, dimensions);
  const build = performance.now() - begin;
  const queryCount = size > 500_000 ? 32 : 320;
  const queries = Array.from({ length: queryCount }, (_, i) => {
    const id = (i * 37) % size;
    return vectors.slice(id * dimensions, (id + 1) * dimensions);
  });
  for (const query of queries) index.search(query); // the engine compiles the kernel anew while it runs
  // Exactness is proved by the bounds and tested; here a check that the right thing was measured.
  const similarities = index.similarities(queries[0]);
  const expected = Array.from(similarities, (similarity, row) => ({ row, similarity }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, 10);
  const found = new Set(index.search(queries[0]).map(({ row }) => row));
  if (!expected.every(({ row }) => found.has(row))) throw new Error('the scan is not exact');

  const rounds = { gensim: [], default: [], single: [], batch: [], ratio: [], batchRatio: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    const times = queries.map((query) => {
      begin = performance.now();
      index.search(query);
      return performance.now() - begin;
    });
    begin = performance.now();
    index.searchMany(queries, []);
    const batch = (performance.now() - begin) / queryCount;
    rounds.single.push(median(times));
    rounds.batch.push(batch);
    if (values['no-gensim']) continue;
    const theirs = gensim(size, dimensions, queryCount, 1);
    rounds.gensim.push(theirs);
    rounds.default.push(gensim(size, dimensions, queryCount));
    rounds.ratio.push(theirs / median(times));
    rounds.batchRatio.push(theirs / batch);
  }
  const shown = (name, digits = 2) => median(rounds[name]).toFixed(digits);
  const beside = values['no-gensim']
    ? ['', '', '']
    : [
        `gensim ${shown('gensim')} (its own threads ${shown('default')}), `,
        ` (${shown('ratio')} ×)`,
        ` (${shown('batchRatio')} ×)`,
      ];
  console.log(
    `${size} × ${dimensions}, ms a query: ${beside[0]}wordkin ${shown('single')}${beside[1]}, by 16 at a time ${shown('batch')}${beside[2]}; ` +
      `index of ${((size * (dimensions + 16)) / 1e6).toFixed(0)} MB made in ${build.toFixed(0)} ms, ` +
      `read at ${((size * dimensions) / 1e6 / median(rounds.single)).toFixed(1)} GB/s`,
  );
}
