import type { WorkerOptions } from 'node:worker_threads';

const INPUT_TYPE = /--input-type(=|\s+|$)\S*/g;

/**
 * With what a thread starts where the program came by `node --input-type=module -e`, or by standard input: a thread inherits that flag, and
 * Node then refuses the file of its script. Elsewhere a thread inherits all flags, as Node has it.
 */
export function threadFlags(): Pick<WorkerOptions, 'execArgv' | 'env'> {
  const { NODE_OPTIONS = '' } = process.env;
  const own = NODE_OPTIONS.replace(INPUT_TYPE, '');
  if (own === NODE_OPTIONS && !process.execArgv.some((flag) => flag.startsWith('--input-type'))) return {};
  // Of the others only those of NODE_OPTIONS: a list of flags may hold none that are of the whole process, such as --max-old-space-size.
  return { execArgv: [], env: { ...process.env, NODE_OPTIONS: own } };
}
