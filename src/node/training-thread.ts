// The entry of a worker thread.
import { getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { hasRelaxedSimd } from '../kernels/wasm-module.ts';
import { STARTED } from '../threads/remote-calls.ts';
import { serveWorker } from '../training/serve-worker.ts';
import { loadTokenizer } from './load-tokenizer.ts';
import { corpusFileReader, OpenFiles } from './open-files.ts';

// Node 20 has relaxed SIMD behind a flag that is read when a module is compiled; later ones have no such flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** A third of the time that others get who want it, and these do not wait for it. */
const NICER_BY = 5;
const MOST_NICENESS = 19;

// Linux has a priority for each thread; elsewhere it would be that of the process. One that `nice` has lowered may not be raised.
if ((workerData as { givesWay?: boolean } | undefined)?.givesWay && process.platform === 'linux') {
  setPriority(Math.min(MOST_NICENESS, getPriority() + NICER_BY));
}

const files = new OpenFiles();
/** They are closed when the thread ends, with its training. */
const corpusFiles = new Map<string, number>();
const port = parentPort!;
serveWorker(
  {
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (listener) => port.on('message', listener),
  },
  {
    loadTokenizer,
    files,
    openCorpus({ place }) {
      if (place.kind === 'memory') return { read: readMemoryCorpus(place.ids), close() {} };
      return { read: corpusFileReader(place, corpusFiles), close() {} };
    },
  },
);
port.postMessage({ id: STARTED });
