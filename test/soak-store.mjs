// A store under load: texts are added, replaced and deleted while it is searched; at the end everything is compared with brute force.
//
//     node test/soak-store.mjs DATABASE [--seconds 60] [--rate 1000] [--searches 100] [--kills 20] [--in-memory]
//
// DATABASE is a folder that is not there, or postgres://…. With --kills the process that does it is killed (SIGKILL) so many times: what it
// was told as stored must be there, and the searches must agree with the texts. Prints one line of JSON; exit status 1 if anything is wrong.
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { MemoryTextStore, openTextStore, parseFilter } from 'wordkin';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '1000' },
    searches: { type: 'string', default: '100' },
    kills: { type: 'string', default: '0' },
    'in-memory': { type: 'boolean', default: false },
    from: { type: 'string' },
    run: { type: 'string' },
  },
});
const [database] = positionals;
if (!database) throw new Error('Give DATABASE');
const DIMENSIONS = 32;
const NEW_TEXTS = 45;
const OLD_TEXTS = 5;
const MODEL = { fingerprint: 'soak', description: 'soak', dimensions: DIMENSIONS };
const collection = `soak_${values.run ?? process.pid}`;
const open = async () => {
  const store = await openTextStore(database, { collection });
  await store.claim(MODEL);
  if (values['in-memory']) await store.keepInMemory();
  return store;
};

/** 0 … n − 1, of a seed. */
function hash(seed, n) {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % n;
}

function textOf(number, version) {
  const seed = number * 1000 + version;
  const tokens = Array.from({ length: 20 }, (_, i) => `w${Math.floor(2 ** (hash(seed * 31 + i, 1200) / 100))}`);
  return {
    id: `t${number}`,
    text: tokens.join(' '),
    metadata: { version, group: number % 10 },
    vector: Float32Array.from({ length: DIMENSIONS }, (_, d) => hash(seed * 37 + d, 2001) / 1000 - 1),
    tokens,
  };
}

/** Step 2 k puts a batch, some of it old texts anew; step 2 k + 1 deletes a text. */
function stepOf(step) {
  const batch = step >> 1;
  const before = batch * NEW_TEXTS;
  if (step % 2 === 1) return { deleted: hash(step, before + 1) };
  const numbers = new Set(Array.from({ length: NEW_TEXTS }, (_, i) => before + i));
  if (before > 0) for (let i = 0; i < OLD_TEXTS; i++) numbers.add(hash(step * 11 + i, before));
  return { put: [...numbers], version: batch % 1000 };
}

/** Number and version of each text after so many steps. */
function stateAfter(steps) {
  const state = new Map();
  for (let step = 0; step < steps; step++) {
    const { put, version, deleted } = stepOf(step);
    for (const number of put ?? []) state.set(number, version);
    if (deleted !== undefined) state.delete(deleted);
  }
  return state;
}

async function allTexts(store) {
  const found = new Map();
  for (let after; ; ) {
    const page = await store.list({ after, count: 5000 });
    for (const { id, metadata, text } of page) found.set(Number(id.slice(1)), { version: metadata.version, text });
    if (page.length < 5000) return found;
    after = page.at(-1).id;
  }
}

const isSame = (found, state) =>
  found.size === state.size &&
  [...found].every(([n, { version, text }]) => state.get(n) === version && text === textOf(n, version).text);

/** Compares the store with what is known to be in it; returns what is wrong. */
async function verify(store, told, questions = 30) {
  const wrong = [];
  const found = await allTexts(store);
  // What was under way when the process ended may be there or not, in whole.
  const state = [told, told + 1].map(stateAfter).find((one) => isSame(found, one));
  if (!state) return [`texts are not those after ${told} or ${told + 1} steps (${found.size} are there)`];
  const memory = new MemoryTextStore();
  await memory.claim(MODEL);
  const texts = [...state].map(([number, version]) => textOf(number, version));
  for (let i = 0; i < texts.length; i += 1000) await memory.put(texts.slice(i, i + 1000));
  const where = parseFilter('group = 3');
  for (let i = 0; i < questions; i++) {
    const { vector, tokens } = textOf(i * 7, 12345);
    for (const condition of [undefined, where]) {
      const question = { tokens: tokens.slice(0, 5), count: 10, where: condition };
      const [a, b] = [await store.searchWords(question), await memory.searchWords(question)];
      /** @type {import('wordkin/store').Metric} */
      const metric = i % 2 ? 'cosine' : 'euclidean';
      const byVector = { vector, metric, count: 10, where: condition };
      const [c, d] = [await store.searchVectors(byVector), await memory.searchVectors(byVector)];
      if (JSON.stringify(a) !== JSON.stringify(b)) wrong.push(`words: ${JSON.stringify([a[0], b[0]])}`);
      if (JSON.stringify(c.map(({ id }) => id)) !== JSON.stringify(d.map(({ id }) => id)))
        wrong.push(`vectors: ${JSON.stringify([c[0], d[0]])}`);
    }
  }
  return wrong;
}

/** Runs steps at a rate and searches beside; tells of each step that was stored. */
async function load(store, from, seconds, onStep) {
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  const times = [];
  let step = from;
  let searches = 0;
  const write = async () => {
    for (; elapsed() < seconds; step++) {
      const due = (((step - from) >> 1) * (NEW_TEXTS + OLD_TEXTS)) / Number(values.rate);
      if (due > elapsed()) await new Promise((done) => setTimeout(done, 1000 * (due - elapsed())));
      const { put, version, deleted } = stepOf(step);
      if (put) await store.put(put.map((number) => textOf(number, version)));
      else await store.delete([`t${deleted}`]);
      onStep(step + 1);
    }
  };
  const search = async () => {
    while (elapsed() < seconds) {
      const due = searches / Number(values.searches);
      if (due > elapsed()) await new Promise((done) => setTimeout(done, 1000 * (due - elapsed())));
      const { vector, tokens } = textOf(searches++, 777);
      const start = performance.now();
      await store.searchVectors({ vector, metric: 'cosine', count: 10 });
      await store.searchWords({ tokens: tokens.slice(0, 5), count: 10 });
      times.push(performance.now() - start);
    }
  };
  await Promise.all([write(), search()]);
  times.sort((a, b) => a - b);
  const at = (share) => Number(times[Math.floor(share * (times.length - 1))]?.toFixed(2));
  return { steps: step, seconds: elapsed(), searches: times.length, p50: at(0.5), p99: at(0.99) };
}

if (process.send) {
  // The child that is killed: goes on from a step, tells each that was stored.
  const store = await open();
  await load(store, Number(values.from), 3600, (step) => process.send(step));
} else {
  let told = 0;
  const wrong = [];
  const result = {};
  for (let kill = 0; kill < Number(values.kills); kill++) {
    const child = fork(import.meta.filename, [
      ...process.argv.slice(2),
      '--from',
      String(told),
      '--run',
      String(process.pid),
    ]);
    await new Promise((done, fail) => {
      let steps = 0;
      child.on('message', (step) => {
        told = Number(step);
        // In the middle of one of the next steps, however fast the machine is.
        if (++steps === 2 + hash(kill, 30)) setTimeout(() => child.kill('SIGKILL'), hash(kill + 7, 20));
      });
      child.on('exit', (code, signal) =>
        signal === 'SIGKILL' ? done(undefined) : fail(new Error(`the child ended: ${code}`)),
      );
    });
    const store = await open();
    // What one kill has spoiled is still spoiled after the next.
    wrong.push(...(await verify(store, told, kill % 4 === 3 || kill === Number(values.kills) - 1 ? 30 : 3)));
    // A step that was under way is done again from its state: puts and deletes may be repeated.
    await store.close();
  }
  if (Number(values.seconds) > 0) {
    const store = await open();
    Object.assign(result, await load(store, told, Number(values.seconds), (step) => (told = step)));
    wrong.push(...(await verify(store, told)));
    result.texts = await store.count();
    await store.close();
  }
  console.log(
    JSON.stringify({
      database: database.replace(/\/\/[^@]*@/, '//'),
      kills: Number(values.kills),
      ...result,
      steps: told,
      wrong,
    }),
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
