import { Command } from 'commander';
import { expect, it } from 'vitest';
import { refuseIdleOptions, withNeeds } from './option-needs.ts';

async function run(...args: string[]): Promise<void> {
  const command = new Command('x')
    .option('--field <name>')
    .option('--corpus <file>')
    .option('--count <n>', 'how many', '10')
    .option('--no-open')
    .option('--output <folder>')
    .hook('preAction', (_, command) => refuseIdleOptions(command))
    .action(() => {});
  withNeeds(command, [{ option: '--field', oneOf: ['--corpus', '--output'], reason: 'it names a field' }]);
  withNeeds(command, [
    { option: '--no-open', without: ['--output'], reason: 'nothing is served' },
    { option: '--count', without: ['--output'], reason: 'nothing is counted' },
  ]);
  await command.parseAsync(args, { from: 'user' });
}

it.each([
  [['--field', 'a'], 'Cannot use --field without --corpus or --output: it names a field'],
  [['--no-open', '--output', 'a'], 'Cannot use --no-open with --output: nothing is served; leave one of them out'],
  [['--count', '10', '--output', 'a'], 'Cannot use --count with --output: nothing is counted; leave one of them out'],
])('refuses %j', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message);
});

it.each([[[]], [['--field', 'a', '--corpus', 'b']], [['--no-open', '--corpus', 'b']], [['--output', 'a']]])(
  'takes %j, also where an option has a default',
  async (args) => {
    await run(...args);
  },
);
