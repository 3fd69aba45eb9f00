// The right sides of docs/coming-from.md, run: every call, option and command that the tables name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as library from 'wordkin';
import { type CommandResult, temporaryFolder, wordkin, wordkinEach } from './command.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/coming-from.md'), 'utf8');
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const LINES = [
  'the king of france lives in paris a man of the people',
  'the queen of france lives in paris a woman of the people',
  'apples and pears are fruit of the season',
];
const lines = Array.from({ length: 300 }, (_, i) => LINES[i % LINES.length]);
const quiet = { dimensions: 100, epochs: 1, minCount: 1, threads: 1 } as const;

/** The pieces of code on the right side of each row, by the section of the page. */
const ROWS = page.split(/^## /m).flatMap((section) => {
  const [title] = section.split('\n', 1);
  return Array.from(section.matchAll(/^\| .* \| (.*) \|$/gm), ([, right]) => ({
    title,
    right,
    pieces: Array.from(right.matchAll(/`([^`]+)`/g), ([, code]) => code),
  })).filter(({ pieces, right }) => pieces.length > 0 && !right.startsWith('is not ')); // what is not there is named in their words
});

/** The names that the calls of the page use. */
const names: Record<string, unknown> = {};

beforeAll(async () => {
  for (const [name, text] of Object.entries({
    'corpus.txt': lines.join('\n'),
    'questions.txt': ': people\nman king woman queen\n',
    'pairs.tsv': 'king\tqueen\t9\nking\tapples\t1\nman\twoman\t8\n',
    'file.vec': `2 100\n${['king', 'queen'].map((word, i) => `${word}${' 0.5'.repeat(99)} ${i}`).join('\n')}\n`,
  }))
    writeFileSync(at(name), text);
  const { model } = await library.train({ texts: lines }, { ...quiet, algorithm: 'cbow', subwords: true });
  const { model: plain } = await library.train({ texts: lines }, quiet);
  await library.saveModel(model, at('model.safetensors'));
  await library.saveModel(withLabels(model), at('labels.safetensors'));
  await library.saveModel(plain, at('plain.safetensors'));
  mkdirSync(at('folder'));
  await library.saveModel(plain, `${at('folder')}/`);
  Object.assign(names, library, {
    ...{
      model,
      plain,
      encoder: await library.createSentenceEncoder(model),
      sentences: lines.map((line) => line.split(' ')),
    },
    ...{ texts: lines, more: { texts: lines }, text: LINES[0], word: 'unseen', words: ['king', 'queen', 'apples'] },
    ...{ a: 'king', b: 'queen', as: ['king', 'man'], bs: ['queen'], n: 5, v: model.vector('paris') },
    path: at('model.safetensors'),
  });
});

function withLabels(model: library.EmbeddingModel): library.EmbeddingModel {
  const labels = ['__label__people', '__label__fruit'];
  const labelVectors = new Float32Array([...model.vector('king'), ...model.vector('apples')]);
  const classifier = {
    labels,
    labelVectors,
    labelCounts: new Float64Array([2, 1]),
    loss: 'softmax',
    wordNgrams: 1,
  } as const;
  return new library.EmbeddingModel({ ...model.contents, classifier });
}

/** Runs a call of the page in the folder; its result. */
async function evaluate(code: string): Promise<unknown> {
  const scope = { ...names };
  if (code.includes('predictLabels')) scope.model = withLabels(names.model as library.EmbeddingModel);
  if (code.includes('keepWords')) scope.model = names.plain; // one without n-grams, as gensim's are
  const train = (input: object, options = {}) =>
    library.train(JSON.parse(JSON.stringify(input).replaceAll('corpus.txt', at('corpus.txt'))), {
      ...quiet,
      ...options,
    });
  const inFolder = code.replace(/'((?:model\.bin|folder\/?))'/g, (_, name) => JSON.stringify(at(name)));
  const values = { ...scope, train };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  return AsyncFunction(...Object.keys(values), `return (${inFolder.replace(/, …\)/, ')')});`)(...Object.values(values));
}

/** Whether the training knows an option; it names one that it does not know. */
async function isOption(name: string): Promise<boolean> {
  const error = await library.train({ texts: lines }, { ...quiet, [name]: Symbol('wrong') }).catch((cause) => cause);
  return !/there is no (such )?option/i.test(String(error?.message));
}

const isLiteral = (code: string) => /^'[\w.-]+'$/.test(code);
const CHOICES = [...library.ALGORITHMS, ...library.LOSSES, 'icf'] as readonly string[];

/** The command of a piece; what it begins with "…" goes on after the first command of the table. */
function commandOf(code: string): string[] | undefined {
  const whole = code.startsWith('--') ? `wordkin train corpus.txt --tokenizer whitespace ${code}` : code;
  const first = 'wordkin train corpus.txt --preset fasttext --tokenizer whitespace --output model.safetensors';
  const command = whole.replace(/^…/, first);
  if (!command.startsWith('wordkin ')) return undefined;
  const values: Record<string, string> = {
    ...{ 'corpus.txt': at('corpus.txt'), 'file.vec': at('file.vec'), 'model.safetensors': at('made.safetensors') },
    ...{
      MODEL: at(`${/predict/.test(command) ? 'labels' : /continue/.test(command) ? 'plain' : 'model'}.safetensors`),
      SMALL: at('small.safetensors'),
    },
    ...{
      FILE: at(command.includes('--pairs') ? 'pairs.tsv' : 'questions.txt'),
      TEXT: LINES[0],
      A: 'man',
      B: 'king',
      C: 'woman',
    },
  };
  const args = command
    .split(' ')
    .slice(1)
    .map((part) => values[part] ?? part);
  const small = ['--epochs', '1', '--buckets', '1000', '--min-count', '1'];
  const output = args.includes('--output') ? [] : ['--output', at('other.safetensors')];
  const added = args[0] === 'train' ? [...small.filter((_, i) => !args.includes(small[i - (i % 2)])), ...output] : [];
  return [...args, ...added];
}

it('tells options from names that are none', async () => {
  expect(await isOption('learningRate')).toBe(true);
  expect(await isOption('learningRat')).toBe(false);
});

it('has tables for three tools', () => {
  expect(new Set(ROWS.map(({ title }) => title)).size).toBe(3);
  expect(ROWS.length).toBeGreaterThan(45);
});

/** Commands without a question: they read it from standard input. */
const isAsking = (command: readonly string[]) => /^(neighbors|predict)$/.test(command[0]) && command.length === 2;
/** What came of each of the others. */
const results = new Map<string, CommandResult>();

beforeAll(async () => {
  const commands = ROWS.flatMap(({ pieces }) => pieces).flatMap((code) => {
    const command = commandOf(code);
    return command && !isAsking(command) ? [command] : [];
  });
  for (const [i, result] of (await wordkinEach(commands)).entries()) results.set(commands[i].join(' '), result);
});

describe.each(ROWS)('$right', ({ pieces, right }) => {
  it('is there', async () => {
    let option = '';
    for (const code of pieces) {
      const command = commandOf(code);
      if (command) {
        const result = isAsking(command)
          ? await wordkin(command, { input: 'king queen\n' })
          : results.get(command.join(' '))!;
        expect(result.code, `${command.join(' ')}: ${result.stderr}`).toBe(0);
      } else if (code.startsWith('method: ')) {
        await evaluate(`model.neighbors(words, { ${code} })`);
      } else if (/^\w+: /.test(code)) {
        option = code.replace(/:.*/, '');
        await evaluate(`train({ texts }, { ${code} })`);
      } else if (isLiteral(code)) {
        await evaluate(`train({ texts }, { ${option}: ${code} })`);
      } else if (code.startsWith('{')) {
        await evaluate(`train(${code})`);
      } else if (/^[\w-]+$/.test(code)) {
        expect(code in names || CHOICES.includes(code) || (await isOption(code)), code).toBe(true);
      } else if (!code.startsWith('@')) {
        const result = await evaluate(code);
        if (!/saveModel/.test(code)) expect(result, `${code} of ${right}`).toBeDefined();
      }
    }
  });
});
