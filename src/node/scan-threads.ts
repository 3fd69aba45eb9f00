import { availableParallelism } from 'node:os';
// biome-ignore lint/style/useNodejsImportProtocol: webpack sees a worker by this name only, and builds its file
import { Worker } from 'worker_threads';
import { useScanThreads } from '../search/scan-helpers.ts';
import { threadFlags } from './thread-flags.ts';

/** More share the memory's width, and gain little. */
const MOST_HELPERS = 3;

useScanThreads({
  count: Math.min(MOST_HELPERS, availableParallelism() - 1),
  start(control, onEnd) {
    const flags = threadFlags(); // here: webpack takes no call within the next line along
    // Bundlers that know threads see one in these very words, and build its file. Where it is missing, nobody helps.
    const thread = new Worker(new URL('./scan-thread.js', import.meta.url), { workerData: control, ...flags });
    thread.on('error', () => {}); // it ends, too
    thread.on('exit', onEnd);
    thread.unref(); // a program that only searches ends by itself
    return { send: (scan) => thread.postMessage(scan), close: () => void thread.terminate() };
  },
});
