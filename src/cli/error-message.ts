import type { Command } from 'commander';
import { systemCode } from '../node/system-code.ts';
import { maskSecrets } from '../text/mask-secrets.ts';

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
  ENOTEMPTY: 'the folder is not empty',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open; allow more, such as by ulimit -n 1024',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead in a circle',
  ECONNREFUSED: 'nobody answers at this address',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'nobody answered in time',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
};
const WRITING =
  /^(write|mkdir|mkdtemp|rename|unlink|rm|rmdir|copyfile|symlink|link|ftruncate|truncate|chmod|utime|fsync)/;
/** A message as the system gives it: "ENOENT: no such file or directory, open 'x'". */
const SYSTEM_MESSAGE = /\bE[A-Z_]{3,}: ([^,;]+)(?:, \w+(?: '[^']*')?(?: -> '[^']*')?)?/;

/** What went wrong as one sentence for a person, with the options as the command line names them. */
export function errorMessage(error: unknown, command?: Command): string {
  if (error instanceof AggregateError && !error.message && error.errors.length > 0)
    return errorMessage(error.errors[0], command);
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'something failed and did not say why';
  const message = systemMessage(error) ?? error.message.replace(SYSTEM_MESSAGE, '$1');
  const shown = maskSecrets(message || error.name);
  return command ? withFlags(shown, command) : shown;
}

function systemMessage(error: NodeJS.ErrnoException): string | undefined {
  const { syscall = '', path, message } = error;
  if (message.startsWith('Cannot ')) return undefined;
  const reason = REASONS[systemCode(error) ?? ''] ?? SYSTEM_MESSAGE.exec(message)?.[1];
  if (reason === undefined || syscall === '') return undefined;
  const verb = WRITING.test(syscall) ? 'write' : /^(connect|getaddrinfo)/.test(syscall) ? 'connect' : 'read';
  return `Cannot ${verb}${path === undefined ? '' : ` "${path}"`}: ${reason}`;
}

/** Options that the library names otherwise than after their flag. */
const OTHER_NAMES: Record<string, string> = {
  goal: 'for',
  phrasePasses: 'phrases',
  vocabulary: 'readVocabulary',
  memoryBudgetBytes: 'memoryBudget',
  maximumUnpackedBytes: 'maximumUnpacked',
  checkpointFolder: 'checkpoint',
  checkpointSeconds: 'every',
  timeSeconds: 'time',
  quantization: 'as',
  timeoutMs: 'timeout',
  maximumBodyBytes: 'maxBody',
};

/** A message of the library, whose options are those of this command: "minCount" becomes --min-count. */
export function withFlags(message: string, command: Command): string {
  // Of --even-axes and --no-even-axes the former is meant.
  const options = [...command.options].sort((a, b) => Number(b.negate) - Number(a.negate));
  const flags = new Map(options.map((option) => [option.attributeName(), option.long]));
  const flagOf = (name: string) => flags.get(OTHER_NAMES[name] ?? name);
  // A name in quotes is an option where the sentence is of it; a word or file may be named like one.
  const ofOption = message.replace(
    /^"(\w+)"(?= must be| is | has no effect)|(?<=\(|; )"(\w+)"(?= names the )|(?<=\b(?:give|leave out|and give) (?:the )?)"(\w+)"/g,
    (all, first, named, given) => flagOf(first ?? named ?? given) ?? all,
  );
  // "give dimensions 64", "or epochs 100", "set subsample to 0"
  const withValues = ofOption.replace(
    /(?<=\b(?:give|or) )[a-z]+(?= \d)|(?<=\bset )[a-z]+(?= to \d)/g,
    (name) => flagOf(name) ?? name,
  );
  const isCompound = (name: string) => /[a-z][A-Z]/.test(name);
  return withValues.replace(/"([a-z]+[A-Z]\w*)"|\b[a-z]+[A-Z][A-Za-z]*\b/g, (all, quoted) => {
    const name = quoted ?? all;
    return (isCompound(name) && flagOf(name)) || all;
  });
}
