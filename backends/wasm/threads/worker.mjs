/** A thread that does parts of jobs for as long as it lives. Between jobs it sleeps. */
import { parentPort, workerData } from 'node:worker_threads';
import { boardOn, JOB, takeParts } from './board.mjs';

const { module, memory, buffer, thread } = workerData;
const board = boardOn(buffer);
const { exports } = new WebAssembly.Instance(module, { tensors: { memory } });
const functions = Object.values(exports);
let job = Atomics.load(board.counters, JOB);
parentPort.postMessage('ready');
for (;;) {
  // Looking for the next job a while before going to sleep was measured: it gains nothing, and takes the processor's time.
  Atomics.wait(board.counters, JOB, job);
  job = Atomics.load(board.counters, JOB);
  takeParts(board, functions, thread);
}
