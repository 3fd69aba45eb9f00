// The job of every cell: train on a file, ask, save, load again, search. Each cell runs it as its users would, and
// `faultOf` looks at what came of it.

/** What is the same everywhere: the functions take the library as it was imported. */
export const JOB = `
const line = (i) => \`w\${i % 7} w\${i % 11} w\${i % 13} w\${i % 5}\`;
const lines = Array.from({ length: 400 }, (_, i) => line(i));
const options = { dimensions: 8, epochs: 2, minCount: 1, threads: 2 };

/** Trains on files, saves by \`save\` and loads again by \`load\`. */
async function trainAndKeep({ train }, files, save, load) {
  let warning;
  const onEvent = (event) => {
    if (event.type === 'warning' && event.code === 'threads') warning = event.message;
  };
  const { model } = await train({ files }, { ...options, onEvent });
  await save(model);
  const loaded = await load();
  const list = (one) => one.neighbors('w1', { count: 5 }).map(({ word, similarity }) => [word, similarity]);
  const kept = JSON.stringify(list(model)) === JSON.stringify(list(loaded));
  return { loaded, answer: { words: model.size, neighbors: list(loaded).length, kept, warning } };
}

/** Searches in a store that was opened by \`open\`, closed, and opened again. */
async function searchTexts({ createSentenceEncoder, TextIndex }, model, open) {
  const encoder = await createSentenceEncoder(model);
  const first = await open();
  await (await TextIndex.open(encoder, first)).add(lines.slice(0, 20).map((text, i) => ({ id: String(i), text })));
  await first.close();
  const store = await open();
  const index = await TextIndex.open(encoder, store);
  const [{ id, similarity }] = await index.search(lines[3], { count: 1 });
  await store.close();
  return { id, similarity: Math.round(similarity * 1000) / 1000 };
}
`;

/** In a page: a File, a Blob, IndexedDB. `pglite` is how the page gets its database. */
export const pageProgram = (pglite) => `import * as wordkin from 'wordkin';
${pglite.imports}
${JOB}
async function work() {
  const files = [new File([lines.join('\\n')], 'corpus.txt')];
  let saved;
  const save = async (model) => (saved = new File([wordkin.modelBlob(model)], 'model.safetensors'));
  const { loaded, answer } = await trainAndKeep(wordkin, files, save, () => wordkin.loadModel(saved));
  const modules = ${pglite.modules};
  const name = crypto.randomUUID(); // pages of one origin share their stores
  const hit = await searchTexts(wordkin, loaded, () => wordkin.openTextStore(name, { pglite: modules }));
  return { ...answer, hit };
}
work().then(
  (answer) => (globalThis.answer = answer),
  (error) => (globalThis.answer = { error: error.stack }),
);
`;

/** PGlite as the bundler builds it in, and as the page loads it from its server. */
export const PGLITE = {
  bundled: {
    imports: `import { PGlite } from '@electric-sql/pglite';\nimport { vector } from '@electric-sql/pglite-pgvector';`,
    modules: '{ PGlite, vector }',
  },
  served: {
    imports: '',
    modules: `{
    ...(await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ '/pglite/index.js')),
    ...(await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ '/pglite-pgvector/index.js')),
  }`,
  },
};

const MODULES = `import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';`;
const IMPORTS = `import * as wordkin from 'wordkin';\n${MODULES}`;
const REQUIRES = MODULES.replace(/import (.*) from (.*);/g, 'const $1 = require($2);');

/** In a runtime with files: prints its answer. `store` is false where there can be none, else it may be the path of one without texts. */
export const runtimeProgram = ({ store = true, commonJs = false } = {}) => `${commonJs ? REQUIRES : IMPORTS}
${JOB}
async function work() {
  ${commonJs ? "const wordkin = await import('wordkin');" : ''}
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-cell-'));
  const at = (name) => join(folder, name);
  try {
    writeFileSync(at('corpus.txt'), lines.join('\\n'));
    const save = (model) => wordkin.saveModel(model, at('model.safetensors'));
    const load = () => wordkin.loadModel(at('model.safetensors'));
    const { loaded, answer } = await trainAndKeep(wordkin, at('corpus.txt'), save, load);
    const hit = ${store ? `await searchTexts(wordkin, loaded, () => wordkin.openTextStore(${store === true ? "at('texts')" : JSON.stringify(store)}))` : 'undefined'};
    const chinese = await wordkin.loadTokenizer({ name: 'chinese' }).then(
      (tokenizer) => tokenizer.tokenize('我们在北京大学学习').join(' '),
      (error) => error.message,
    );
    return { ...answer, hit, chinese };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
work().then(
  (answer) => console.log(JSON.stringify(answer)),
  (error) => console.log(JSON.stringify({ error: error.stack })),
);
`;

/** What is wrong with the answer of a cell; undefined if nothing is. */
export function faultOf(answer, { threads = true, store = true } = {}) {
  const { words, neighbors, kept, warning, hit, chinese, error } = answer;
  if (error !== undefined) return error;
  if (words !== 13 || neighbors !== 5 || !kept) return `wrong model: ${JSON.stringify(answer)}`;
  if (store && (hit?.id !== '3' || hit.similarity !== 1)) return `wrong hit: ${JSON.stringify(answer)}`;
  if (chinese !== undefined && !/^我们 在 北京 ?大学 学习$/.test(chinese)) return `wrong words: ${chinese}`;
  if (threads && warning !== undefined) return `no threads: ${warning}`;
  if (!threads && warning === undefined) return 'threads where there can be none';
  return undefined;
}
