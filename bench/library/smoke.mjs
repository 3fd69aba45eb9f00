// `--smoke`: a benchmark on a small text of its own making, once, without the programs it is compared with. So a test sees
// that it starts and what it prints; its figures tell nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The arguments of the command line, or with `--smoke` those that `smallest` gives for a text and, if it asks for one, a
 * model of that text, and what else the command line gives.
 */
export async function benchArguments(smallest) {
  if (!process.argv.includes('--smoke')) return process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const text = join(folder, 'text.txt');
  writeFileSync(text, smallText());
  const args = await smallest(text, () => trainSmallModel(text, join(folder, 'model.safetensors')));
  return [...args, ...process.argv.slice(2).filter((arg) => arg !== '--smoke')];
}

/** 1,000 lines of 12 words. */
function smallText() {
  const line = (i) => Array.from({ length: 12 }, (_, k) => `word${(i * i + 7 * k) % (k < 6 ? 20 : 150)}`).join(' ');
  return `${Array.from({ length: 1000 }, (_, i) => line(i)).join('\n')}\n`;
}

async function trainSmallModel(text, path) {
  const { saveModel, train } = await import('wordkin'); // most benchmarks train none
  const { model } = await train({ files: text }, { dimensions: 8, epochs: 1, threads: 1 });
  await saveModel(model, path);
  return path;
}
