#!/usr/bin/env node
/** The `fourm` command. Node only, as is everything in this folder. */
import { processTerminal } from './process-terminal.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processTerminal());
