// Stores of texts beside each other: bulk load, search, recall@10 against exact, disk, memory.
//
//     npm run bench:search -- MODEL TEXTS [--count 100000] [--postgres postgres://…]
//
// MODEL is a trained model, TEXTS a file with a text a line (or what `wordkin index` takes); questions are the first 12
// words (or 24 characters, if there are no spaces) of 200 of the texts.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import {
  createSentenceEncoder,
  loadModel,
  MemoryTextStore,
  openTextFiles,
  openTextStore,
  TextIndex,
  textLines,
} from 'wordkin';
import { benchArguments } from './library/smoke.mjs';

const { positionals, values } = parseArgs({
  args: await benchArguments(async (text, model) => [await model(), text, '--count', '20']),
  allowPositionals: true,
  options: { count: { type: 'string', default: '100000' }, postgres: { type: 'string' } },
});
const [modelPath, textsPath] = positionals;
if (!textsPath) throw new Error('Give MODEL and TEXTS');

const count = Number(values.count);
const encoder = await createSentenceEncoder(await loadModel(modelPath));
const texts = [];
for (const source of await openTextFiles([textsPath], { format: 'text' })) {
  for await (const line of textLines(source)) {
    if (line.length < 20 || texts.length === count) continue;
    texts.push({ id: `t${texts.length}`, text: line.slice(0, 1000), metadata: { group: texts.length % 10 } });
  }
}
const every = Math.max(1, Math.floor(texts.length / 200));
const questions = texts
  .filter((_, i) => i % every === 0)
  .map(({ text }) => {
    const words = text.split(' ').slice(0, 12);
    return words.length > 4 ? words.join(' ') : text.slice(0, 24);
  });
console.log(
  `${texts.length} texts of ${Math.round(texts.reduce((sum, { text }) => sum + text.length, 0) / texts.length)} characters, ${encoder.dimensions} dimensions, ${questions.length} questions`,
);

const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
const collection = `bench_${process.pid}`;
const table = `"wordkin_${collection}"`;
const server = values.postgres && new pg.Client(values.postgres);
await server?.connect();
const stores = {
  memory: async () => new MemoryTextStore(),
  PGlite: () => openTextStore(join(folder, 'store')),
  ...(values.postgres && { PostgreSQL: () => openTextStore(values.postgres, { collection }) }),
};
const diskBytes = {
  PGlite: () => Number(execFileSync('du', ['-sb', join(folder, 'store')], { encoding: 'utf8' }).split('\t')[0]),
  PostgreSQL: async () =>
    Number((await server.query('select pg_total_relation_size($1::regclass) as bytes', [table])).rows[0].bytes),
};
const seconds = (begin) => (performance.now() - begin) / 1000;
const percentile = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))];
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
let exact;
let exactFiltered;
try {
  for (const [name, open] of Object.entries(stores)) {
    const index = await TextIndex.open(encoder, await open());
    let begin = performance.now();
    await index.add(texts);
    const load = seconds(begin);
    begin = performance.now();
    const kind = await index.optimize();
    const build = seconds(begin);
    await index.search(questions[0]);
    const measure = async (label, options, reference) => {
      const times = [];
      const found = [];
      for (const question of questions) {
        begin = performance.now();
        const hits = await index.search(question, options);
        times.push(1000 * seconds(begin));
        found.push(hits.map(({ id }) => id));
      }
      // A question without a known word finds nothing anywhere.
      const answered = reference && found.map((_, i) => i).filter((i) => reference[i].length > 0);
      const recall =
        answered &&
        answered.reduce(
          (sum, i) => sum + found[i].filter((id) => reference[i].includes(id)).length / reference[i].length,
          0,
        ) / answered.length;
      console.log(
        `  ${label.padEnd(20)} p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms${recall === undefined ? '' : `, recall@10 ${recall.toFixed(3)}`}`,
      );
      return found;
    };
    console.log(
      `${name}: load ${load.toFixed(1)} s (${Math.round(texts.length / load)} texts/s with their vectors), index ${build.toFixed(1)} s (${kind})`,
    );
    const all = await measure('cosine', {}, exact);
    const filtered = await measure('cosine, 1 of 10', { where: 'group = 3' }, exactFiltered);
    exact ??= all;
    exactFiltered ??= filtered;
    await measure('euclidean', { metric: 'euclidean' });
    await measure('hybrid', { hybrid: true });
    const disk = await diskBytes[name]?.();
    console.log(
      `  ${disk ? `disk ${megabytes(disk)}, ` : ''}memory of the process ${megabytes(process.memoryUsage().rss)}`,
    );
    await index.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (server) {
    await server.query(`drop table if exists ${table}`);
    await server.query('delete from wordkin_collections where name = $1', [collection]);
    await server.end();
  }
}
