import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { PACKAGE_ROOT } from '../package-root.js';
import { SPLITS } from '../toybox/splits.js';
import {
  backendOption,
  cacheOption,
  dtypeOption,
  endpointOption,
  fitOption,
  jsonOption,
  modelOption,
  names,
  offlineOption,
  once,
  part,
  seedOption,
  wholeNumber,
} from './options.js';
import type { Terminal } from './terminal.js';
import { LAYOUTS } from './tokenize/layouts.js';
import { addTrainCommands } from './train/program.js';

/** More scenes would make a sheet above the maximum size of pictures. */
const MAX_DEMO_SCENES = 48;

/** The commands and their options. The code of a command is imported when it runs. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('fourm');
  program
    .description('4M-21, the any-to-any vision model: one modality in, the others out.')
    .version(version())
    .option('--debug', 'print stack traces of errors')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      // Errors are printed once, by `run`.
      outputError: () => {},
    });

  program
    .command('demo')
    .description('predict all modalities of unseen scenes, on a contact sheet')
    .option('--scenes <n>', 'number of scenes', wholeNumber(1, MAX_DEMO_SCENES), 2)
    .option('--out <file>', 'contact sheet to write', 'out/demo.png')
    .addOption(modelOption())
    .addOption(seedOption())
    .addOption(backendOption())
    .action(async (options) => (await import('./demo.js')).demo(options, terminal));

  program
    .command('backends')
    .description('list the backends, their speed, and why some are not available')
    .addOption(jsonOption())
    .action(async (options) => (await import('./backends.js')).listBackends(options, terminal));

  program
    .command('generate')
    .description('generate modalities from others: a picture in, its depth, normals, classes, caption and boxes out')
    .argument('[image]', 'PNG or JPEG file, or - for the standard input')
    .requiredOption('--to <modalities>', 'targets, separated by commas; each is an input of the following ones', names)
    .requiredOption('--out <dir>', 'folder to write into; - writes a single modality to the standard output')
    .option(
      '--from <modality>',
      'modality of the text (default caption) or, without --text, of the picture (default rgb); ' +
        'or modality=value, with a file (PNG, JPEG, .npy, JSON or text, as this command writes them), -, or a text; may be repeated',
      (entry: string, entries: string[] = []) => [...entries, entry],
    )
    .option('--text <text>', 'input text', once('--text'))
    .addOption(fitOption())
    .addOption(jsonOption())
    .addOption(modelOption())
    .addOption(dtypeOption())
    .addOption(offlineOption())
    .addOption(endpointOption())
    .addOption(cacheOption())
    .addOption(seedOption('seed of the random numbers'))
    .addOption(backendOption())
    .addHelpText(
      'after',
      `
Examples:
  fourm generate photo.png --to depth,normal,semseg,caption,det --out out
  fourm generate --from caption --text "a red ball" --to rgb,depth --out out
  fourm generate --from rgb=photo.png --from caption="a red ball" --to depth --out out
  fourm generate --from depth=out/depth.npy --to rgb --out - > rgb.png`,
    )
    .action(async (image, options) => (await import('./generate.js')).generate(image, options, terminal));

  program
    .command('toybox')
    .description('render scenes of the toybox with all modalities')
    .addOption(seedOption('first scene, by seed').conflicts(['split', 'index']))
    .addOption(new Option('--split <name>', 'scenes of a split instead').choices(SPLITS))
    .option('--index <n>', 'first scene of the split', wholeNumber(0), 0)
    .option('--count <n>', 'number of scenes', wholeNumber(1), 1)
    .option('--size <n>', 'pixels a side', wholeNumber(8, 2048), 64)
    .requiredOption('--out <dir>', 'folder to write into')
    .addOption(jsonOption())
    .action(async (options) => (await import('./toybox.js')).drawToybox(options, terminal));

  program
    .command('eval')
    .description('evaluate a model on held-out scenes')
    .option('--scenes <n>', 'number of scenes', wholeNumber(1), 500)
    .option(
      '--tasks <names>',
      'what to measure, with commas between: names of modalities, such as depth, and knn, retrieval, reconstruction, text-to-picture, two-solids, transfer (default: all)',
      names,
    )
    .option(
      '--data <path>',
      'your own pictures in place of the toybox: a folder <modality>/<class>/<name>.png, or a COCO file of boxes and masks',
    )
    .option('--images <dir>', 'folder of the pictures of a COCO file; that of the file if absent')
    .option('--skip-bad', 'leave out your pictures with a damaged or missing file, and count them')
    .option('--ensemble <n>', 'measure the mean of so many samples of each map as well, such as 10', wholeNumber(0), 0)
    .option(
      '--out <file>',
      'Markdown file for the table; beside it go the figures as JSON, a page with the best and worst scenes, and pictures',
    )
    .addOption(jsonOption())
    .addOption(modelOption())
    .addOption(dtypeOption())
    .addOption(seedOption())
    .addOption(backendOption())
    .action(async (options) => (await import('./eval.js')).evaluate(options, terminal));

  program
    .command('tokenize')
    .description('write a dataset as tokens, in the layouts of ml-4m; the same command goes on after an interruption')
    .argument('<dataset>', '`toybox`; a folder <modality>/<class>/<name>.png; or a COCO file of boxes and masks')
    .requiredOption('--out <dir>', 'folder of the dataset')
    .addOption(
      new Option('--layout <name>', 'tar shards <modality>/shard-00000.tar, or folders <modality>/<class>/<name>.npy')
        .choices(LAYOUTS)
        .default('shards'),
    )
    .option('--shard-size <n>', 'samples in a shard', wholeNumber(1, 100_000), 1000)
    .option('--shard <i/n>', 'part i of n of the shards, i from 0 on, to share the work among n processes', part, {
      index: 0,
      of: 1,
    })
    .addOption(new Option('--split <name>', 'split of the toybox').choices(SPLITS).default('train'))
    .option('--from <n>', 'first sample', wholeNumber(0), 0)
    .option('--count <n>', 'number of samples; without it 1000 scenes of the toybox, or all pictures', wholeNumber(1))
    .option('--images <dir>', 'folder of the pictures of a COCO file; that of the file if absent')
    .option('--skip-bad', 'leave out samples with a damaged or missing file, and count them')
    .addOption(modelOption())
    .addOption(backendOption())
    .action(async (dataset, options) =>
      (await import('./tokenize/tokenize.js')).tokenizeDataset(dataset, options, terminal),
    );

  program
    .command('info')
    .description('show the contents of a checkpoint and the memory of its tasks, from its header')
    .argument('<checkpoint>', 'a file or folder, by path or URL; owner/name on the Hub; or a shipped model')
    .addOption(jsonOption())
    .addOption(offlineOption())
    .addOption(endpointOption())
    .addOption(cacheOption())
    .action(async (checkpoint, options) => (await import('./info.js')).info(checkpoint, options, terminal));

  const cache = program.command('cache').description('show or delete downloaded files');
  cache
    .command('size')
    .description('print the folder of downloads and its size')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('./cache.js')).showCacheSize(options, terminal));
  cache
    .command('list')
    .description('list the downloaded files; of most only some parts are cached')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('./cache.js')).listCache(options, terminal));
  cache
    .command('clear')
    .description('delete the downloaded files')
    .addOption(cacheOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('./cache.js')).clearCacheFolder(options, terminal));

  addTrainCommands(program, terminal);

  return program;
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT!), 'utf8')) as { version: string }).version;
}
