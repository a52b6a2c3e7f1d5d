import { constants } from 'node:os';
import type { Terminal } from './terminal.js';

/** The terminal of this process, and what its signals and streams have to do with the exit code. */
export interface ProcessTerminal extends Terminal {
  /**
   * The exit code of a command, after what has happened to the process meanwhile: 130, 143 and 129 if it was stopped by
   * SIGINT, SIGTERM and SIGHUP, as shells have it, and 1 if its results could not be written.
   */
  exitCode(code: number): number;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The terminal of this process: its output streams; Ctrl-C, SIGTERM and SIGHUP fire the signal. */
export function processTerminal(): ProcessTerminal {
  const interruption = new AbortController();
  let received: (typeof SIGNALS)[number] | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (received) process.exit(128 + constants.signals[name]);
      received = name;
      process.stderr.write(name === 'SIGINT' ? '\nstopping; Ctrl-C again stops at once\n' : `\nstopping (${name})\n`);
      interruption.abort();
    });
  }
  // Whoever reads the output may have seen enough of it, or its disk may be full: the work, which writes files, goes on.
  let failure: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!failure && error.code !== 'EPIPE') {
      process.stderr.write(`fourm: cannot write to the standard output: ${outputReason(error)}\n`);
    }
    failure ??= error;
  });
  process.stderr.on('error', () => {});
  return {
    out: process.stdout,
    err: process.stderr,
    in: process.stdin,
    signal: interruption.signal,
    exitCode(code) {
      if (received && (code === 0 || code === 130)) return 128 + constants.signals[received];
      return code === 0 && failure && failure.code !== 'EPIPE' ? 1 : code;
    },
  };
}

function outputReason({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOSPC' ? 'no space left on the device' : (code ?? message);
}
