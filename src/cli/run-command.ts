import { inspect } from 'node:util';
import { Command, CommanderError, type Option } from 'commander';
import { rankEnvironment } from '../node/mpi/rank-environment.ts';
import { isSupervised, superviseRank } from '../node/mpi/supervise-rank.ts';
import { packageVersion } from '../node/package-version.ts';
import { printable } from '../text/printable.ts';
import { errorMessage } from './error-message.ts';
import { refuseIdleOptions } from './option-needs.ts';
import { helpForOtherTool } from './other-tools.ts';
import { note } from './output.ts';

/** The names of commands, in the order of --help, and what adds them to a program. A file is loaded when one of its commands is asked for. */
const COMMANDS: readonly (readonly [names: readonly string[], load: () => Promise<(program: Command) => void>])[] = [
  [['train'], async () => (await import('./train.ts')).addTrainCommand],
  [['neighbors'], async () => (await import('./neighbors.ts')).addNeighborsCommand],
  [['analogy'], async () => (await import('./analogy.ts')).addAnalogyCommand],
  [['predict'], async () => (await import('./predict.ts')).addPredictCommand],
  [['similarity'], async () => (await import('./similarity.ts')).addSimilarityCommand],
  [['embed'], async () => (await import('./embed.ts')).addEmbedCommand],
  [['index', 'list', 'upgrade', 'delete'], async () => (await import('./index-texts.ts')).addIndexCommands],
  [['search'], async () => (await import('./search.ts')).addSearchCommand],
  [['explain'], async () => (await import('./explain.ts')).addExplainCommand],
  [['fit-sentences'], async () => (await import('./fit-sentences.ts')).addFitSentencesCommand],
  [['odd-one-out', 'context'], async () => (await import('./word-queries.ts')).addWordQueryCommands],
  [['evaluate', 'compare'], async () => (await import('./evaluate.ts')).addEvaluateCommands],
  [['shrink'], async () => (await import('./shrink.ts')).addShrinkCommand],
  [['align'], async () => (await import('./align.ts')).addAlignCommand],
  [['info'], async () => (await import('./info.ts')).addInfoCommand],
  [['convert'], async () => (await import('./convert.ts')).addConvertCommand],
  [['doctor'], async () => (await import('./doctor.ts')).addDoctorCommand],
  [['page'], async () => (await import('./page.ts')).addPageCommand],
  [['serve'], async () => (await import('./serve.ts')).addServeCommand],
  [['mcp'], async () => (await import('./mcp.ts')).addMcpCommand],
];

/** Commands that go on where nobody reads what they print: they are done only when they have written a file, or serve others. */
const WRITING = new Set(['train', 'convert', 'shrink', 'align', 'fit-sentences', 'index', 'serve']);
let running: Command | undefined;

/** Whether the command that runs is one of those. */
export function isWriting(): boolean {
  return running !== undefined && WRITING.has(running.name());
}

/** Runs the command of these arguments, as of a command line behind its program. It sets the exit code of the process. */
export async function runCommand(args: readonly string[]): Promise<void> {
  running = undefined;
  try {
    // A supervisor trains nothing: it begins its rank before it would load what trains.
    const rank = args[0] === 'train' && !isSupervised() ? rankEnvironment() : undefined;
    if (rank) {
      process.exitCode = await superviseRank(rank);
      return;
    }
    await (await createProgram(args[0])).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has said it already
      return;
    }
    const { name, exitCode = 1 } = error as { name?: string; exitCode?: number };
    // Of a job's ranks the one that has met the error tells of it.
    if (name !== 'OtherRankError') process.stderr.write(`wordkin: ${printable(errorMessage(error, running))}\n`);
    if (process.env.WORDKIN_DEBUG) note(inspect(error));
    process.exitCode = exitCode;
  }
}

/** All commands for --help and for a name that there is not, otherwise the one that is asked for. */
async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('wordkin')
    .description('word2vec for TypeScript: train word embeddings, turn sentences into vectors, find the nearest.')
    .version(packageVersion())
    .showSuggestionAfterError()
    .exitOverride();
  const wanted = COMMANDS.filter(([names]) => asked !== undefined && names.includes(asked));
  const isVersion = asked === '--version' || asked === '-V';
  for (const [, load] of wanted.length > 0 || isVersion ? wanted : COMMANDS) (await load())(program);
  program.configureOutput({ outputError: (text, write) => write(usageError(text, 'wordkin')) });
  program.hook('preAction', (_, command) => {
    running = command;
    refuseFlagsAsValues(command);
    refuseIdleOptions(command);
    noteRepeatedOptions(command);
  });
  for (const command of program.commands) {
    const name = `wordkin ${command.name()}`;
    command
      .copyInheritedSettings(program)
      .configureOutput({ outputError: (text, write) => write(usageError(text, name, command)) })
      .option('--json', 'one JSON value on stdout, everything else on stderr');
    collectValues(command);
  }
  return program;
}

const valuesOf = new WeakMap<Option, unknown[]>();

/** Remembers all values that an option is given, of which commander keeps the last. */
function collectValues(command: Command): void {
  for (const option of command.options)
    command.on(`option:${option.name()}`, (value: unknown) =>
      valuesOf.set(option, [...(valuesOf.get(option) ?? []), value]),
    );
}

/** Tells of an option with several values of which one counts. With `train --json` stderr holds events alone, the first of which tells what counts. */
function noteRepeatedOptions(command: Command): void {
  if (command.name() === 'train' && command.getOptionValue('json')) return;
  for (const option of command.options) {
    const values = valuesOf.get(option) ?? [];
    if (new Set(values).size < 2 || Array.isArray(command.getOptionValue(option.attributeName()))) continue;
    note(`${option.long} was given ${values.length} times: ${JSON.stringify(values.at(-1))} counts`);
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
function usageError(text: string, name: string, command?: Command): string {
  const quotes = text.includes('too many arguments') ? '; a text of several words needs quotes' : '';
  const other = helpForOtherTool(text, command);
  const sentence = (other === undefined ? text : text.replace(/\n?\(Did you mean [^)]*\)/, ''))
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .trim()
    .replace(/\.$/, '');
  return `wordkin: ${printable(sentence)}${quotes}${other === undefined ? '' : `; ${other}`}; ${name} --help tells what there is\n`;
}
