#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../node/package-version.ts';
import { addAlignCommand } from './align.ts';
import { addAnalogyCommand } from './analogy.ts';
import { addConvertCommand } from './convert.ts';
import { addDoctorCommand } from './doctor.ts';
import { addEmbedCommand } from './embed.ts';
import { errorMessage } from './error-message.ts';
import { addEvaluateCommands } from './evaluate.ts';
import { addExplainCommand } from './explain.ts';
import { addFitSentencesCommand } from './fit-sentences.ts';
import { addIndexCommands } from './index-texts.ts';
import { addInfoCommand } from './info.ts';
import { addMcpCommand } from './mcp.ts';
import { addNeighborsCommand } from './neighbors.ts';
import { note, printable } from './output.ts';
import { addPageCommand } from './page.ts';
import { addPredictCommand } from './predict.ts';
import { addSearchCommand } from './search.ts';
import { addServeCommand } from './serve.ts';
import { addShrinkCommand } from './shrink.ts';
import { addSimilarityCommand } from './similarity.ts';
import { addTrainCommand } from './train.ts';
import { addWordQueryCommands } from './word-queries.ts';

const program = new Command('wordkin')
  .description('word2vec for TypeScript: train word embeddings, turn sentences into vectors, find the nearest.')
  .version(packageVersion())
  .showSuggestionAfterError()
  .exitOverride();

addTrainCommand(program);
addNeighborsCommand(program);
addAnalogyCommand(program);
addPredictCommand(program);
addSimilarityCommand(program);
addEmbedCommand(program);
addIndexCommands(program);
addSearchCommand(program);
addExplainCommand(program);
addFitSentencesCommand(program);
addWordQueryCommands(program);
addEvaluateCommands(program);
addShrinkCommand(program);
addAlignCommand(program);
addInfoCommand(program);
addConvertCommand(program);
addDoctorCommand(program);
addPageCommand(program);
addServeCommand(program);
addMcpCommand(program);
program.configureOutput({ outputError: (text, write) => write(usageError(text, 'wordkin')) });
let running: Command | undefined;
program.hook('preAction', (_, command) => {
  running = command;
  refuseFlagsAsValues(command);
});
for (const command of program.commands) {
  const name = `wordkin ${command.name()}`;
  command
    .copyInheritedSettings(program)
    .configureOutput({ outputError: (text, write) => write(usageError(text, name)) })
    .option('--json', 'one JSON value on stdout, everything else on stderr');
}

/** Commands that are done only when they have written a file. */
const WRITING = new Set(['train', 'convert', 'shrink', 'align', 'fit-sentences', 'index']);
let writes = false;
program.hook('preAction', (_, command) => {
  writes = WRITING.has(command.name());
});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const nobodyReads = error.code === 'EPIPE' || error.code === 'EIO'; // such as head, which has seen enough; a terminal that is closed
  if (!nobodyReads) {
    process.exitCode = 1;
    note(`wordkin: Cannot write to standard output: ${error.message}`);
  }
  if (!writes) process.exit();
});
process.stderr.on('error', () => {}); // nobody reads remarks any more; the work goes on

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has said it already
  } else {
    const { name, exitCode = 1 } = error as { name?: string; exitCode?: number };
    // Of a job's ranks the one that has met the error tells of it.
    if (name !== 'OtherRankError') process.stderr.write(`wordkin: ${printable(errorMessage(error, running))}\n`);
    if (process.env.WORDKIN_DEBUG) console.error(error);
    process.exitCode = exitCode;
  }
}

/** An option that wants a value takes the next argument, also where that is an option: the value was forgotten. */
function refuseFlagsAsValues(command: Command): void {
  const flags = new Set<unknown>(command.options.flatMap(({ long, short }) => [long, short]));
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    const found = (Array.isArray(value) ? value : [value]).find((one) => one !== undefined && flags.has(one));
    if (found !== undefined) command.error(`error: option '${option.long}' needs a value, and "${found}" is an option`);
  }
}

/** commander's sentence, with what helps. */
function usageError(text: string, name: string): string {
  const quotes = text.includes('too many arguments') ? '; a text of several words needs quotes' : '';
  const sentence = text
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .trim()
    .replace(/\.$/, '');
  return `wordkin: ${printable(sentence)}${quotes}; ${name} --help tells what there is\n`;
}
