import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  FOLLOWS_TEXT,
  faultOfOption,
  GOALS,
  OPTION_RULES,
  type OptionRule,
  type PartialTrainingOptions,
  PRESET_NAMES,
  resolveTrainingOptions,
  type TrainingOptions,
} from '../entries/training.ts';
import { oneOf, toNumber } from './output.ts';

type Name = keyof TrainingOptions;

/** Flags whose names are not those of their options. */
const FLAG_NAMES: Partial<Record<Name, string>> = { phrasePasses: 'phrases' };

/** Adds a flag for each training option, with what it must be and its defaults, all from OPTION_RULES and the presets. */
export function addTrainingFlags(command: Command): Command {
  command.option('--preset <name>', `defaults of ${PRESET_NAMES.join(', ')} (wordkin)`, oneOf(PRESET_NAMES));
  command.option(
    '--for <goal>',
    `${GOALS.join(', ')}: what the options serve that follow the text (all)`,
    oneOf(GOALS),
  );
  for (const [name, rule] of Object.entries(OPTION_RULES) as [Name, OptionRule][]) {
    for (const option of flagsOf(name, rule)) command.addOption(option.hideHelp(rule.expert === true));
  }
  return command;
}

function flagsOf(name: Name, rule: OptionRule): Option[] {
  const flag = `--${(FLAG_NAMES[name] ?? name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (rule.kind === 'boolean') {
    const on = new Option(flag, `${rule.help}${defaultsOf(name)}`);
    // What a preset switches on must be possible to switch off.
    return PRESET_NAMES.some((preset) => resolveTrainingOptions({ preset })[name] === true)
      ? [on, new Option(flag.replace('--', '--no-'), 'without them')]
      : [on];
  }
  if (rule.kind === 'choice') {
    const choices = rule.help.includes(`${rule.of[0]}:`) ? '' : `, ${rule.of.join(' or ')}`;
    return [new Option(`${flag} <name>`, `${rule.help}${choices}${defaultsOf(name)}`).argParser(oneOf(rule.of))];
  }
  const parse = (text: string) => {
    const value = toNumber(text);
    const fault = faultOfOption(name, value);
    if (fault) throw new InvalidArgumentError(`It ${fault}.`);
    return value;
  };
  const letter = rule.kind === 'integer' ? 'n' : 'x';
  return [new Option(`${flag} <${letter}>`, `${rule.help}${defaultsOf(name)}`).argParser(parse)];
}

/** Such as ` (5; cbow 10)`, and that the preset wordkin makes it follow the text. */
function defaultsOf(name: Name): string {
  const known = defaults(name).join('; ');
  const follows = (FOLLOWS_TEXT as readonly string[]).includes(name) ? 'follows the text' : '';
  const shown = [follows, known].filter((text) => text !== '').join('; otherwise ');
  return shown && ` (${shown})`;
}

/** The default of the preset wordkin, then what is different with cbow and the other presets. */
function defaults(name: Name): string[] {
  const show = (options: PartialTrainingOptions) => {
    const value = resolveTrainingOptions(options)[name];
    return typeof value === 'boolean'
      ? value
        ? 'on'
        : ''
      : value === undefined
        ? ''
        : String(value).replace(/^0\./, '.');
  };
  const ours = show({});
  const others = PRESET_NAMES.slice(1).map((preset) => [preset, show({ preset })]);
  const variants = name === 'algorithm' ? others : [['cbow', show({ algorithm: 'cbow' })], ...others];
  const different = variants.filter(([, value]) => value !== '' && value !== ours);
  return [...(ours === '' ? [] : [ours]), ...different.map((variant) => variant.join(' '))];
}
