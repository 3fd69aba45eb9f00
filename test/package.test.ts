import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { dependencyBytes, INSTALLED_LIMITS } from '../scripts/sizes.mjs';
import { packed } from './bundlers/projects.mjs';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** All files that a map of exports leads to. */
function targets(entry: string | Record<string, unknown>): string[] {
  if (typeof entry === 'string') return [entry.replace('./', '')];
  return Object.values(entry).flatMap((next) => targets(next as string | Record<string, unknown>));
}

it('says where the project and its issues are', () => {
  for (const { url } of [manifest.repository, manifest.bugs]) expect(url).toMatch(/github\.com\/wordkin\/wordkin/);
  expect(manifest.homepage).toMatch(/^https:\/\//);
});

it('locks packages by what is in them, not by where one machine got them', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  expect(lock).not.toMatch(/"resolved"/);
  expect(lock.match(/"integrity"/g)!.length).toBeGreaterThan(100);
});

it('pins every dependency exactly and runs nothing at install', () => {
  for (const group of ['dependencies', 'optionalDependencies', 'devDependencies']) {
    for (const version of Object.values(manifest[group])) expect(version).toMatch(/^(npm:\w+@)?\d+\.\d+\.\d+$/);
  }
  // A peer is the user's own package, in the version that the user has; each can be left out.
  for (const [name, version] of Object.entries(manifest.peerDependencies)) {
    expect(version).toMatch(/^\^?\d+\.\d+\.\d+$/);
    expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true });
  }
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
    expect(manifest.scripts).not.toHaveProperty(script);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const withScripts = Object.entries(lock.packages as Record<string, { hasInstallScript?: boolean; dev?: boolean }>)
    .filter(([, entry]) => entry.hasInstallScript && !entry.dev)
    .map(([name]) => name);
  expect(withScripts).toEqual([]);
});

it('locks the binaries of every platform, so that `npm ci` works on each', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const packages = lock.packages as Record<string, { optionalDependencies?: Record<string, string> }>;
  const locked = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
  const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter((name) => !locked.has(name)),
  );
  expect(missing).toEqual([]);
});

it('packs the built library, its types and documents, and nothing else', async () => {
  const { files, unpackedSize } = packed();
  const paths = files.map(({ path }) => path);
  for (const path of [
    'dist/node/index.js',
    'dist/index.d.ts',
    'dist/browser/index.js',
    'dist/cli/main.js',
    'dist/model-entry.js',
    ...targets(manifest.exports),
    'README.md',
    'LICENSE',
  ]) {
    expect(paths).toContain(path);
  }
  expect(
    paths.filter(
      (path) =>
        !/^(dist|docs|examples)\/|^(README(\.zh-CN)?|CHANGELOG|CONTRIBUTING)\.md$|^LICENSE$|^package\.json$/.test(path),
    ),
  ).toEqual([]);
  expect(paths.filter((path) => /\.(test|contract)\./.test(path))).toEqual([]);
  // What the documents link to lies beside them; what was tried is in the repository alone.
  const documents = paths.filter((path) => path.endsWith('.md'));
  const links = documents.flatMap((document) =>
    [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, path]) =>
      join(dirname(document), path),
    ),
  );
  expect(links.length).toBeGreaterThan(0);
  const missing = links.filter((link) => !paths.includes(link) && !paths.some((path) => path.startsWith(`${link}/`)));
  expect([...new Set(missing)]).toEqual(['docs/experiments.md']);
  // On the disk of a user, in bytes: without the packages that npm may leave out, and with them. The API reference may not be made yet.
  const own = paths.some((path) => path.startsWith('docs/api/')) ? unpackedSize : unpackedSize + 250_000;
  expect(own + (await dependencyBytes({ optional: false }))).toBeLessThanOrEqual(INSTALLED_LIMITS.least);
  expect(own + (await dependencyBytes({ optional: true }))).toBeLessThanOrEqual(INSTALLED_LIMITS.most);
});

it('imports as a user imports it', async () => {
  const wordkin = await import('wordkin');
  expect(Object.keys(wordkin).sort()).toEqual([
    'ALGORITHMS',
    'ANALOGY_PROTOCOLS',
    'Bm25Index',
    'CBOW_GRADIENTS',
    'CBOW_INPUTS',
    'DatabaseUnreachableError',
    'EmbeddingModel',
    'ExactIndex',
    'FOLLOWS_TEXT',
    'GOALS',
    'LOSSES',
    'METRICS',
    'MODEL_FORMATS',
    'MemoryTextStore',
    'ModelFormatError',
    'OPTION_RULES',
    'PHRASE_SCORES',
    'PLAIN_MEAN',
    'PRESET_NAMES',
    'QUANTIZATIONS',
    'QuantizedVectors',
    'SENTENCE_DEFAULTS',
    'SentenceEncoder',
    'TOKENIZERS',
    'TOKENIZER_NAMES',
    'TOKEN_SEPARATOR',
    'TextDataError',
    'TextIndex',
    'TrainingPause',
    'WEIGHTINGS',
    'WordNotFoundError',
    'alignModel',
    'chooseTokenizer',
    'conditionNotes',
    'convertModel',
    'cosineSimilarity',
    'createSentenceEncoder',
    'createTokenizer',
    'cutParagraphs',
    'defaultSentenceSettings',
    'degenerateVectors',
    'euclideanDistance',
    'evaluateAnalogies',
    'evaluateRetrieval',
    'evaluateSentencePairs',
    'evaluateWordPairs',
    'explainSimilarity',
    'faultOfOption',
    'fitSentences',
    'floatContents',
    'floatVectors',
    'foldNearDuplicates',
    'formatByName',
    'formatVocabulary',
    'fuseRankings',
    'inferTokenizer',
    'loadModel',
    'loadTokenizer',
    'lossesIn',
    'memoryFile',
    'modelBlob',
    'nearestByWordMovers',
    'neighborOverlap',
    'openRecords',
    'openTextFiles',
    'openTextStore',
    'parseFilter',
    'parseRetrievalTask',
    'parseVocabulary',
    'predictLabels',
    'preflight',
    'readModel',
    'readModelFolder',
    'removeCheckpoints',
    'resolveTrainingOptions',
    'sampleSentences',
    'saveModel',
    'sentencePairsOf',
    'shrinkModel',
    'startTraining',
    'textLines',
    'textsSource',
    'tokensSource',
    'train',
    'wordMoversDistance',
    'writeModel',
    'writeSafetensors',
    'writeWord2vecBinary',
    'writeWord2vecText',
  ]);
  // A subject has all its names from `wordkin`; imports of their own, such as those for one framework, have not.
  const subjects = Object.entries(manifest.exports as Record<string, { types?: string }>).flatMap(
    ([path, { types }]) => (types?.startsWith('./dist/entries/') ? [path.slice('./'.length)] : []),
  );
  expect(subjects).toContain('model');
  for (const subject of subjects) {
    const part = await import(`wordkin/${subject}`);
    expect(Object.keys(part).filter((name) => part[name] !== wordkin[name as keyof typeof wordkin])).toEqual([]);
  }
  expect(await import('wordkin/model')).toHaveProperty('loadModel');
  expect(Object.keys(await import('wordkin/node'))).toEqual(Object.keys(wordkin));
});
