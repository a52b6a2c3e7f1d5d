import { boardOn, JOB, takeParts } from './board.mjs';

/**
 * Does parts of jobs for as long as the thread lives. Between jobs it sleeps.
 *
 * @param data  what the pool gives it
 * @param ready is called when it has seen the board, and will miss no job
 */
export function work({ module, memory, buffer, thread }, ready) {
  const board = boardOn(buffer);
  const { exports } = new WebAssembly.Instance(module, { tensors: { memory } });
  const functions = Object.values(exports);
  let job = Atomics.load(board.counters, JOB);
  ready();
  for (;;) {
    // Looking for the next job a while before going to sleep was measured: it gains nothing, and takes the processor's time.
    Atomics.wait(board.counters, JOB, job);
    job = Atomics.load(board.counters, JOB);
    takeParts(board, functions, thread);
  }
}
