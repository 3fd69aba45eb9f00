// Stores of texts beside each other and beside other search libraries, in one run: filling, search, what a change costs, recall@10
// against all vectors compared in float64 (hybrid: those, joined with the store's own ranking by words), nDCG@10 of finding the text that a
// question was made of, disk, memory.
// `--help` tells the options.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import {
  createSentenceEncoder,
  fuseRankings,
  loadModel,
  MemoryTextStore,
  openTextFiles,
  openTextStore,
  parseFilter,
  TextIndex,
  textLines,
} from 'wordkin';
import { benchArguments } from './library/smoke.mjs';

const HELP = `npm run bench:search -- MODEL TEXTS [options]

MODEL is a trained model, TEXTS a file with a text a line. A question is eight words (or twelve characters, where there are no
spaces) of a text, in their order, by chance.

  --count N          texts; 100000 if omitted
  --characters N     cut lines into texts of so many; if omitted, what is behind 1,000 is left out
  --stores LIST      of memory, PGlite, PostgreSQL; all if omitted, "" for none
  --postgres URL     of the server, for PostgreSQL
  --keep NAME        keep what PGlite and PostgreSQL were filled with, and take it in the next run of that name
  --part PART        of a database: "fill" (with its graph), "search", or "in-memory"; all if omitted. The last two need --keep
  --no-graph         fill without a graph: for "in-memory", which does not use it, as a graph of a million takes long
  --peers            MiniSearch and Orama, for words
  --orama N          texts for Orama; 10000 if omitted
  --peer-seconds N   no longer than that for Orama; 120 if omitted
  --usearch FOLDER   usearch, for vectors: a folder in which "npm install usearch" was run
  --parts            what each part of a store in memory takes, bytes a text; needs node --expose-gc
  --helpers LIST     scan the vectors with so many helper threads, each question by each in turn: 0,1 is without and with one. They help
                     from 131072 texts on
`;
const { positionals, values } = parseArgs({
  args: await benchArguments(async (text, model) => [await model(), text, '--count', '10']),
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '100000' },
    characters: { type: 'string' },
    postgres: { type: 'string' },
    stores: { type: 'string' },
    peers: { type: 'boolean', default: false },
    orama: { type: 'string', default: '10000' },
    'peer-seconds': { type: 'string', default: '120' },
    usearch: { type: 'string' },
    parts: { type: 'boolean', default: false },
    helpers: { type: 'string' },
    'no-graph': { type: 'boolean', default: false },
    keep: { type: 'string' },
    part: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const [modelPath, textsPath] = positionals;
if (!textsPath) throw new Error('Give MODEL and TEXTS, see --help');
if (values.helpers && !values.helpers.split(',').every((each) => /^(\d|1[0-6])$/.test(each)))
  throw new Error('--helpers must be numbers from 0 to 16 with commas between them');
if (values.parts && !globalThis.gc) throw new Error('--parts needs node --expose-gc');
const PARTS = ['fill', 'search', 'in-memory'];
if (values.part && !PARTS.includes(values.part)) throw new Error(`--part must be one of ${PARTS.join(', ')}`);
if (values.part && !values.keep) throw new Error('--part needs --keep, so that the next part finds the texts');

const count = Number(values.count);
const questionCount = Math.min(200, count);
const encoder = await createSentenceEncoder(await loadModel(modelPath));

let seed = 1;
/** 0 … n − 1, the same in each run (xorshift). */
function below(n) {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % n;
}

function textsOf(line) {
  if (!values.characters) return [line.slice(0, 1000)];
  // At the last space before so many characters.
  return line.match(new RegExp(`.{1,${values.characters}}(?=\\s|$)`, 'gu'))?.map((text) => text.trim()) ?? [];
}

async function readTexts() {
  const lines = [];
  for (const source of await openTextFiles([textsPath], { format: 'text' }))
    for await (const line of textLines(source)) lines.push(...textsOf(line).filter(({ length }) => length >= 60));
  if (lines.length === 0) throw new Error('There is no text of 60 characters or more');
  // More texts than the file has: its lines again, each with two words of another, so that no two are the same.
  return Array.from({ length: count }, (_, i) => {
    const again = Math.floor(i / lines.length);
    const text = lines[i % lines.length];
    const other = lines[(i * 7919 + again) % lines.length].split(' ');
    return {
      id: `t${i}`,
      text: again === 0 ? text : `${text} ${other[0]} ${other.at(-1)}`,
      metadata: { group: i % 10, number: i },
    };
  });
}

/** Eight words of a text in their order, or twelve characters of a text without spaces. */
function questionOf(text) {
  const words = text.split(' ');
  if (words.length < 8) {
    const begin = below(Math.max(1, text.length - 12));
    return text.slice(begin, begin + 12);
  }
  const places = new Set();
  while (places.size < 8) places.add(below(words.length));
  return [...places]
    .sort((a, b) => a - b)
    .map((place) => words[place])
    .join(' ');
}

const texts = await readTexts();
const asked = Array.from({ length: questionCount }, (_, i) => {
  const { id, text } = texts[Math.floor((i * texts.length) / questionCount)];
  return { id, question: questionOf(text) };
});
const characters = texts.reduce((sum, { text }) => sum + text.length, 0);
console.log(
  `${texts.length} texts of ${Math.round(characters / texts.length)} characters, ${encoder.dimensions} dimensions, ${asked.length} questions\n`,
);

const seconds = (begin) => (performance.now() - begin) / 1000;
const percentile = (list, share) => [...list].sort((a, b) => a - b)[Math.floor(share * (list.length - 1))];
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const memoryBytes = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss;
};
const memory = () => megabytes(memoryBytes());
/** Heap, arrays and WebAssembly of this thread alone: PGlite has one of its own. Memory that helper threads share is not in it. */
const ownBytes = () => {
  globalThis.gc?.();
  globalThis.gc?.(); // what a collected object held outside of the heap
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Asks each question; the ids that were found, and the times in milliseconds. */
async function ask(search, before = async () => {}) {
  const [found, times] = [[], []];
  for (const { question } of asked) {
    await before();
    const begin = performance.now();
    found.push(await search(question));
    times.push(1000 * seconds(begin));
  }
  return { found, times };
}

/** Of finding the text that the question is of: 1 / log2(1 + rank), 0 beyond ten. */
function ndcg(found, questions = asked) {
  const gains = found.map((ids, i) => {
    const rank = ids.slice(0, 10).indexOf(questions[i].id);
    return rank < 0 ? 0 : 1 / Math.log2(rank + 2);
  });
  return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

function recall(found, reference) {
  const answered = reference.map((_, i) => i).filter((i) => reference[i].length > 0);
  const shares = answered.map((i) => found[i].filter((id) => reference[i].includes(id)).length / reference[i].length);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function tell(label, { found, times }, reference, questions = asked) {
  const quality = [`nDCG@10 ${ndcg(found, questions).toFixed(3)}`];
  if (reference) quality.unshift(`recall@10 ${recall(found, reference).toFixed(3)}`);
  console.log(
    `  ${label.padEnd(24)} p50 ${percentile(times, 0.5).toFixed(2)} ms, p95 ${percentile(times, 0.95).toFixed(2)} ms, ${quality.join(', ')}`,
  );
}

const folder = values.keep
  ? join(tmpdir(), `wordkin-bench-kept-${values.keep}`)
  : mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
mkdirSync(folder, { recursive: true });
const collection = `bench_${values.keep ?? process.pid}`;
const server = values.postgres && new pg.Client(values.postgres);
await server?.connect();
/** @param {import('wordkin').TextStoreOptions} options */
const openPglite = (options = {}) => openTextStore(join(folder, 'store'), options);
/** @param {import('wordkin').TextStoreOptions} options */
const openPostgres = (options = {}) => openTextStore(values.postgres, { collection, ...options });
const stores = {
  memory: { open: async () => new MemoryTextStore() },
  PGlite: { open: openPglite },
  'PGlite, in memory': { open: openPglite, isFilled: true },
  ...(values.postgres && {
    PostgreSQL: { open: openPostgres },
    'PostgreSQL, in memory': { open: openPostgres, isFilled: true },
  }),
};
const diskBytes = {
  PGlite: () => Number(execFileSync('du', ['-sb', join(folder, 'store')], { encoding: 'utf8' }).split('\t')[0]),
  PostgreSQL: async () =>
    (
      await server.query(
        'select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class where relkind = $1 and relname like $2',
        ['r', `wordkin_${collection}%`],
      )
    ).rows[0].bytes,
};
const chosen = values.stores?.split(',') ?? Object.keys(stores).map((name) => name.split(',')[0]);
const everyTenth = (i) => i % 10 === 3;
/** @type {Record<string, { options: import("wordkin").TextSearchOptions, allows?: (i: number) => boolean }>} */
const SEARCHES = {
  cosine: { options: {} },
  'cosine, 1 of 10': { options: { where: 'group = 3' }, allows: everyTenth },
  'cosine, 1 of 1,000': { options: { where: 'number < 100' }, allows: (i) => i < 100 },
  Euclidean: { options: { metric: 'euclidean' } },
  hybrid: { options: { hybrid: true } },
  'hybrid, 1 of 10': { options: { hybrid: true, where: 'group = 3' }, allows: everyTenth },
};
const { dimensions } = encoder;
const vectors = new Float32Array(texts.length * dimensions);
texts.forEach(({ text }, i) => vectors.set(encoder.encode(text).vector, i * dimensions));
/** So many of the questions tell the recall: each is compared with all vectors. */
const comparedCount = Math.max(1, Math.min(asked.length, Math.floor(2e7 / texts.length)));
/** As deep as hybrid search looks. */
const DEPTH = 100;
/** The exact answers to the first questions. */
const exact = {};

/** The numbers of the nearest texts, best first, by comparing all in float64. */
function nearest(question, { metric = 'cosine' }, allows = (_) => true) {
  const { vector, knownTokens } = encoder.encode(question);
  /** @type {{ i: number, value: number }[]} */
  const best = [];
  for (let i = 0; knownTokens > 0 && i < texts.length; i++) {
    if (!allows(i)) continue;
    let [product, squares, distance] = [0, 0, 0];
    for (let d = 0, at = i * dimensions; d < dimensions; d++) {
      const [x, q] = [vectors[at + d], vector[d]];
      product += x * q;
      squares += x * x;
      distance += (x - q) * (x - q);
    }
    if (metric === 'cosine' && squares === 0) continue; // no direction
    const value = metric === 'cosine' ? product / Math.sqrt(squares) : -distance;
    if (best.length === DEPTH && value <= best[DEPTH - 1].value) continue;
    let place = best.length;
    while (place > 0 && best[place - 1].value < value) place--;
    best.splice(place, 0, { i, value });
    if (best.length > DEPTH) best.pop();
  }
  return best.map(({ i }) => i);
}

async function answerExactly(label, store) {
  const { options, allows } = SEARCHES[label];
  exact[label] = [];
  for (const { question } of asked.slice(0, comparedCount)) {
    let ids = nearest(question, options, allows).map((i) => texts[i].id);
    if (options.hybrid) {
      const where = typeof options.where === 'string' ? parseFilter(options.where) : undefined;
      const tokens = encoder.tokenizer.tokenize(question);
      const words = await store.searchWords({ tokens, count: DEPTH, where });
      ids = fuseRankings(words, ids).map(({ item }) => item);
    }
    exact[label].push(ids.slice(0, 10));
  }
}

/** By words alone. */
const searchWords = (index) => async (question) =>
  (await index.store.searchWords({ tokens: encoder.tokenizer.tokenize(question), count: 10 })).map(({ item }) => item);

function isInPart(name, isFilled) {
  return !values.part || name === 'memory' || (values.part === 'in-memory') === isFilled;
}

/** What a store takes that is held in memory, beside the database. */
async function measureBytes(name, open) {
  const store = await open({ scanHelpers: 0 });
  const before = ownBytes();
  await store.keepInMemory();
  const held = ownBytes() - before;
  const where = parseFilter('group = 3');
  await store.searchWords({ tokens: ['the'], count: 1, where });
  const [bytes, more] = [held, ownBytes() - before - held].map((bytes) => Math.round(bytes / texts.length));
  console.log(`${name}: ${bytes} bytes a text, ${more} more with a search by words and the column of a condition`);
  await store.close();
}

/** @param {{ open: (options?: import("wordkin").TextStoreOptions) => Promise<import("wordkin").TextStore>, isFilled?: boolean }} store */
async function measureStore(name, store) {
  const { open, isFilled } = store;
  if (isFilled && globalThis.gc) await measureBytes(name, open);
  const before = memoryBytes();
  let begin = performance.now();
  const index = await TextIndex.open(encoder, await open(), { inMemory: isFilled === true });
  const opened = seconds(begin);
  if ((await index.count()) === texts.length) console.log(`${name}: opened in ${opened.toFixed(1)} s`);
  else {
    if (values.part && values.part !== 'fill') throw new Error(`${name} is not filled: run --part fill first`);
    begin = performance.now();
    await index.add(texts);
    const fill = seconds(begin);
    begin = performance.now();
    const kind = values['no-graph'] ? 'no graph' : await index.optimize();
    console.log(
      `${name}: filled in ${fill.toFixed(1)} s (${Math.round(texts.length / fill)} texts/s with their vectors), index ${seconds(begin).toFixed(1)} s (${kind})`,
    );
    begin = performance.now();
    await index.search(asked[0].question, { hybrid: true });
    console.log(`  first hybrid search      ${seconds(begin).toFixed(2)} s`);
  }
  if (values.part === 'fill') return await index.close();
  const search = (options) => async (question) => (await index.search(question, options)).map(({ id }) => id);
  await ask(search({ hybrid: true })); // compiled
  for (const [label, { options }] of Object.entries(SEARCHES)) {
    const answers = await ask(search(options));
    if (!exact[label]) await answerExactly(label, index.store);
    tell(label, answers, exact[label]);
  }
  tell('words alone', await ask(searchWords(index)));
  let added = 0;
  const add = async () => void (await index.add([{ ...texts[added % texts.length], id: `new ${added++}` }]));
  tell('hybrid after one added', await ask(search({ hybrid: true }), add));
  await index.delete(Array.from({ length: added }, (_, i) => `new ${i}`));
  const disk = await diskBytes[name]?.();
  const bytes = memoryBytes();
  console.log(
    `  ${disk ? `disk ${megabytes(disk)}, ` : ''}memory of the process ${megabytes(bytes)}, ${Math.round((bytes - before) / texts.length)} bytes a text more than before\n`,
  );
  await index.close();
}

async function measurePeers() {
  const { default: MiniSearch } = await import('minisearch');
  const begin = performance.now();
  const mini = new MiniSearch({ fields: ['text'] });
  mini.addAll(texts);
  console.log(`MiniSearch: filled in ${seconds(begin).toFixed(1)} s`);
  const searchMini = (question) =>
    mini
      .search(question)
      .slice(0, 10)
      .map(({ id }) => id);
  await ask(searchMini);
  tell('words alone', await ask(searchMini));
  console.log(`  memory of the process ${memory()}\n`);
  await measureOrama();
}

/** With fewer texts, and beside ours with as many: to fill it and to ask it takes time that grows with both. */
async function measureOrama() {
  const some = texts.slice(0, Number(values.orama));
  const own = asked.filter(({ id }) => Number(id.slice(1)) < some.length);
  const index = await TextIndex.open(encoder, new MemoryTextStore());
  await index.add(some);
  const limit = 1000 * Number(values['peer-seconds']);
  const ended = performance.now() + limit;
  const { create, insertMultiple, search } = await import('@orama/orama');
  let begin = performance.now();
  const database = await create({ schema: { id: 'string', text: 'string' } });
  await insertMultiple(
    database,
    some.map(({ id, text }) => ({ id, text })),
    1000,
  );
  console.log(`Orama, ${some.length} texts: filled in ${seconds(begin).toFixed(1)} s`);
  const searches = {
    'words alone': async (question) => {
      const { hits } = await search(database, { term: question, properties: ['text'], limit: 10 });
      return hits.map(({ document }) => document.id);
    },
    'the same, wordkin': searchWords(index),
  };
  for (const [label, ask] of Object.entries(searches)) {
    const [found, times] = [[], []];
    for (const { question } of [...own.slice(0, 1), ...own]) {
      begin = performance.now();
      if (label === 'words alone' && begin > ended) break;
      found.push(await ask(question));
      times.push(1000 * seconds(begin));
    }
    if (found.length > own.length) tell(label, { found: found.slice(1), times: times.slice(1) }, undefined, own);
    else
      console.log(
        `  ${label.padEnd(24)} no answer to ${own.length + 1 - found.length} of ${own.length + 1} questions within ${limit / 1000} s; p50 of the others ${times.length > 0 ? percentile(times, 0.5).toFixed(1) : '–'} ms`,
      );
  }
  console.log(`  memory of the process ${memory()}\n`);
}

async function measureUsearch() {
  const { Index, MetricKind } = createRequire(join(resolve(values.usearch), 'package.json'))('usearch');
  let begin = performance.now();
  const index = new Index({ metric: MetricKind.Cos, dimensions });
  for (let i = 0; i < texts.length; i++) index.add(BigInt(i), vectors.slice(i * dimensions, (i + 1) * dimensions));
  console.log(`usearch: filled in ${seconds(begin).toFixed(1)} s (vectors that are there)`);
  const [found, times] = [[], []];
  for (const { question } of asked) {
    begin = performance.now();
    const { vector, knownTokens } = encoder.encode(question);
    const { keys } = knownTokens > 0 ? index.search(vector, 10, 1) : { keys: [] };
    found.push(Array.from(keys, (key) => texts[Number(key)].id));
    times.push(1000 * seconds(begin));
  }
  if (!exact.cosine) await answerExactly('cosine', undefined);
  tell('cosine', { found, times }, exact.cosine);
  console.log(`  memory of the process ${memory()}\n`);
}

/** What `inMemory` holds of many texts: ids, words and codes. `MemoryTextStore` holds the vectors, the texts and their metadata, too. */
async function measureParts() {
  const [{ TextIds }, { TermIndex }, { WordNumbers }, { CodeIndex }, { VectorIndex }] = await Promise.all([
    import('../dist/store/text-ids.js'),
    import('../dist/search/term-index.js'),
    import('../dist/search/word-numbers.js'),
    import('../dist/search/code-index.js'),
    import('../dist/search/vector-index.js'),
  ]);
  const vectorOf = (i) => vectors.subarray(i * dimensions, (i + 1) * dimensions);
  const numbers = new WordNumbers();
  const encode = (i, fresh = new Map()) => ({
    fresh: fresh.keys(),
    words: numbers.encode(encoder.tokenizer.tokenize(texts[i].text), fresh, (word) => word !== ''),
  });
  /** Each makes a part; what it returns takes a text. */
  const parts = {
    ids:
      (part = new TextIds()) =>
      (i) =>
        part.add(texts[i].id, i),
    'numbers of words': () => (i) => numbers.add(encode(i).fresh),
    'words of texts':
      (part = new TermIndex()) =>
      (i) =>
        part.set(i, encode(i).words),
    codes:
      (part = new CodeIndex(dimensions, { helperCount: 0 })) =>
      (i) =>
        part.set(i, vectorOf(i)),
    'vectors with codes':
      (part = new VectorIndex(dimensions, 0)) =>
      (i) =>
        part.set(i, vectorOf(i)),
    'texts and metadata as strings':
      (part = []) =>
      (i) =>
        part.push(Buffer.from(texts[i].text).toString(), JSON.stringify(texts[i].metadata)),
  };
  const sizes = Object.entries(parts).map(([label, make]) => {
    const before = ownBytes();
    const add = make();
    for (let i = 0; i < texts.length; i++) add(i);
    const bytes = (ownBytes() - before) / texts.length;
    return { label, bytes, add }; // with it what is measured is still there
  });
  const words = texts.reduce((sum, { text }) => sum + encoder.tokenizer.tokenize(text).length, 0) / texts.length;
  console.log(
    `Bytes a text: ${sizes.map(({ label, bytes }) => `${label} ${bytes.toFixed(1)}`).join(', ')}; ${words.toFixed(1)} words and ${dimensions} dimensions: twice that is ${Math.round(2 * (words + dimensions))}\n`,
  );
}

/** Each question by an index of each number of helpers, in turn. */
async function measureHelpers() {
  await import('../dist/node/scan-threads.js');
  const { VectorIndex } = await import('../dist/search/vector-index.js');
  const { BitSet } = await import('../dist/search/bit-set.js');
  const counts = values.helpers.split(',').map(Number);
  const indexes = counts.map((helpers) => new VectorIndex(dimensions, helpers));
  for (const index of indexes)
    for (let i = 0; i < texts.length; i++) index.set(i, vectors.subarray(i * dimensions, (i + 1) * dimensions));
  const tenth = new BitSet(texts.length);
  for (let i = 0; i < texts.length; i++) if (everyTenth(i)) tenth.add(i);
  const queries = asked.map(({ question }) => encoder.encode(question).vector);
  /** @type {Record<string, { metric: import('wordkin').Metric, rows?: InstanceType<typeof BitSet> }>} */
  const kinds = {
    cosine: { metric: 'cosine' },
    'cosine, 1 of 10': { metric: 'cosine', rows: tenth },
    Euclidean: { metric: 'euclidean' },
  };
  console.log('The scan of the vectors alone, p50 / p95, ms');
  for (const [label, kind] of Object.entries(kinds)) {
    const times = counts.map(() => []);
    let different = 0;
    for (const round of [0, 1, 2])
      for (const [i, vector] of queries.entries()) {
        const answers = indexes.map((_, turn) => {
          const at = (turn + i) % indexes.length;
          const begin = performance.now();
          const hits = indexes[at].search({ vector, count: 10, ...kind });
          if (round > 0) times[at].push(1000 * seconds(begin)); // the first compiles, and starts the helpers
          return JSON.stringify(hits);
        });
        if (new Set(answers).size > 1) different++;
        if (i % 20 === 0) await new Promise((done) => setTimeout(done)); // what helpers report is heard
      }
    const figures = counts.map(
      (helpers, at) =>
        `${helpers} helper${helpers === 1 ? '' : 's'} ${percentile(times[at], 0.5).toFixed(2)} / ${percentile(times[at], 0.95).toFixed(2)}`,
    );
    console.log(`  ${label.padEnd(24)} ${figures.join(', ')}; ${different} answers differ`);
  }
  for (const index of indexes) index.close();
  console.log('');
}

try {
  for (const [name, store] of Object.entries(stores))
    if (chosen.includes(name.split(',')[0]) && isInPart(name, 'isFilled' in store)) await measureStore(name, store);
  if (values.peers) await measurePeers();
  if (values.usearch) await measureUsearch();
  if (values.parts) await measureParts();
  if (values.helpers) await measureHelpers();
} finally {
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
  if (server) {
    for (const part of values.keep ? [] : ['', ' word', ' deleted'])
      await server.query(`drop table if exists "wordkin_${collection}${part}"`);
    if (!values.keep)
      await server.query('delete from wordkin_collections where name = $1', [collection]).catch(() => {});
    await server.end();
  }
}
