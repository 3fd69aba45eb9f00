// The examples of README.md and README.zh-CN.md as a reader runs them: from the packed library, in an empty project.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { transform } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { compilerPath } from '../scripts/compiler.mjs';
import { linkedProject, linkPackages, packed, run } from './bundlers/projects.mjs';
import { emptyStore, temporaryFolder } from './command.ts';

const root = resolve(import.meta.dirname, '..');
const folder = temporaryFolder();

/** What the texts of the examples talk about, in sentences that return often enough to be learned. */
const LANGUAGES = [
  {
    document: 'README.md',
    sentences: [
      'the king of france lives in paris , a man of the people',
      'the queen of france lives in paris , a woman of the people',
      'i like apples and ripe fruit',
      'pears are in season , which is a fruit like apples',
      'who won the cup in paris ?',
    ],
    asked: 'paris',
  },
  {
    document: 'README.zh-CN.md',
    sentences: [
      '北京 是 中国 的 首都',
      '东京 是 日本 的 首都',
      '我 喜欢 苹果 这 种 水果',
      '现在 梨子 正 当季 ， 水果 熟 了',
      '谁 赢得 了 冠军 ？',
    ],
    asked: '北京',
  },
];

/** The stores that a program and a command of each document make. */
const STORES = ['texts.db', 'articles.db'];

/** The blocks of a document outside of the section about a checkout, which has no commands for users. */
function blocksOf(document: string): { language: string; code: string }[] {
  const text = readFileSync(join(root, document), 'utf8').replace(/\n## (?:In a checkout|在代码仓库中)[\s\S]*/, '');
  return Array.from(text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm), ([, language, code]) => ({ language, code }));
}

const shellOf = (document: string) =>
  blocksOf(document).flatMap(({ language, code }) => (language === 'sh' ? [code] : []));
const programsOf = (document: string) =>
  blocksOf(document).flatMap(({ language, code }) => (language === 'ts' ? [code] : []));
const [first] = LANGUAGES.map(({ document }) => document);

/** The commands of the first document; of the other one those that it has in other words, and those that make what these read. */
function commandsOf(document: string): string[] {
  if (document === first) return shellOf(document);
  const known = new Set(shellOf(first).flatMap((code) => code.split('\n')));
  const isRun = (line: string) => !known.has(line) || /^(npm|curl)|wordkin (train|index|serve)/.test(line);
  return shellOf(document).map((code) => code.split('\n').filter(isRun).join('\n'));
}

/** The files that the examples read. */
function writeFiles(project: string, sentences: readonly string[]): void {
  const text = Array.from({ length: 600 }, (_, i) => sentences[i % sentences.length]).join('\n');
  writeFileSync(join(project, 'corpus.txt'), text);
  writeFileSync(join(project, 'corpus.txt.gz'), gzipSync(text));
  const articles = sentences.flatMap((sentence, i) =>
    ['en', 'zh'].map((lang) => JSON.stringify({ id: `${lang}${i}`, text: sentence, lang, year: 2018 + i })),
  );
  writeFileSync(join(project, 'articles.jsonl'), articles.join('\n'));
  const words = [...new Set(sentences.join(' ').split(' '))];
  // Shorter than those of the file of that name: the time to shrink them grows with the cube of their length.
  const vector = (id: number) => Array.from({ length: 100 }, (_, d) => Math.sin(id * 7 + d * (id + 1)).toFixed(4));
  const glove = words.map((word, id) => `${word} ${vector(id).join(' ')}\n`).join('');
  writeFileSync(join(project, 'glove.6B.300d.txt.gz'), gzipSync(glove));
}

/** What the compiler says of modules for Node, with the types of the package as they are. */
async function faultsOf(project: string, files: readonly string[]): Promise<string[]> {
  const general = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', module: 'nodenext' };
  const compilerOptions = { ...general, typeRoots: [join(root, 'node_modules/@types')], types: ['node'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { code, said } = await run(compilerPath, ['-p', '.', '--pretty', 'false', '--checkers', '1'], project);
  return code === 0 ? [] : said.trim().split('\n');
}

beforeAll(() => {
  linkedProject(folder, packed().archive);
  linkPackages(folder, ['@types/node', 'undici-types', 'hono', 'zod']);
});

it('has programs that compile', async () => {
  const sources = LANGUAGES.flatMap(({ document }) =>
    programsOf(document).map((code, i) => [`${document}-${i}.mts`, code] as const),
  );
  for (const [name, code] of sources) writeFileSync(join(folder, name), code);
  const names = sources.map(([name]) => name);
  expect(await faultsOf(folder, names)).toEqual([]);
});

describe.each(LANGUAGES)('$document', ({ document, sentences, asked }) => {
  const project = join(folder, `in ${document}`);
  const blocks = blocksOf(document);
  const shell = shellOf(document);
  const programs = programsOf(document);

  beforeAll(async () => {
    mkdirSync(project);
    writeFiles(project, sentences);
    for (const name of STORES) await emptyStore(join(project, name));
  });

  it('has blocks of commands and of TypeScript, and no others', () => {
    expect(shell.length).toBeGreaterThan(3);
    expect(programs.length).toBeGreaterThan(1);
    expect(shell.length + programs.length).toBe(blocks.length);
  });

  it('begins with the installation', () => {
    expect(shell[0]).toMatch(/^npm install wordkin\b/);
  });

  it('has programs that run', async () => {
    expect(programs.join('\n')).toContain(`openTextStore('${STORES[0]}')`);
    const names = programs.map((_, i) => `./example-${i}.mjs`);
    for (const [i, code] of programs.entries())
      writeFileSync(join(project, names[i]), (await transform(code, { loader: 'ts' })).code);
    // One after the other in one process, which ends when all have left nothing open. A program ends without a word where it waits for
    // what never comes: each must reach its last line.
    const all = names.map((name) => `await import('${name}');\nconsole.log('${name} is done');\n`).join('');
    writeFileSync(join(project, 'all.mjs'), all);
    const { code: status, said } = await run(process.execPath, ['all.mjs'], project);
    expect(status, said).toBe(0);
    for (const name of names) expect(said).toContain(`${name} is done\n`);
    for (const made of ['corpus.safetensors', STORES[0]]) expect(existsSync(join(project, made)), made).toBe(true);
  });

  it('has commands that run one after the other', async () => {
    const commands = commandsOf(document).slice(1).map(withServer).join('\n');
    expect(commands.match(/^npx wordkin/gm)!.length).toBeGreaterThan(6);
    expect(commands).toMatch(new RegExp(`^npx wordkin index .*--db ${STORES[1]}`, 'm'));
    // npx does no more than to find the command, and takes longer than it.
    const script = commands.replace(/^npx wordkin (\w+)/gm, `echo "== $1"\n'${process.execPath}' ${command} $1`);
    const { code, said } = await run('bash', ['-euc', script], project);
    expect(code, said).toBe(0);
    const neighbors = /^== neighbors\n([^=]*)/m.exec(said)![1];
    expect(neighbors.trim().split('\n').length, neighbors).toBeGreaterThan(3);
    expect(neighbors).not.toContain(asked);
    expect(said).toMatch(/0\.\d+/);
    expect(said).toContain('"embedding":[');
    for (const made of [STORES[1], ...(document === first ? ['glove.safetensors', 'small.safetensors'] : [])]) {
      expect(existsSync(join(project, made)), made).toBe(true);
    }
  });
});

const command = '../node_modules/wordkin/dist/cli/main.js';

/** A block that starts a server: it runs beside the lines that follow, until these are answered. Its packages are linked. */
function withServer(block: string): string {
  if (!block.includes('wordkin serve')) return block;
  const port = 20_000 + (process.pid % 40_000);
  const [serve, ...asked] = block
    .replace(/^npm install.*\n/, '')
    .replaceAll('8080', String(port))
    .trim()
    .split('\n');
  const until = `until curl -sf http://127.0.0.1:${port}/health >/dev/null; do sleep .1; kill -0 $server; done`;
  return [`${serve} --port ${port} --quiet &`, 'server=$!', until, ...asked, 'kill $server', 'wait $server', ''].join(
    '\n',
  );
}
