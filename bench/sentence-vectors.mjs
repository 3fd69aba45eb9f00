// Sentence vectors a second: at most 100,000 short sentences (8 words) cut from the beginning of TEXTS, on one thread and on two,
// each with the model read by itself.
//
//     node bench/sentence-vectors.mjs MODEL TEXTS [--rounds 5] [--tokenizers whitespace,words]
//
// The tokenizer `own` is that of the model.
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadModel } from 'wordkin/model';
import { createSentenceEncoder } from 'wordkin/sentences';
import { openTextFiles, textLines } from 'wordkin/text';
import { benchArguments } from './library/smoke.mjs';

const COUNT = 100_000;
const WORDS = 8;

async function measure({ modelPath, textsPath, tokenizer, rounds }) {
  const encoder = await createSentenceEncoder(await loadModel(modelPath), tokenizer === 'own' ? undefined : tokenizer);
  const sentences = [];
  for (const source of await openTextFiles([textsPath], { format: 'text' })) {
    for await (const line of textLines(source)) {
      const words = line.split(' ');
      for (let at = 0; at + WORDS <= words.length && sentences.length < COUNT; at += WORDS)
        sentences.push(Buffer.from(words.slice(at, at + WORDS).join(' ')).toString()); // flat, as read from a file
      if (sentences.length === COUNT) break;
    }
  }
  const rates = [];
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    for (const sentence of sentences) sum += encoder.encode(sentence).vector[0];
    rates.push((1000 * sentences.length) / (performance.now() - begin));
  }
  if (Number.isNaN(sum)) throw new Error('a vector is not a number');
  return rates;
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
if (!isMainThread) {
  parentPort.postMessage(await measure(workerData));
} else {
  const { positionals, values } = parseArgs({
    args: await benchArguments(async (text, model) => [await model(), text, '--rounds', '1']),
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      tokenizers: { type: 'string', default: 'whitespace,words' },
    },
  });
  const [modelPath, textsPath] = positionals;
  if (!textsPath) throw new Error('Give MODEL and TEXTS');
  const run = (tokenizer) =>
    new Promise((resolve, reject) => {
      const workerData = { modelPath, textsPath, tokenizer, rounds: Number(values.rounds) };
      const worker = new Worker(new URL(import.meta.url), { workerData });
      worker.once('message', resolve).once('error', reject);
    });
  for (const tokenizer of values.tokenizers.split(',')) {
    const one = median(await run(tokenizer));
    const two = await Promise.all([run(tokenizer), run(tokenizer)]);
    const both = two.reduce((sum, rates) => sum + median(rates), 0);
    const number = (value) => Math.round(value).toLocaleString('en');
    console.log(
      `${tokenizer}: ${number(one)} sentences a second on one thread, ${number(both)} on two (${(both / one).toFixed(2)} ×)`,
    );
  }
}
