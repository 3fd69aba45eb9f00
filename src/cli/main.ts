#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addAlignCommand } from './align.ts';
import { addAnalogyCommand } from './analogy.ts';
import { addConvertCommand } from './convert.ts';
import { addEmbedCommand } from './embed.ts';
import { addEvaluateCommands } from './evaluate.ts';
import { addExplainCommand } from './explain.ts';
import { addFitSentencesCommand } from './fit-sentences.ts';
import { addIndexCommands } from './index-texts.ts';
import { addInfoCommand } from './info.ts';
import { addNeighborsCommand } from './neighbors.ts';
import { note, packageVersion } from './output.ts';
import { addSearchCommand } from './search.ts';
import { addShrinkCommand } from './shrink.ts';
import { addSimilarityCommand } from './similarity.ts';
import { addTrainCommand } from './train.ts';
import { addWordQueryCommands } from './word-queries.ts';

const program = new Command('wordkin')
  .description('word2vec for TypeScript: train word embeddings, turn sentences into vectors, find the nearest.')
  .version(packageVersion())
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(`wordkin: ${text.replace(/^error: /, '')}`) })
  .exitOverride();

addTrainCommand(program);
addNeighborsCommand(program);
addAnalogyCommand(program);
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
for (const command of program.commands) {
  command.copyInheritedSettings(program).option('--json', 'one JSON value on stdout, everything else on stderr');
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
    process.stderr.write(`wordkin: ${error instanceof Error ? error.message : String(error)}\n`);
    if (process.env.WORDKIN_DEBUG) console.error(error);
    process.exitCode = 1;
  }
}
