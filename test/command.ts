import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = resolve(import.meta.dirname, '../dist/cli/main.js');

interface RunOptions {
  readonly input?: string;
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the built `wordkin` command. */
export const wordkin = (args: readonly string[], options?: RunOptions): Promise<CommandResult> =>
  runNode([main, ...args], options);

/**
 * Runs several commands one after the other in this process: to start one for each takes most of its time. For what a process of its own
 * shows, such as signals and standard input, there is `wordkin`; that it ends, `wordkinProcess`.
 *
 * @param onTold - called with each text that a command prints, before the command goes on
 */
export async function wordkinEach(
  commands: readonly (readonly string[])[],
  onTold?: (text: string) => void,
): Promise<CommandResult[]> {
  const { runCommand } = await import('../dist/cli/run-command.js');
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  const exitCode = process.exitCode;
  // Each command that serves or trains listens to them.
  for (const emitter of [...streams, process]) emitter.setMaxListeners(0);
  const results: CommandResult[] = [];
  try {
    for (const args of commands) {
      const told = ['', ''];
      for (const [i, stream] of streams.entries())
        stream.write = (data: string | Uint8Array, ...more: unknown[]) => {
          const text = typeof data === 'string' ? data : Buffer.from(data).toString();
          told[i] += text;
          onTold?.(text);
          for (const one of more) if (typeof one === 'function') one();
          return true;
        };
      process.exitCode = 0;
      await runCommand(args);
      results.push({ code: Number(process.exitCode), stdout: told[0], stderr: told[1] });
    }
  } finally {
    for (const [i, stream] of streams.entries()) stream.write = writes[i];
    process.exitCode = exitCode;
  }
  return results;
}

/** Runs several commands one after the other in a process of their own, which ends when nothing is left to do: by no command is anything left open. */
export const wordkinProcess = (commands: readonly (readonly string[])[]): Promise<CommandResult> =>
  runNode([
    '--eval',
    `(async () => {
      const { runCommand } = await import(${JSON.stringify(pathToFileURL(resolve(main, '../run-command.js')))});
      for (const args of ${JSON.stringify(commands)}) await runCommand(args);
    })();`,
  ]);

/** Runs one command in this process; see `wordkinEach`. */
export async function wordkinHere(args: readonly string[], onTold?: (text: string) => void): Promise<CommandResult> {
  return (await wordkinEach([args], onTold))[0];
}

function runNode(args: string[], { input, onStart }: RunOptions = {}): Promise<CommandResult> {
  return new Promise((resolvePromise) => {
    const child = spawn(process.execPath, args);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('close', (code) => resolvePromise({ code, stdout, stderr }));
    child.stdin.on('error', () => {}); // it may end before it has read its input
    child.stdin.end(input ?? '');
    onStart?.(child);
  });
}

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wordkin-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A folder with a new, empty database with pgvector, as a program that has opened a store leaves it: copied, as to make one takes seconds
 * of a processor. Only PostgreSQL's own templates are left out, which are two thirds of its files, and its buffers are small: to fill those
 * of 128 MB with zeros takes a quarter of the time to open it.
 */
export async function emptyStore(path: string): Promise<string> {
  const packages = resolve(import.meta.dirname, '../node_modules');
  const { version } = JSON.parse(readFileSync(join(packages, '@electric-sql/pglite/package.json'), 'utf8'));
  const kept = join(packages, `.cache/empty-store-small-${version}`);
  if (!existsSync(kept)) {
    const own = `${kept}-${process.pid}`;
    mkdirSync(dirname(own), { recursive: true });
    await makeEmptyStore(own);
    try {
      renameSync(own, kept);
    } catch {
      rmSync(own, { recursive: true }); // another test has made it meanwhile
    }
  }
  copyFolder(kept, path);
  return path;
}

async function makeEmptyStore(path: string): Promise<void> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { vector } = await import('@electric-sql/pglite-pgvector');
  const database = await PGlite.create({ dataDir: path, extensions: { vector } });
  await database.exec('create extension vector; update pg_database set datistemplate = false');
  for (const template of ['template0', 'template1']) await database.exec(`drop database ${template}`);
  await database.close();
  const settings = join(path, 'postgresql.conf');
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('shared_buffers = 128MB', 'shared_buffers = 16MB'));
}

/** Copies a folder of many files to where none is; by a program where there is one, which takes half the processor time. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (process.platform === 'win32') cpSync(from, to, { recursive: true });
  else execFileSync('cp', ['-R', from, to]);
}

/** How often a process is killed: a few times by default, at each stage of its work where everything is to run, and more as WORDKIN_KILLS says. */
export const KILLS = Number(process.env.WORDKIN_KILLS ?? (process.env.WORDKIN_TEST_EVERYTHING ? 6 : 3));
/** How long a test of so many kills may take on a slow machine, or a busy one. */
export const KILLS_TIMEOUT_MS = 120_000 + 60_000 * KILLS;

/** Whether a test may be left out because this machine lacks what it needs; never where everything is to run. */
export function mayBeSkipped(missing: boolean): boolean {
  return missing && !process.env.WORDKIN_TEST_EVERYTHING;
}
