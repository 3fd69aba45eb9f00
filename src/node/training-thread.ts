// The entry of a worker thread.
import { closeSync, openSync, readSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { hasRelaxedSimd } from '../kernels/wasm-module.ts';
import { serveWorker } from '../training/worker-role.ts';
import { loadTokenizer } from './load-tokenizer.ts';

// Node 20 has relaxed SIMD behind a flag that is read when a module is compiled; later ones have no such flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

const port = parentPort!;
serveWorker(
  {
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (listener) => port.on('message', listener),
  },
  {
    loadTokenizer,
    openCorpus({ place }) {
      if (place.kind === 'memory') return { read: readMemoryCorpus(place.ids), close() {} };
      const file = openSync(place.path, 'r');
      return {
        read(begin, target) {
          const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
          for (let at = 0; at < bytes.length; ) {
            const count = readSync(file, bytes, at, bytes.length - at, begin * 4 + at);
            if (count === 0) throw new Error(`Cannot read the encoded corpus "${place.path}": it became shorter`);
            at += count;
          }
        },
        close: () => closeSync(file),
      };
    },
  },
);
