// What the server takes: requests of one sentence beside a bare handler of hono that reads the same JSON and answers a constant
// vector, and batches of 1,000 sentences beside bench/sentence-vectors.mjs; the client (autocannon) runs on the same processors.
//
//     node bench/server.mjs [MODEL TEXTS] [--seconds 5] [--rounds 3] [--encoding base64|float] [--quiet] [--smoke]
//
// Each part is printed as soon as it is known; all take about two minutes. --quiet: without the server's lines of JSON, one a request.
// Without MODEL a model of 50,000 words × 100 dimensions and texts of these words are made by a fixed rule.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import autocannon from 'autocannon';
import { Hono } from 'hono';
import { createSentenceEncoder, EmbeddingModel, loadModel, saveModel } from 'wordkin';
import { normalized } from '../dist/math/vector-operations.js';

const CONNECTIONS = 20;
const WORDS = 12;
const BATCH = 1000;
const BATCH_WORDS = 8;
const root = fileURLToPath(new URL('..', import.meta.url));

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    encoding: { type: 'string', default: 'base64' },
    quiet: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    bare: { type: 'string' }, // this script as the bare handler, with so many dimensions
  },
});
const seconds = Number(values.seconds ?? (values.smoke ? 0.1 : 5));
const rounds = Number(values.rounds ?? (values.smoke ? 1 : 3));
const { encoding } = values;

if (values.bare) {
  const vector = Float32Array.from({ length: Number(values.bare) }, (_, i) => Math.sin(i + 1) / 3);
  const numbers = Array.from(vector, (value) => Number(value.toPrecision(7)));
  const embedding = encoding === 'float' ? numbers : Buffer.from(vector.buffer).toString('base64');
  const app = new Hono();
  app.post('/v1/embeddings', async (c) => {
    const { model } = await c.req.json();
    const data = [{ object: 'embedding', index: 0, embedding }];
    return c.json({ object: 'list', data, model, usage: { prompt_tokens: WORDS, total_tokens: WORDS } });
  });
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.error(`http://127.0.0.1:${port} `));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
  const children = [];
  try {
    await bench(folder, children);
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bench(folder, children) {
  const [modelPath, textsPath] = positionals.length > 0 ? positionals : await makeModel(folder);
  if (!textsPath) throw new Error('Give MODEL and TEXTS');
  const encoder = await createSentenceEncoder(await loadModel(modelPath));
  const words = readFileSync(textsPath, 'utf8').split(/\s+/).slice(0, 2_000_000);
  const start = async (...args) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    let told = '';
    for await (const data of child.stderr) {
      told += data;
      const url = /http:\/\/[\d.]+:\d+/.exec(told)?.[0];
      if (url) return { url, child };
    }
    throw new Error(`${args[0]} ended: ${told}`);
  };
  const silence = values.quiet ? ['--quiet'] : [];
  const own = await start(join(root, 'dist/cli/main.js'), 'serve', `bench=${modelPath}`, '--port', '0', ...silence);
  const bare = await start(
    fileURLToPath(import.meta.url),
    '--bare',
    String(encoder.dimensions),
    '--encoding',
    encoding,
  );
  await compareAnswer(own.url, encoder, words.slice(0, WORDS).join(' '));
  await measureSingle(own.url, bare.url, words);
  await measureBatches(own.url, words, [modelPath, textsPath]);
}

async function measureSingle(own, bare, words) {
  const requests = Array.from({ length: 256 }, (_, i) => body(words.slice(i * WORDS, (i + 1) * WORDS).join(' ')));
  const sides = [
    ['bare', bare],
    ['own', own],
  ];
  /** What `measure` gives of both, by turns, round for round. */
  const byTurns = async (options, measure) => {
    const figures = { own: [], bare: [] };
    for (let round = 0; round < rounds; round++)
      for (const [name, url] of sides) figures[name].push(measure(await load(url, requests, options)));
    const ratios = figures.own.map((value, i) => value / figures.bare[i]);
    const told = `${median(ratios).toFixed(2)} × (rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`;
    return { own: median(figures.own), bare: median(figures.bare), told };
  };
  // Compiled and warm, before anything counts.
  if (!values.smoke)
    for (const [, url] of sides)
      await load(url, requests, { connections: CONNECTIONS, duration: Math.min(2, seconds) });
  const rate = await byTurns({ connections: CONNECTIONS }, ({ rate }) => rate);
  console.log(
    `one sentence a request, ${CONNECTIONS} connections, ${encoding}: ${number(rate.own)} requests a second, bare handler ${number(rate.bare)}: ${rate.told}`,
  );
  const overallRate = Math.ceil(rate.own / 2);
  const p99 = await byTurns({ connections: CONNECTIONS, overallRate }, ({ times }) => percentile(times, 0.99));
  console.log(
    `at half that rate, ${number(overallRate)} a second: p99 ${p99.own.toFixed(2)} ms, bare handler ${p99.bare.toFixed(2)} ms: ${p99.told}`,
  );
}

async function measureBatches(own, words, files) {
  const count = Math.min(64, Math.floor(words.length / (BATCH * BATCH_WORDS)));
  const requests = Array.from({ length: count }, (_, r) =>
    body(
      Array.from({ length: BATCH }, (_, i) => {
        const begin = (r * BATCH + i) * BATCH_WORDS;
        return words.slice(begin, begin + BATCH_WORDS).join(' ');
      }),
    ),
  );
  if (!values.smoke) await load(own, requests, { connections: 4, duration: Math.min(2, seconds) });
  const rates = [];
  for (let round = 0; round < rounds; round++) {
    const { rate } = await load(own, requests, { connections: 4 });
    rates.push(BATCH * rate);
  }
  const sentences = median(rates);
  console.log(
    `batches of ${BATCH} sentences of ${BATCH_WORDS} words, ${encoding}: ${number(sentences)} sentences a second (rounds ${rates.map(number).join(', ')})`,
  );
  const [, one, two] = /: ([\d,]+) sentences.* ([\d,]+) on two/.exec(await sentenceVectors(files));
  const share = (text) => `${((100 * sentences) / Number(text.replaceAll(',', ''))).toFixed(0)} %`;
  console.log(`bench/sentence-vectors.mjs on one thread ${one} (${share(one)}), on two ${two} (${share(two)})`);
}

async function sentenceVectors(files) {
  const flags = ['--rounds', values.smoke ? '1' : '3', '--tokenizers', 'own'];
  const args = [join(root, 'bench/sentence-vectors.mjs'), ...files, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const data of child.stdout) text += data;
  return text;
}

/** Runs autocannon; refuses to count answers that are errors. */
async function load(url, bodies, options) {
  const times = [];
  // Of each time, of at most a second, it counts the answers.
  const duration = options.duration ?? seconds;
  const sampleSeconds = Math.min(1, duration / 2);
  const run = autocannon({
    url: `${url}/v1/embeddings`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: bodies.map((text) => ({ body: text })),
    duration,
    sampleInt: 1000 * sampleSeconds,
    ...options,
  });
  run.on('response', (_, __, ___, milliseconds) => times.push(milliseconds));
  const result = await run;
  if (result.non2xx + result.errors + result.timeouts > 0)
    throw new Error(`${result.non2xx} answers were refusals, ${result.errors} connections failed`);
  // A machine that is busy with other things may need longer for the first answer.
  if (times.length === 0) return load(url, bodies, { ...options, duration: 2 * duration });
  return { rate: result.requests.average / sampleSeconds, times };
}

function body(input) {
  return JSON.stringify({ model: 'bench', input, encoding_format: encoding });
}

async function compareAnswer(url, encoder, text) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const given = JSON.stringify({ model: 'bench', input: text, encoding_format: 'base64' });
  const { data } = await (await fetch(`${url}/v1/embeddings`, { ...init, body: given })).json();
  const bytes = Buffer.from(data[0].embedding, 'base64');
  if (!bytes.equals(Buffer.from(normalized(encoder.encode(text).vector).buffer)))
    throw new Error('the server gives another vector');
}

async function makeModel(folder) {
  const [size, dimensions] = values.smoke ? [200, 8] : [50_000, 100];
  const words = Array.from({ length: size }, (_, i) => `w${i.toString(36)}`);
  const model = new EmbeddingModel({
    words,
    dimensions,
    inputVectors: Float32Array.from({ length: size * dimensions }, (_, i) => Math.sin(i * 0.731 + (i % 97))),
    counts: Float64Array.from(words, (_, i) => Math.ceil(1e6 / (i + 1))),
    tokenizer: { name: 'words', version: 2 },
  });
  const files = [join(folder, 'bench.safetensors'), join(folder, 'bench.txt')];
  await saveModel(model, files[0]);
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const lines = Array.from({ length: values.smoke ? 400 : 50_000 }, () =>
    Array.from({ length: 24 }, () => words[Math.floor(size ** next()) - 1]).join(' '),
  );
  writeFileSync(files[1], lines.join('\n'));
  return files;
}

function percentile(times, share) {
  return times.sort((a, b) => a - b)[Math.floor(share * (times.length - 1))];
}

function median(list) {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}

function number(value) {
  return Math.round(value).toLocaleString('en');
}
