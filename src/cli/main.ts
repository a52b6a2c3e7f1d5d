#!/usr/bin/env node
/** The `fourm` command. Node only, as is everything in this folder. */
import { processTerminal } from './process-terminal.js';
import { run } from './run.js';

const terminal = processTerminal();
const code = await run(process.argv.slice(2), terminal);
// Errors of the output streams arrive after the last write: the exit code is decided once the event loop is empty.
process.exitCode = terminal.exitCode(code);
process.once('beforeExit', () => {
  process.exitCode = terminal.exitCode(code);
});
