import { constants } from 'node:os';
import type { Terminal } from './terminal.js';

/** The terminal of this process, and the exit code after signals and failed streams. */
export interface ProcessTerminal extends Terminal {
  /**
   * The exit code of the process: 130, 143 or 129 after SIGINT, SIGTERM or SIGHUP, 1 if results could not be written, otherwise
   * that of the command.
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
  // The output may be closed, or its disk full: the command continues, because it also writes files.
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
