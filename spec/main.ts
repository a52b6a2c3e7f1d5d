import { processTerminal } from '../src/cli/process-terminal.js';
import { conformance } from './conformance.js';

process.exitCode = await conformance(process.argv.slice(2), processTerminal());
