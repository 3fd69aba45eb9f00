// The entry of a web worker.
import { readMemoryCorpus } from '../corpus/encoded-corpus.ts';
import { STARTED } from '../threads/remote-calls.ts';
import { serveWorker } from '../training/serve-worker.ts';

serveWorker(
  {
    post: (message, transfer) => self.postMessage(message, { transfer: transfer ?? [] }),
    onMessage: (listener) => self.addEventListener('message', ({ data }) => listener(data)),
  },
  {
    loadTokenizer: () => Promise.reject(new Error('Cannot tokenize here: text is encoded in the page')),
    openCorpus({ place }) {
      if (place.kind !== 'memory') throw new Error('Cannot train in a browser from a file');
      return { read: readMemoryCorpus(place.ids), close() {} };
    },
  },
);
self.postMessage({ id: STARTED });
