import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainError } from './read-error.ts';
import { removeAbandoned, temporaryName } from './temporary-names.ts';

const PREFIX = 'wordkin-';
/** So often a folder in use is marked as that, for processes that cannot see this one. */
const MARK_MILLISECONDS = 60 * 60 * 1000;

const inUse = new Set<string>();
let marking: NodeJS.Timeout | undefined;

/** A folder that is gone after `dispose`, when the process ends, or, if it was killed, when the next one makes such a folder. */
export class TemporaryFolder {
  readonly path: string;
  readonly #parent: string;

  /** @throws Error if there is no folder `parent`, or nothing can be written to it */
  constructor(parent = tmpdir()) {
    removeAbandoned(parent, PREFIX);
    this.#parent = parent;
    this.path = join(parent, temporaryName(PREFIX));
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (error) {
      throw explainError(
        error as NodeJS.ErrnoException,
        `Cannot keep temporary files in "${parent}"`,
        '; give another temporaryFolder, or set TMPDIR',
      );
    }
    if (inUse.size === 0) {
      process.on('exit', removeAll);
      marking = setInterval(markAll, MARK_MILLISECONDS);
      marking.unref();
    }
    inUse.add(this.path);
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
    inUse.delete(this.path);
    removeAbandoned(this.#parent, PREFIX); // of those that were still ending when this one was made
    if (inUse.size > 0) return;
    process.off('exit', removeAll);
    clearInterval(marking);
  }
}

function removeAll(): void {
  for (const path of inUse) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {} // a thread writes to it still: the next process that makes such a folder removes it
  }
}

function markAll(): void {
  const now = new Date();
  for (const path of inUse) {
    try {
      utimesSync(path, now, now);
    } catch {} // somebody has removed it: who uses it will say so
  }
}
