// The entry of a thread that helps to scan vectors.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { SharedScan } from '../kernels/staged-scan/staged-scan.ts';
import { serveScans } from '../search/scan-helpers.ts';

function* received(): Generator<SharedScan> {
  for (let got = receiveMessageOnPort(parentPort!); got; got = receiveMessageOnPort(parentPort!)) yield got.message;
}

serveScans(workerData as Int32Array, received);
