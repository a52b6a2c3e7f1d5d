/** A thread that does parts of jobs for as long as it lives. Between jobs it sleeps. */
import { parentPort, workerData } from 'node:worker_threads';
import { boardOn, JOB, takeParts } from './board.mjs';

const { module, memory, buffer, thread, spins } = workerData;
const board = boardOn(buffer);
const { exports } = new WebAssembly.Instance(module, { tensors: { memory } });
const functions = Object.values(exports);
let job = Atomics.load(board.counters, JOB);
parentPort.postMessage('ready');
for (;;) {
  // Jobs follow each other closely: waking up would take longer than the wait.
  for (let i = 0; i < spins && Atomics.load(board.counters, JOB) === job; i++);
  Atomics.wait(board.counters, JOB, job);
  job = Atomics.load(board.counters, JOB);
  takeParts(board, functions, thread);
}
