// Each benchmark with `--smoke` and each example on a small input: they start, end well and print what they promise.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { emptyStore, temporaryFolder } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const folder = temporaryFolder();
const scriptsIn = (name: string) => readdirSync(join(root, name)).filter((file) => file.endsWith('.mjs'));

function run(path: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, path), ...args], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** What is in the figures of each; one that is not listed prints at least a number. */
const FIGURES: Record<string, RegExp> = {
  'model-loading.mjs': /^2000 words × 8 dimensions.*^word2vec binary s +\d+\.\d\d$.*^own memory \/ matrix +\d/ms,
  'nearest-neighbors.mjs': /^500 × 8, ms a query: wordkin [\d.]+, by 16 at a time [\d.]+; index of .* made in \d+ ms/,
  'page.mjs': /^(round 1: page [\d.]+ s, Node [\d.]+ s, ratio|0 rounds)/,
  'preparation.mjs': /^whitespace, 1 +[\d.]+ MB\/s +[\d.]+ MB\/s of CPU.*^words, 2 +[\d.]+ MB\/s/ms,
  'server.mjs':
    /^one sentence a request, .*: [\d.]+ × .*^at half that rate, .*p99.*^batches of 1000 sentences .*^bench\/sentence-vectors\.mjs on one thread .*%\), on two .*%\)/ms,
  'sentence-vectors.mjs': /^whitespace: [\d,]+ sentences a second on one thread, [\d,]+ on two \([\d.]+ ×\)\nwords: /,
  'synthetic-zipf.mjs': /: 10000 bytes\n$/,
  'text-search.mjs':
    /^10 texts .*^memory: filled .*recall@10 1\.000.*^PGlite: filled .*recall@10 1\.000.*^PGlite, in memory: opened /ms,
  'over-training-alarm.mjs':
    /^\{"options".*"course":\[\{"epoch":2,"neighbors":[\d.]+\}\]\}\n.*: alarm in 0 of 1, epochs 3\.00/m,
  'builds.mjs': /^a: [\d.]+ ± [\d.]+ .*^b: [\d.]+ ± [\d.]+/ms,
  'training-speed.mjs': /^1 thread +[\d,]+ words\/s.*^2 threads +[\d,]+ words\/s/ms,
  'whole-way.mjs': /wordkin.*\d\.\d/s,
};

/** Arguments beside --smoke. */
const MORE: Record<string, () => Promise<string[]>> = {
  /** It finds a database, as to make one takes seconds of a processor. */
  async 'text-search.mjs'() {
    const name = `test-${process.pid}`;
    const kept = join(tmpdir(), `wordkin-bench-kept-${name}`);
    onTestFinished(() => rmSync(kept, { recursive: true, force: true }));
    await emptyStore(join(kept, 'store'));
    return ['--keep', name];
  },
};

it.each(scriptsIn('bench'))('bench/%s starts, and prints its figures', async (name) => {
  const more = (await MORE[name]?.()) ?? [];
  expect(run(`bench/${name}`, ['--smoke', ...more])).toMatch(FIGURES[name] ?? /\d/);
});

/** Arguments of each example on a small input, and what it prints. */
const EXAMPLES: Record<string, () => { args: string[]; prints: RegExp }> = {
  'item2vec.mjs'() {
    const baskets = Array.from({ length: 60 }, (_, i) => {
      const kind = i % 2 ? 'a' : 'b';
      return `customer${i % 15}\t2026-01-${10 + i}\t${Array.from({ length: 4 }, (_, k) => `${kind}${(i + k) % 8}`).join(' ')}`;
    });
    const items = Array.from({ length: 8 }, (_, i) => `a${i}\tApple ${i}\nb${i}\tBook ${i}\n`);
    return {
      args: [file('baskets.tsv', baskets.join('\n')), file('items.tsv', `${items.join('')}`)],
      prints:
        /^16 items, 45 baskets learned; hit rate at 10 over 15 baskets: item2vec [\d.]+ %, most popular [\d.]+ %$/m,
    };
  },
  'search-texts.mjs'() {
    const lines = Array.from({ length: 400 }, (_, i) => ['the cat sat on the mat', 'stocks fell on friday'][i % 2]);
    lines[7] = 'the cat ran to the market on friday';
    return { args: [file('texts.txt', lines.join('\n')), 'market'], prints: /^\d\.\d{3} {2}\d+ {2}(the cat|stocks)/ };
  },
};
function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

it.each(scriptsIn('examples'))('examples/%s does its work on a small input', (name) => {
  const example = EXAMPLES[name];
  if (!example) expect.fail(`Give the arguments of examples/${name} in EXAMPLES of this test`);
  const { args, prints } = example();
  expect(run(`examples/${name}`, args)).toMatch(prints);
});
