import { describeFailure } from './errors.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal.js';

/**
 * Runs one command line.
 *
 * @param args what stands behind `fourm`
 * @returns    the exit code: 0, 1 if it failed or was cancelled, 2 for a wrong command line or unusable input
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await buildProgram(terminal).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const { message, exitCode } = describeFailure(error);
    if (message !== undefined) terminal.err.write(`fourm: ${message}\n`);
    if (exitCode !== 0 && args.includes('--debug') && error instanceof Error) terminal.err.write(`${error.stack}\n`);
    return exitCode;
  }
}
