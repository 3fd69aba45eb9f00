import type { Command } from 'commander';
import { shortNumber } from '../math/short-number.ts';
import { openTextFiles } from '../node/text-files.ts';
import { unknownWordsMessage } from '../sentences/compare-texts.ts';
import { textsWithoutWords } from '../text/counted.ts';
import { textLines } from '../text/text-lines.ts';
import { TOKENIZER_NAMES, type TokenizerName } from '../text/tokenizer.ts';
import { write } from './answer-lines.ts';
import { openEncoder } from './open-model.ts';
import { note, oneOf, RepairCount } from './output.ts';

interface Options {
  input?: string;
  tokenizer?: TokenizerName;
  json?: boolean;
}

export function addEmbedCommand(program: Command): void {
  program
    .command('embed')
    .description(
      "texts to vectors, the weighted mean of the words' vectors: one JSON array a line (with --json one array of all)",
    )
    .argument('<model>')
    .argument('[text...]')
    .option('--input <file>', 'a text a line, or - for stdin')
    .option('--tokenizer <name>', `${TOKENIZER_NAMES.join(', ')} (the one of the model)`, oneOf(TOKENIZER_NAMES))
    .action(run);
}

async function run(path: string, texts: string[], { input, tokenizer, json }: Options): Promise<void> {
  if ((input === undefined) === (texts.length === 0))
    throw new Error('Cannot embed: give either texts or --input, a file with a text a line');
  const encoder = await openEncoder(path, { tokenizer, others: texts });
  let count = 0;
  let withoutWords = 0;
  const repairs = new RepairCount();
  try {
    for await (const text of input === undefined ? texts : lines(input, repairs.add)) {
      const sentence = encoder.encode(text);
      if (input === undefined && sentence.unknownTokens.length > 0) note(unknownWordsMessage(encoder, text, sentence));
      if (sentence.knownTokens === 0) withoutWords++;
      const vector = `[${Array.from(sentence.vector, shortNumber).join(',')}]`;
      await write(json ? `${count === 0 ? '[' : ','}${vector}` : `${vector}\n`);
      count++;
    }
  } finally {
    if (json) await write(count === 0 ? '[]\n' : ']\n'); // JSON also where a text could not be read
  }
  repairs.tell();
  if (withoutWords > 0) note(`${textsWithoutWords(withoutWords, count)}; without one, a vector is all zeros`);
}

async function* lines(input: string, onRepairs: (count: number) => void): AsyncGenerator<string> {
  for (const source of await openTextFiles([input], { format: 'text' })) yield* textLines(source, onRepairs);
}
