/**
 * How threads share work, plain JavaScript since threads have it in their scripts (`scripts/generated.mjs`). A board is a shared
 * buffer: counters, and a job as numbers. A job is a list of parts, in any order and each once; a part is calls of the module's
 * functions, one after the other.
 *
 *     numbers: scratch, bytes of scratch a thread, where each part begins …, the parts
 *     part:    number of calls, then for each: function, number of arguments, arguments …
 */

/** Size of a board, in bytes. */
export const BOARD_BYTES = 2 ** 17;

/** Where the numbers begin, in bytes. */
const NUMBERS_AT = 1024;

/** Bytes that an error's message may take; they begin in the middle of the counters. */
const MESSAGE_BYTES = NUMBERS_AT / 2;

/** Counters, each in a cache line of its own. */
export const JOB = 0;
export const PARTS_LEFT = 32;
export const PARTS_DONE = 64;
const MESSAGE_LENGTH = 96;

/** Addresses from here on are those of the thread's own scratch memory; the module's own end at 2^32. */
export const OWN_SCRATCH = 2 ** 40;

/** The views of a board's buffer. */
export function boardOn(buffer) {
  return {
    buffer,
    counters: new Int32Array(buffer, 0, NUMBERS_AT / 8),
    message: new Uint8Array(buffer, NUMBERS_AT - MESSAGE_BYTES, MESSAGE_BYTES),
    numbers: new Float64Array(buffer, NUMBERS_AT),
  };
}

/** Writes a message on a board, unless there is one. */
export function writeMessage({ counters, message }, text) {
  const bytes = new TextEncoder().encode(text).subarray(0, MESSAGE_BYTES);
  if (Atomics.load(counters, MESSAGE_LENGTH) > 0) return;
  message.set(bytes);
  Atomics.store(counters, MESSAGE_LENGTH, bytes.length);
}

/** Takes a board's message off it; undefined where there is none. */
export function takeMessage({ counters, message }) {
  const length = Atomics.exchange(counters, MESSAGE_LENGTH, 0);
  return length === 0 ? undefined : new TextDecoder().decode(message.slice(0, length));
}

/**
 * Does parts of the job on a board until none is left.
 *
 * @param functions of the module, in the order of its exports
 * @param thread    number of this thread, from 0
 */
export function takeParts(board, functions, thread) {
  const { counters, numbers } = board;
  // Counting down: with one atomic operation a thread has a part, or learns that there is none, even of a job it is late for.
  for (;;) {
    const part = Atomics.sub(counters, PARTS_LEFT, 1) - 1;
    if (part < 0) return;
    try {
      runPart(numbers, numbers[2 + part], functions, numbers[0] + thread * numbers[1] - OWN_SCRATCH);
    } catch (cause) {
      writeMessage(board, String(cause));
    }
    Atomics.add(counters, PARTS_DONE, 1);
    Atomics.notify(counters, PARTS_DONE);
  }
}

function runPart(numbers, start, functions, scratchShift) {
  let at = start + 1;
  for (let calls = numbers[start]; calls > 0; calls--) {
    const [run, count] = [functions[numbers[at]], numbers[at + 1]];
    const values = new Array(count);
    at += 2;
    for (let i = 0; i < count; i++) {
      const value = numbers[at++];
      values[i] = value >= OWN_SCRATCH ? value + scratchShift : value;
    }
    run(...values);
  }
}
