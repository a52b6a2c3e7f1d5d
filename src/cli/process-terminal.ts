import type { Terminal } from './terminal.js';

/** The terminal of this process: its output streams, and Ctrl-C as the signal. */
export function processTerminal(): Terminal {
  const interruption = new AbortController();
  // The handler goes with the first Ctrl-C, so that the second one ends the process at once.
  process.once('SIGINT', () => {
    process.stderr.write('\nstopping; Ctrl-C again stops at once\n');
    interruption.abort();
  });
  // Whoever reads the output may have seen enough of it.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return { out: process.stdout, err: process.stderr, signal: interruption.signal };
}
