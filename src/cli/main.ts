#!/usr/bin/env node
/** The `fourm` command. Node only, as is everything in this folder. */
import { run } from './run.js';

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

process.exitCode = await run(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  signal: interruption.signal,
});
