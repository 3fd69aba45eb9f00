import type { Command } from 'commander';
import {
  type EncodedSentence,
  openTextFiles,
  type SentenceEncoder,
  TOKENIZER_NAMES,
  type TokenizerName,
  WordNotFoundError,
} from '../node/index.ts';
import { textLines } from '../text/text-lines.ts';
import { write } from './answer-lines.ts';
import { openEncoder } from './open-model.ts';
import { note, oneOf } from './output.ts';

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
  try {
    for await (const text of input === undefined ? texts : lines(input)) {
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
  if (withoutWords > 0)
    note(`${withoutWords} of ${count} texts hold no word of the model; their vectors are all zeros`);
}

/** A float32 with the seven digits that it has. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(7)));
}

async function* lines(input: string): AsyncGenerator<string> {
  for (const source of await openTextFiles([input], { format: 'text' })) yield* textLines(source);
}

/** What of a text the model does not know, with the nearest spelling of the first such word. */
export function unknownWordsMessage(
  encoder: SentenceEncoder,
  text: string,
  { knownTokens, unknownTokens }: EncodedSentence,
): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  if (unknownTokens.length === 0) return `"${shown}" holds no words`;
  let suggestion = '';
  try {
    encoder.model.id(unknownTokens[0]);
  } catch (error) {
    if (error instanceof WordNotFoundError && error.suggestion !== undefined)
      suggestion = `; nearest spelling of "${error.word}" is "${error.suggestion}"`;
  }
  const which = knownTokens === 0 ? 'no word' : `${knownTokens} of ${knownTokens + unknownTokens.length} words`;
  return `the model knows ${which} of "${shown}", not ${unknownTokens
    .slice(0, 5)
    .map((token) => `"${token}"`)
    .join(', ')}${unknownTokens.length > 5 ? ', …' : ''}${suggestion}`;
}
