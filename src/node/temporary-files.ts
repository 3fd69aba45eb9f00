import { join } from 'node:path';
import type { CorpusStore } from '../corpus/encoded-corpus.ts';
import type { StoreRun } from '../corpus/encoder.ts';
import { FileCorpusStore } from './file-corpus-store.ts';
import { OpenFiles } from './open-files.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/**
 * A folder for what does not stay in memory during a training: the encoded corpus (4 bytes a token) and
 * counts beyond the memory budget. Gone with `dispose`, and when the process ends.
 *
 * @throws Error if there is no folder `parent`, or nothing can be written to it
 */
export function createTemporaryFiles(parent?: string) {
  const folder = new TemporaryFolder(parent);
  const files = new OpenFiles();
  const dispose = (): void => {
    files.close();
    folder.dispose();
  };

  const storeRun: StoreRun = (run, wordCount, pieces) => {
    let place = run;
    if (ArrayBuffer.isView(place)) {
      const path = join(folder.path, 'runs');
      place = { path, position: files.append(path, place), byteLength: place.length };
    }
    const { path, position, byteLength } = place;
    return { wordCount, byteLength, pieces, read: (offset, target) => files.read(path, position + offset, target) };
  };
  const createCorpusStore = (): CorpusStore => new FileCorpusStore(folder.path, files, dispose);
  return { folder: folder.path, storeRun, createCorpusStore, dispose };
}
