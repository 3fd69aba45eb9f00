import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

const PYTHON = '/usr/bin/python3';
const FINDS_GENSIM = 'import importlib.util as util, sys; sys.exit(util.find_spec("gensim") is None)';

export const hasGensim = spawnSync(PYTHON, ['-c', FINDS_GENSIM]).status === 0;

/** Runs each script that a line of its input holds, with its arguments, and answers in a line. */
const LOOP = `import contextlib, io, json, sys, traceback
for line in sys.stdin:
    script, sys.argv[1:] = json.loads(line)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed): exec(script, {'__name__': '__main__'})
        answer = [printed.getvalue(), None]
    except BaseException: answer = [None, traceback.format_exc()]
    print(json.dumps(answer), flush=True)`;
let child: ChildProcessWithoutNullStreams | undefined;
let answers: AsyncIterator<string>;
let said = '';
afterAll(() => void child?.stdin.end());

/**
 * Runs a script with its arguments, and gives what it prints. One process runs all scripts of a test file, as to import gensim takes a
 * second of a processor.
 */
export async function python(script: string, ...args: string[]): Promise<string> {
  if (!child) {
    // Its matrices are small: threads of numpy would only wait for each other, which takes processors.
    child = spawn(PYTHON, ['-c', LOOP], { env: { ...process.env, OPENBLAS_NUM_THREADS: '1' } });
    child.stderr.on('data', (data) => (said += data));
    answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  }
  child.stdin.write(`${JSON.stringify([script, args])}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error(`Python ended: ${said}`);
  const [printed, error] = JSON.parse(value) as [string, string | null];
  if (error) throw new Error(error);
  return printed!;
}
