import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { EmbeddingModel, saveModel } from 'wordkin';

const main = resolve(import.meta.dirname, '../dist/cli/main.js');

export interface RunningServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has told so far. */
  readonly told: () => string;
  /** Lines of JSON, one a request. */
  readonly log: () => string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Runs the built `wordkin serve` on a port that is free. */
export async function startServer(...args: string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [main, 'serve', ...args, '--port', '0']);
  let [told, log] = ['', ''];
  child.stdout.on('data', (data) => (log += data));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const url = await new Promise<string>((resolvePromise, reject) => {
    child.stderr.on('data', (data) => {
      told += data;
      const found = /serves .* at (http:\/\/\S+);/.exec(told);
      if (found) resolvePromise(found[1]);
    });
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${told}`)));
  });
  return { url, child, told: () => told, log: () => log, ended };
}

export const WORDS = 'the king queen man woman harbour ship sea river city news war peace bread apple green'.split(' ');

/** Saves a small model whose vectors follow from `seed`. */
export async function writeModel(path: string, seed = 1): Promise<EmbeddingModel> {
  const dimensions = 10;
  const model = new EmbeddingModel({
    words: WORDS,
    dimensions,
    inputVectors: Float32Array.from({ length: WORDS.length * dimensions }, (_, i) => Math.sin(seed + i * i * 0.37)),
    outputVectors: Float32Array.from({ length: WORDS.length * dimensions }, (_, i) => Math.cos(seed + i * 0.7)),
    counts: Float64Array.from(WORDS, (_, i) => 1000 - 50 * i),
    tokenizer: { name: 'words', version: 2 },
  });
  await saveModel(model, path);
  return model;
}

/** Sends JSON and gives the status, and what was answered. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests compare what is in it
  const json = (await response.json()) as Record<string, any>;
  return { status: response.status, headers: response.headers, json };
}
