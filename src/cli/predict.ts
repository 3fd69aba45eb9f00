import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type LabelPrediction, predictLabels } from '../node/model.ts';
import { answerLines } from './answer-lines.ts';
import { openModel } from './open-model.ts';
import { createOutput, printableWord, toCount, toNumber } from './output.ts';

interface Options {
  count: number;
  threshold: number;
  json?: boolean;
}

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('labels of texts by a supervised fastText model; a text a line of stdin where none is given')
    .argument('<model>')
    .argument('[text...]')
    .option('-k, --count <n>', 'most labels of a text', toCount, 1)
    .option('--threshold <p>', 'only labels of at least this probability', toProbability, 0)
    .action(run);
}

async function run(path: string, texts: string[], { count, threshold, json }: Options): Promise<void> {
  const model = await openModel(path, texts);
  const labels = (text: string) => predictLabels(model, text, { count, threshold });
  if (texts.length > 0) {
    const found = texts.map(labels);
    createOutput(json).print(texts.length === 1 ? found[0] : found, found.map(labelLine).join('\n'));
    return;
  }
  labels(''); // a model without labels is refused before the first line
  await answerLines({ json, prompt: 'text> ' }, (line) => {
    const value = labels(line);
    return { value, text: labelLine(value) || 'no label' };
  });
}

function labelLine(labels: readonly LabelPrediction[]): string {
  return labels.map(({ label, probability }) => `${printableWord(label)} ${probability.toFixed(4)}`).join('  ');
}

function toProbability(text: string): number {
  const value = toNumber(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError(`"${text}" is not a number from 0 to 1.`);
  return value;
}
