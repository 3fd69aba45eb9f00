import type { Command } from 'commander';

/** What an option needs, or may not have, beside it to do anything; options by their flags. */
export interface OptionNeed {
  readonly option: string;
  /** One of these must be given. */
  readonly oneOf?: readonly string[];
  /** None of these may be given. */
  readonly without?: readonly string[];
  /** Why, as the second half of a sentence. */
  readonly reason: string;
}

const needsOf = new WeakMap<Command, readonly OptionNeed[]>();

/** Options of a command that would be ignored alone, or beside others: they are refused before the command runs. */
export function withNeeds(command: Command, needs: readonly OptionNeed[]): Command {
  needsOf.set(command, [...(needsOf.get(command) ?? []), ...needs]);
  return command;
}

/** @throws Error for an option that was given and would do nothing */
export function refuseIdleOptions(command: Command): void {
  const given = new Set(
    command.options
      .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
      .map(({ long }) => long),
  );
  for (const { option, oneOf, without = [], reason } of needsOf.get(command) ?? []) {
    if (!given.has(option)) continue;
    if (oneOf && !oneOf.some((other) => given.has(other)))
      throw new Error(`Cannot use ${option} without ${oneOf.join(' or ')}: ${reason}`);
    const other = without.find((flag) => given.has(flag));
    if (other !== undefined) throw new Error(`Cannot use ${option} with ${other}: ${reason}; leave one of them out`);
  }
}
