import type { Command } from 'commander';
import { CANCELLED, describeFailure } from './errors.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal.js';

/**
 * Runs one command line.
 *
 * @param args the arguments after `fourm`
 * @returns    the exit code: 0, 1 if it failed, 2 for a wrong command line or unusable input, 130 if it was cancelled
 */
export function run(args: readonly string[], terminal: Terminal): Promise<number> {
  return runProgram(buildProgram(terminal), args, terminal);
}

/** {@link run} for any program, whose own output goes to the terminal too. */
export async function runProgram(program: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  program.exitOverride().configureOutput({
    writeOut: (text) => terminal.out.write(text),
    writeErr: (text) => terminal.err.write(text),
    // Errors are written once, below.
    outputError: () => {},
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return terminal.signal.aborted ? CANCELLED : 0;
  } catch (error) {
    const { message, exitCode } = describeFailure(error);
    if (message !== undefined) terminal.err.write(`${program.name()}: ${message}\n`);
    if (exitCode !== 0 && args.includes('--debug') && error instanceof Error) terminal.err.write(`${error.stack}\n`);
    return exitCode;
  }
}
