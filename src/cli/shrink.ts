import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { evaluateAnalogies, evaluateWordPairs, neighborOverlap } from '../entries/evaluation.ts';
import { writeSafetensors } from '../entries/formats.ts';
import {
  type EmbeddingModel,
  formatByName,
  loadModel,
  QUANTIZATIONS,
  type Quantization,
  saveModel,
  shrinkModel,
} from '../node/model.ts';
import { checkModelOutput } from '../node/output-target.ts';
import { readTextFile } from '../node/read-text-file.ts';
import { noteFormat } from './note-format.ts';
import { createOutput, note, oneOf, toCount } from './output.ts';

interface Options {
  as?: Quantization;
  parts?: number;
  words?: number;
  dimensions?: number;
  analogies?: string;
  pairs?: string;
  json?: boolean;
}

export function addShrinkCommand(program: Command): void {
  program
    .command('shrink')
    .description('a smaller model, and what it costs: shown before it is written; without <output> only shown')
    .argument('<model>')
    .argument('[output]')
    .option('--as <name>', `what vectors are stored as: ${QUANTIZATIONS.join(', ')}`, oneOf(QUANTIZATIONS))
    .option('--parts <n>', 'with --as product: bytes a word (a quarter of the dimensions)', toCount)
    .option('--words <n>', 'keep the n most frequent words', toCount)
    .option('--dimensions <n>', 'keep n principal axes', toCount)
    .option('--analogies <file>', 'tell what it costs in analogies, such as questions-words.txt')
    .option('--pairs <file>', 'tell what it costs in similarity of words, such as WordSim-353')
    .action(run);
}

async function run(path: string, output: string | undefined, options: Options): Promise<void> {
  const { as: quantization, parts, words, dimensions, analogies, pairs, json } = options;
  if (quantization === undefined && words === undefined && dimensions === undefined)
    throw new Error('Cannot shrink: give --as, --words or --dimensions');
  if (quantization !== undefined && output !== undefined && formatByName(output) !== 'safetensors')
    throw new Error(
      `Cannot write "${output}" as ${quantization}: the formats of word2vec hold float32; save it as .safetensors`,
    );
  const inputs = [path, analogies, pairs].filter((input) => input !== undefined);
  if (output !== undefined) await checkModelOutput(output, { inputs }); // before the work, not after
  const [questions, scores] = await Promise.all(
    [analogies, pairs].map((file) => (file === undefined ? undefined : readTextFile(file))),
  );
  const model = await loadModel(path);
  for (const warning of model.contents.warnings ?? []) note(warning);
  const shrunk = shrinkModel(model, { quantization, parts, words, dimensions });
  const measure = (of: EmbeddingModel, fileBytes: number | undefined) => ({
    words: of.size,
    dimensions: of.dimensions,
    vectorBytes: of.contents.inputVectors.byteLength,
    fileBytes,
    ...(questions && { analogies: evaluateAnalogies(of, questions).total.accuracy }),
    ...(scores && { pairs: evaluateWordPairs(of, scores).spearman }),
  });
  let fileBytes = 0;
  for (const chunk of writeSafetensors(shrunk.contents)) fileBytes += chunk.length;
  const before = measure(model, storedByteLength(path));
  const after = measure(shrunk, fileBytes);
  const neighbors = neighborOverlap(model, shrunk);
  const result = { output, quantization, before, after, neighbors };
  const row = (name: string, ...cells: string[]) => name.padEnd(22) + cells.map((cell) => cell.padStart(16)).join('');
  const lines = [
    row('', 'before', 'after'),
    row('words × dimensions', ...[before, after].map((of) => `${of.words} × ${of.dimensions}`)),
    row('word vectors', ...[before, after].map((of) => megabytes(of.vectorBytes))),
    row('file', ...[before, after].map((of) => (of.fileBytes === undefined ? '' : megabytes(of.fileBytes)))),
    row('nearest 10 the same', '', percent(neighbors.overlap)),
    questions ? row('analogies', ...[before, after].map((of) => percent(of.analogies!))) : '',
    scores
      ? row(
          'word pairs, Spearman',
          ...[before, after].map((of) => (Number.isNaN(of.pairs) ? 'none' : of.pairs!.toFixed(4))),
        )
      : '',
  ];
  const table = lines.filter((line) => line !== '').join('\n');
  if (json) note(table);
  else process.stdout.write(`${table}\n`);
  if (output !== undefined) {
    noteFormat(output);
    await saveModel(shrunk, output);
  }
  if (json) createOutput(json).print(result, '');
}

/** Bytes of a model's file, or of all files of its folder; undefined on the web, where they may be compressed on the way. */
function storedByteLength(path: string): number | undefined {
  if (/^https?:/i.test(path)) return undefined;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path, { recursive: true })
    .map((name) => statSync(join(path, String(name))))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}

function megabytes(byteLength: number): string {
  return `${(byteLength / 1e6).toFixed(2)} MB`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
