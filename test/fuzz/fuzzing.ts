/**
 * Shared by all fuzz tests. `FOURM_FUZZ_RUNS` is the number of inputs, `FOURM_FUZZ_SEED` their seed; the same numbers give the
 * same inputs.
 */
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { FourMError } from '../../src/errors.js';

/** How many inputs a test makes of each kind. */
export const FUZZ_RUNS = Number(process.env.FOURM_FUZZ_RUNS ?? 1000);

const FUZZ_SEED = Number(process.env.FOURM_FUZZ_SEED ?? 1);

/** Runs of {@link FUZZ_RUNS}, or a part of them for what takes longer. */
export const fuzzing = (part = 1) => ({ numRuns: Math.ceil(FUZZ_RUNS * part), seed: FUZZ_SEED });

/** Outcome of an input: a value, or the error that refused it. */
export type Outcome<T> = { readonly value: T } | { readonly refusal: FourMError };

/** Maximum length of a message, quotations included. */
const LONGEST_MESSAGE = 10_000;

/** How often a reading that took too much is repeated. */
const READINGS = 5;

/** Memory that reading anything may take besides a multiple of its size. */
const FREE_BYTES = 16 * 2 ** 20;

/**
 * Reads an input. Refusing it takes a typed error of one line; neither way may take more memory than 64 times its size and
 * {@link FREE_BYTES}. (JavaScript keeps what it has not yet collected, so the multiple is no tight one.) What else the process
 * does at the same time, such as compiling, only adds to what is measured: the least of several readings counts.
 *
 * @param read gives the same each time
 */
export function outcomeOf<T>(size: number, read: () => T): Outcome<T> {
  let [outcome, taken] = measured(read);
  for (let again = 0; taken > 64 * size + FREE_BYTES && again < READINGS; again++) {
    const [sameOutcome, bytes] = measured(read);
    outcome = sameOutcome;
    taken = Math.min(taken, bytes);
  }
  if (taken > 64 * size + FREE_BYTES) throw new Error(`reading ${size} bytes took ${taken} bytes of memory`);
  return outcome;
}

/** Outcome of reading, and the bytes by which memory has grown. */
function measured<T>(read: () => T): [outcome: Outcome<T>, bytes: number] {
  const before = memory();
  const outcome = outcomeOfReading(read);
  return [outcome, memory() - before];
}

function outcomeOfReading<T>(read: () => T): Outcome<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof FourMError)) throw error;
    if (error.message.includes('\n') || error.message.length > LONGEST_MESSAGE) {
      throw new Error(`not a line: ${JSON.stringify(error.message.slice(0, 500))}`);
    }
    return { refusal: error };
  }
}

function memory(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** Numbers that are no size, and JSON text for them. */
export const strangeNumbers = fc.constantFrom(
  '-1',
  '-0',
  '0',
  '0.5',
  '1.0',
  '1e0',
  '1e999',
  '01',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551615',
  '99999999999999999999999999',
);

/** JSON values of the wrong kind for nearly everywhere, deep ones among them. */
export const strangeValues = fc.oneof(
  strangeNumbers,
  fc.constantFrom('null', 'true', '""', '"F32"', '[]', '{}', '[[]]', '{"a":{"b":[]}}', '[null]', '"\\ud800"', ''),
  fc.nat(2_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat(2_000).map((depth) => '{"a":'.repeat(depth)),
);

/** Names that mean something to JavaScript. */
export const strangeNames = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__metadata__',
  '',
  '0',
  '\u0000',
  'é',
  '😀',
  'a'.repeat(1000),
);
