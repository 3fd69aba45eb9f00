import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { OPTION_RULES } from '../training/option-rules.ts';
import { resolveTrainingOptions } from '../training/training-options.ts';
import { helpForOtherTool } from './other-tools.ts';
import { addTrainCommand } from './train.ts';

const program = new Command();
addTrainCommand(program);
const [train] = program.commands;
const help = (flag: string) => helpForOtherTool(`error: unknown option '${flag}'\n(Did you mean --time?)`, train);

describe('options of other tools', () => {
  it.each([
    ['--size', '--dimensions <n>'],
    ['-size', '--dimensions <n>'],
    ['--vector_size', '--dimensions <n>'],
    ['-dim', '--dimensions <n>'],
    ['--sg', '--algorithm <name>'],
    ['-hs', '--loss <name>'],
    ['--min_count', '--min-count <n>'],
    ['-minCount', '--min-count <n>'],
    ['-lr', '--learning-rate <x>'],
    ['-o', '--output <model>'],
    ['-output', '--output <model>'],
    ['--workers', '--threads <n>'],
  ])('are named as they are called here: %s', (flag, ours) => expect(help(flag)).toBe(`it is ${ours} here`));

  it('of the text are told to stand behind the command', () =>
    expect(help('-train')).toBe('the input stands behind the command, without an option'));

  it('that nothing is known of are left to the suggestion', () => {
    for (const flag of ['--windw', '--nothing', '-', '--', '--constructor']) expect(help(flag)).toBeUndefined();
    expect(helpForOtherTool("error: unknown option '--size'")).toBeUndefined();
  });

  it('are named by the library, too', () => {
    for (const [name, ours] of Object.entries({
      vector_size: 'dimensions',
      vectorSize: 'dimensions',
      workers: 'threads',
    }))
      expect(() => resolveTrainingOptions({ [name]: 5 } as object)).toThrow(
        `Cannot use training option "${name}": there is no such option; it is "${ours}" here`,
      );
    expect(() => resolveTrainingOptions({ epoch: 5 } as object)).toThrow('did you mean "epochs"?');
    expect(Object.keys(OPTION_RULES)).toContain('dimensions');
  });
});

it('commands of other tools are told by what does the same', () => {
  const command = (name: string) => helpForOtherTool(`error: unknown command '${name}'`);
  expect(command('skipgram')).toBe('it is wordkin train TEXT --preset fasttext --output MODEL here');
  expect(command('most_similar')).toBe('it is wordkin neighbors MODEL WORD here');
  expect(command('word2phrase')).toContain('--phrases 1');
  expect(command('supervised')).toContain('not trained');
  expect(command('trian')).toBeUndefined();
});
