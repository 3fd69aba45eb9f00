// The server at full load for minutes, and at ten times what it can do: each answer is compared, memory is watched.
//
//     node test/soak-server.mjs [--minutes 10] [--overload-seconds 15]
//
// Good and bad requests come mixed; once a minute another model takes the place of the served one; SIGTERM ends it under load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createSentenceEncoder, EmbeddingModel, saveModel } from 'wordkin';
import { normalized } from '../dist/math/vector-operations.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    'overload-seconds': { type: 'string', default: '15' },
  },
});
const minutes = Number(values.minutes);
const folder = mkdtempSync(join(tmpdir(), 'wordkin-soak-'));
const served = join(folder, 'served.safetensors');
const WORDS = Array.from({ length: 20_000 }, (_, i) => `w${i.toString(36)}`);
const DIMENSIONS = 100;

async function makeModel(path, seed) {
  const model = new EmbeddingModel({
    words: WORDS,
    dimensions: DIMENSIONS,
    inputVectors: Float32Array.from({ length: WORDS.length * DIMENSIONS }, (_, i) => Math.sin(seed + i * 0.731)),
    counts: Float64Array.from(WORDS, (_, i) => Math.ceil(1e6 / (i + 1))),
    tokenizer: { name: 'words', version: 2 },
  });
  await saveModel(model, path);
  return createSentenceEncoder(model);
}

const sentence = (n) => Array.from({ length: 12 }, (_, i) => WORDS[(n * 7919 + i * i * 31) % WORDS.length]).join(' ');
const encoders = [await makeModel(served, 1), await makeModel(join(folder, 'other.safetensors'), 2)];
const base64 = (encoder, text) => Buffer.from(normalized(encoder.encode(text).vector).buffer).toString('base64');
const TEXTS = Array.from({ length: 1000 }, (_, n) => sentence(n));
const ANSWERS = encoders.map((encoder) => TEXTS.map((text) => base64(encoder, text)));

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const child = spawn(process.execPath, [main, 'serve', served, '--port', '0', '--watch'], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
/** Milliseconds of the refusals, as the server's log has them. */
const refusalTimes = [];
let line = '';
child.stdout.setEncoding('utf8').on('data', (data) => {
  const lines = (line + data).split('\n');
  line = lines.pop();
  for (const text of lines)
    if (text.includes('"status":503')) refusalTimes.push(Number(/"milliseconds":([\d.]+)/.exec(text)[1]));
});
const ended = once(child, 'exit');
let told = '';
const url = await new Promise((resolve, reject) => {
  child.stderr.on('data', (data) => {
    told += data;
    const found = /serves .* at (http:\S+);/.exec(told);
    if (found) resolve(found[1]);
  });
  void ended.then(() => reject(new Error(told)));
});
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Sends a body; gives status and answer. */
function send(path, body, { type = 'application/json' } = {}) {
  return new Promise((resolve, reject) => {
    const sending = request(
      `${url}${path}`,
      { method: 'POST', agent, headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (data) => (text += data));
        response.on('end', () => resolve({ status: response.statusCode, text }));
        response.on('error', reject);
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}

const single = (n) => ({
  body: JSON.stringify({ model: 'served', input: TEXTS[n % TEXTS.length], encoding_format: 'base64' }),
  texts: [n % TEXTS.length],
});
const batch = (count) => ({
  body: JSON.stringify({ model: 'served', input: TEXTS.slice(0, count), encoding_format: 'base64' }),
  texts: Array.from({ length: count }, (_, i) => i),
});
/** Whether an answer is that of one of the two models. */
function isRight({ status, text }, { texts }) {
  if (status !== 200) return false;
  const data = JSON.parse(text).data.map(({ embedding }) => embedding);
  return ANSWERS.some((answers) => texts.every((n, i) => data[i] === answers[n])) && data.length === texts.length;
}

const BAD = [
  ['{"model"', 400],
  ['{"model":"served","input":[]}', 400],
  ['{"model":"none","input":"x"}', 404],
  [`{"model":"served","input":"${'x'.repeat(5_000_000)}"}`, 413],
  ['{"model":"served","input":[1,2]}', 400],
];
/** Sends one request after the other; tells how long each refusal took. */
const PROBE = `
  const { workerData: { url, body }, parentPort } = require('node:worker_threads');
  const { request, Agent } = require('node:http');
  const agent = new Agent({ keepAlive: true });
  const times = [];
  let ended = false;
  parentPort.once('message', () => (ended = true));
  const ask = () => {
    if (ended) return parentPort.postMessage(times);
    const begin = performance.now();
    const again = () => setTimeout(ask, 10);
    const sending = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (response) => {
      if (response.statusCode === 503) times.push(performance.now() - begin);
      response.resume().on('end', again);
    });
    sending.on('error', again).end(body);
  };
  ask();
`;
const residentBytes = () => 4096 * Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

async function soak() {
  const counts = { good: 0, bad: 0, wrong: 0, dropped: 0 };
  let stopping = false;
  const loops = Array.from({ length: 16 }, async (_, loop) => {
    for (let n = loop; ; n += 16) {
      const isBad = n % 10 === 9;
      const [body, status] = BAD[n % BAD.length];
      const good = n % 50 === 3 ? batch(500) : single(n);
      try {
        const answer = await send('/v1/embeddings', isBad ? body : good.body);
        if (isBad ? answer.status === status : isRight(answer, good)) counts[isBad ? 'bad' : 'good']++;
        else {
          counts.wrong++;
          console.error(answer.status, answer.text.slice(0, 200));
        }
      } catch (error) {
        // The one refused connection that ends each loop comes after SIGTERM; a body of 5 MB that is refused may find its socket closed.
        if (stopping && error.code === 'ECONNREFUSED') return;
        if (isBad && status === 413 && /EPIPE|ECONNRESET/.test(error.code)) continue;
        counts.dropped++;
        console.error(error.code, error.message);
        if (stopping) return;
      }
    }
  });
  const means = [];
  const begin = performance.now();
  for (let minute = 0; minute < minutes; minute++) {
    const samples = [];
    while (performance.now() - begin < (minute + 1) * 60_000) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      samples.push(residentBytes());
    }
    means.push(samples.reduce((a, b) => a + b, 0) / samples.length);
    await makeModel(join(folder, 'next.safetensors'), minute % 2 === 0 ? 2 : 1);
    renameSync(join(folder, 'next.safetensors'), served);
  }
  stopping = true;
  child.kill('SIGTERM');
  await Promise.all(loops);
  const [code] = await ended;
  const taken = told.split('taken over anew').length - 1;
  console.log(`${minutes} minutes: ${JSON.stringify(counts)}, ${taken} models taken over, exit code ${code}`);
  const growth = minutes > 2 ? `; last against second ${(100 * (means.at(-1) / means[1] - 1)).toFixed(1)} %` : '';
  console.log(`resident memory a minute: ${means.map(megabytes).join(', ')}${growth}`);
}

async function overload(seconds) {
  const heavy = batch(1000);
  const measure = async (connections, duration) => {
    let done = 0;
    const end = performance.now() + duration;
    const loop = async () => {
      while (performance.now() < end) if (isRight(await send('/v1/embeddings', heavy.body), heavy)) done++;
    };
    await Promise.all(Array.from({ length: connections }, loop));
    return (1000 * done) / duration;
  };
  await measure(4, 2000);
  const before = await measure(4, 5000);
  const statuses = {};
  const refusals = [];
  // The thread that sends ten times too much has answers wait for itself: another, which is idle, tells how long they take.
  const probe = new Worker(PROBE, { eval: true, workerData: { url: `${url}/v1/embeddings`, body: heavy.body } });
  let [wrong, most] = [0, 0];
  const waiting = new Set();
  const begin = performance.now();
  for (let sent = 0; performance.now() - begin < 1000 * seconds; ) {
    const due = (10 * before * (performance.now() - begin)) / 1000;
    for (; sent < due && waiting.size < 2000; sent++) {
      const one = send('/v1/embeddings', heavy.body).then(
        (answer) => {
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
          if (answer.status !== 503 && !isRight(answer, heavy)) wrong++;
        },
        ({ code }) => {
          statuses[code] = (statuses[code] ?? 0) + 1;
        },
      );
      waiting.add(one);
      void one.finally(() => waiting.delete(one));
    }
    most = Math.max(most, residentBytes());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const probed = once(probe, 'message');
  probe.postMessage('end');
  refusals.push(...(await probed)[0]);
  await Promise.all(waiting);
  const after = await measure(4, 5000);
  const times = (list) => {
    list.sort((a, b) => a - b);
    const at = (share) => list[Math.floor(share * (list.length - 1))]?.toFixed(1) ?? '-';
    return `${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (most)`;
  };
  console.log(
    `overload: ${before.toFixed(0)} batches a second before, ${after.toFixed(0)} after; ten times as many for ${seconds} s: ${JSON.stringify(statuses)}, ${wrong} wrong; refused by the server after ${times(refusalTimes)}, seen by an idle client after ${times(refusals)}; most memory ${megabytes(most)}`,
  );
}

try {
  if (Number(values['overload-seconds']) > 0) await overload(Number(values['overload-seconds']));
  if (minutes > 0) await soak();
  else {
    child.kill('SIGTERM');
    await ended;
  }
} finally {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  agent.destroy();
}
