// The command line and the TypeScript that make the same model as the page.
import type { TextSummary, TrainingSettings } from './engine/api.ts';

/** The options that were given, in the order in which they are shown: what follows the text or is the default is left out. */
function givenOptions(
  settings: TrainingSettings,
  field: string | undefined,
): [name: string, value: string | number | true][] {
  const {
    tokenizer,
    dimensions,
    algorithm,
    loss,
    window,
    negative,
    epochs,
    minCount,
    learningRate,
    subsample,
    seed,
    deterministic,
  } = settings;
  const all: [string, string | number | boolean | undefined, unknown][] = [
    ['field', field, undefined],
    ['tokenizer', tokenizer, 'auto'],
    ['dimensions', dimensions, 100],
    ['algorithm', algorithm, 'skip-gram'],
    ['loss', loss, 'negative-sampling'],
    ['window', window, undefined],
    ['negative', negative, undefined],
    ['epochs', epochs, undefined],
    ['minCount', minCount, undefined],
    ['learningRate', learningRate, undefined],
    ['subsample', subsample, undefined],
    ['seed', seed, 1],
    ['deterministic', deterministic, false],
  ];
  return all
    .filter(([, value, byDefault]) => value !== undefined && value !== byDefault)
    .map(([name, value]) => [name, value as string | number | true]);
}

/** The name of the file to train on: the reader's own, where the command line reads it whole, else that of the download. */
export function textFileName(text: TextSummary): string {
  return text.isPlainFile ? text.name : 'text.txt';
}

/** Of the page's jieba-wasm; put in when the page is built. */
declare const SEGMENTER_VERSION: string;

/** What installs the page's segmenter in place of Node's own. */
export function installLine(): string {
  return `npm install --omit=optional wordkin jieba-wasm@${SEGMENTER_VERSION}`;
}

export function commandLine(settings: TrainingSettings, text: TextSummary): string {
  const field = text.isPlainFile ? text.field : undefined;
  const flags = givenOptions(settings, field).map(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? flag : `${flag} ${quote(String(value))}`;
  });
  return ['npx wordkin train', quote(textFileName(text)), '--output model.safetensors', ...flags].join(' ');
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function typeScript(settings: TrainingSettings, text: TextSummary): string {
  const field = text.isPlainFile ? text.field : undefined;
  const options = givenOptions(settings, field).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? JSON.stringify(value) : value},`,
  );
  return [
    `import { saveModel, train } from 'wordkin';`,
    '',
    `const { model } = await train({ files: ${JSON.stringify(textFileName(text))} }, {`,
    ...options,
    '});',
    `await saveModel(model, 'model.safetensors');`,
  ].join('\n');
}
