import { CommanderError } from 'commander';
import { CancelledError, FourMError, InvalidInputError } from '../errors.js';

/** Exit code for invalid options or inputs. */
const BAD_INPUT = 2;
/** Exit code for all other errors. */
const FAILED = 1;
/** Exit code for a cancelled command, as shells have it after Ctrl-C. */
export const CANCELLED = 130;

/** The end of a failed command: its message, if any, and its exit code. */
export interface Failure {
  readonly message: string | undefined;
  readonly exitCode: number;
}

/** Message and exit code for a thrown value. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommanderError) {
    // Commander has already printed the requested help or version.
    if (error.exitCode === 0) return { message: undefined, exitCode: 0 };
    if (error.code === 'commander.help') return { message: undefined, exitCode: BAD_INPUT };
    return { message: oneLine(error.message.replace(/^error: /, '')), exitCode: BAD_INPUT };
  }
  if (error instanceof CancelledError) return { message: oneLine(error.message), exitCode: CANCELLED };
  if (error instanceof FourMError) {
    return { message: oneLine(error.message), exitCode: error instanceof InvalidInputError ? BAD_INPUT : FAILED };
  }
  const text = oneLine(error instanceof Error ? error.message : String(error));
  if (isSystemError(error) || isTooLarge(error)) return { message: text, exitCode: FAILED };
  return { message: `this is a bug in fourm: ${text} (--debug shows where)`, exitCode: FAILED };
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** A number too large for an array, a string or memory; not a bug. */
function isTooLarge(error: unknown): boolean {
  return error instanceof RangeError && !/call stack/.test(error.message);
}

/** Refusals of the operating system, such as a full disk. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
