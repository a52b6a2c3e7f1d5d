import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { PACKAGE_ROOT } from '../package-root.js';
import { SPLITS } from '../toybox/splits.js';
import { seedOption, wholeNumber } from './options.js';
import type { Terminal } from './terminal.js';
import { addTrainCommands } from './train/program.js';

/** The command line: what there is to say, and which function does it. What a command needs is imported when it runs. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('fourm');
  program
    .description('4M-21, the any-to-any vision model: one modality in, the others out.')
    .version(version())
    .option('--debug', 'show where an error comes from')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      // Errors are said once, by whoever runs the program.
      outputError: () => {},
    });

  program
    .command('backends')
    .description('list what there is to compute with here, and how fast it is')
    .action(async () => (await import('./backends.js')).listBackends(terminal));

  program
    .command('toybox')
    .description('draw scenes of the toybox with all their modalities')
    .addOption(seedOption('first scene, by seed').conflicts(['split', 'index']))
    .addOption(new Option('--split <name>', 'take scenes of a part instead').choices(SPLITS))
    .option('--index <n>', 'first scene within the part', wholeNumber(0), 0)
    .option('--count <n>', 'how many scenes', wholeNumber(1), 1)
    .option('--size <n>', 'pixels a side', wholeNumber(8, 2048), 64)
    .requiredOption('--out <dir>', 'folder to write into')
    .action(async (options) => (await import('./toybox.js')).drawToybox(options, terminal));

  addTrainCommands(program, terminal);

  return program;
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as { version: string }).version;
}
