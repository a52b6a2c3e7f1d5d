import { InvalidInputError } from '../../../src/errors.js';

/** Default maximum. More gain little, because operations outside our module use one thread. */
const DEFAULT_MAX = 8;
const MAX = 64;

/** Default number of threads. */
export function defaultThreads(processors: number): number {
  return Math.min(processors, DEFAULT_MAX);
}

/**
 * Validates a requested number of threads.
 *
 * @param what  source of the number, for errors
 * @param count a number, or the text of one
 * @throws InvalidInputError unless it is an integer from 1 to 64
 */
export function requestedThreads(what: string, count: number | string): number {
  const threads = Number(count);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX) return threads;
  const value = typeof count === 'string' ? `'${count}'` : count;
  throw new InvalidInputError(`${what} is ${value}; expected a whole number from 1 to ${MAX}`);
}
