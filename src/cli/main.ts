#!/usr/bin/env node
/** The `fourm` command. Node only, as is everything in this folder. */
import { processTerminal } from './process-terminal.js';
import { run } from './run.js';

const terminal = processTerminal();
const code = await run(process.argv.slice(2), terminal);
// What stands in the streams' buffers is written before the process ends, as far as it can be.
process.exitCode = terminal.exitCode(code);
process.once('beforeExit', () => {
  process.exitCode = terminal.exitCode(code);
});
