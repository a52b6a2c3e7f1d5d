import { Argument, type Command, Option } from 'commander';
import { FEATURE_NETWORKS, TOYBOX_TOKENIZERS } from '../../toybox/names.js';
import { SPLITS, type Split } from '../../toybox/splits.js';
import { backendOption, names, positiveNumber, seedOption, wholeNumber } from '../options.js';
import type { Terminal } from '../terminal.js';
import { QUICK_RECIPE, type Stage, TOYBOX_RECIPE } from './recipe.js';

/** Modalities whose decoder can be trained alone. */
const DECODERS = ['rgb', 'depth', 'normal', 'semseg'];

const TOKENIZERS =
  'folder of the runs: tok-depth and so on (or dec-depth, which goes before), dec-rgb, clip, dinov2, imagebind, t5; or a model';

/** Adds `fourm train …`, in the order of the stages. */
export function addTrainCommands(program: Command, terminal: Terminal): void {
  const { captions, features: networks, tokenizers, scenes, model: transformer } = TOYBOX_RECIPE;
  const train = program.command('train').description('train the toybox model, with one command or stage by stage');

  train
    .command('toybox')
    .description('all stages, with the settings of the shipped model; resumes interrupted runs')
    .requiredOption('--runs <dir>', 'folder of intermediate results')
    .requiredOption('--out <dir>', 'folder to write the model to')
    .addOption(seedOption())
    .addOption(checkpointOption())
    .addOption(backendOption())
    .action(async (options) => (await import('./toybox.js')).trainToybox(options, TOYBOX_RECIPE, terminal));

  train
    .command('quick')
    .description(
      'a small model of three modalities, in about ten minutes on two cores, with a sheet that shows what it learns',
    )
    .option('--out <dir>', 'folder of the model, the sheet and the intermediate results', 'out/quick')
    .addOption(seedOption())
    .addOption(backendOption())
    .action(async (options) => (await import('./quick.js')).trainQuick(options, QUICK_RECIPE, terminal));

  train
    .command('text')
    .description('1. train the text tokenizer')
    .option('--scenes <n>', 'captions to learn from', wholeNumber(1), captions)
    .requiredOption('--out <file>', 'tokenizer.json to write')
    .action(async (options) => (await import('./text.js')).trainText(options, terminal));

  const features = train
    .command('features')
    .description('2. train a feature network that stands in for a large frozen one')
    .addArgument(new Argument('<network>').choices(FEATURE_NETWORKS))
    .requiredOption('--text <file>', 'text tokenizer');
  addTrainingOptions(features, networks.clip)
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), networks.clip.scenes)
    .action(async (network, options) => (await import('./features.js')).trainFeatures(network, options, terminal));

  const tokenizer = train
    .command('tokenizer')
    .description('3. train a tokenizer')
    .addArgument(new Argument('<name>').choices(TOYBOX_TOKENIZERS))
    .option('--networks <dir>', 'folder of the runs of the feature networks, or a model; for tokenizers of features');
  addTrainingOptions(tokenizer, tokenizers.depth)
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), tokenizers.depth.scenes)
    .action(async (name, options) => (await import('./tokenizer.js')).trainTokenizer(name, options, terminal));

  const decoder = train
    .command('decoder')
    .description('   train only a decoder (rgb: by diffusion); tokens do not change, so it can be done last')
    .addArgument(new Argument('<modality>').choices(DECODERS))
    .requiredOption('--tokenizer <path>', "folder of the tokenizer's run, or its .safetensors file");
  addTrainingOptions(decoder, { steps: 3000, batch: 32, learningRate: 2e-3, warmup: 100 })
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), 8192)
    .action(async (modality, options) => (await import('./decoder.js')).trainDecoder(modality, options, terminal));

  train
    .command('data')
    .description('4. render and tokenize scenes')
    .requiredOption('--out <file>', 'safetensors file to write')
    .requiredOption('--tokenizers <dir>', TOKENIZERS)
    .requiredOption('--text <file>', 'text tokenizer')
    .addOption(new Option('--split <name>', 'split of the scenes').choices(SPLITS).default('train' satisfies Split))
    .option('--from <n>', 'first scene of the split', wholeNumber(0), 0)
    .option('--count <n>', 'number of scenes', wholeNumber(1), scenes)
    .addOption(backendOption())
    .action(async (options) => (await import('./data.js')).makeTrainingData(options, terminal));

  const model = train
    .command('model')
    .description('5. train the transformer')
    .requiredOption('--data <files...>', 'files of `fourm train data`, or folders of `fourm tokenize`')
    .requiredOption('--text <file>', 'text tokenizer')
    .option(
      '--modalities <names>',
      'with commas between, such as rgb,depth,caption; all that the data have if absent',
      names,
    )
    .option('--init <file>', 'checkpoint to start from, such as models/toybox/model.safetensors');
  addTrainingOptions(model, transformer)
    .addOption(
      new Option('--optimizer <name>', 'optimizer of the matrices of the blocks')
        .choices(['muon', 'adamw'])
        .default('muon'),
    )
    .option('--width <n>', 'width of a token', wholeNumber(4), transformer.width)
    .option('--heads <n>', 'attention heads', wholeNumber(1), transformer.heads)
    .option('--encoder-depth <n>', 'blocks of the encoder', wholeNumber(1), transformer.encoderDepth)
    .option('--decoder-depth <n>', 'blocks of the decoder', wholeNumber(1), transformer.decoderDepth)
    .option('--input-tokens <n>', 'input tokens of a sample', wholeNumber(1), transformer.inputTokens)
    .option('--target-tokens <n>', 'target tokens of a sample', wholeNumber(1), transformer.targetTokens)
    .action(async (options) => (await import('./model.js')).trainModel(options, terminal));

  train
    .command('export')
    .description('6. export the trained networks as a model for `fourm generate`')
    .requiredOption('--model <dir>', "the transformer's run")
    .requiredOption('--tokenizers <dir>', TOKENIZERS)
    .requiredOption('--text <file>', 'text tokenizer')
    .requiredOption('--out <dir>', 'folder to write, such as models/toybox')
    .action(async (options) => (await import('./export.js')).exportModel(options, terminal));
}

function addTrainingOptions(command: Command, defaults: Stage): Command {
  return command
    .requiredOption('--run <dir>', 'folder of the run; an existing run is resumed')
    .option('--steps <n>', 'steps', wholeNumber(1), defaults.steps)
    .option('--batch <n>', 'samples a step', wholeNumber(1), defaults.batch)
    .option('--learning-rate <x>', 'maximum learning rate', positiveNumber, defaults.learningRate)
    .option('--warmup <n>', 'steps of linear warmup', wholeNumber(0), defaults.warmup)
    .addOption(seedOption())
    .addOption(checkpointOption())
    .addOption(backendOption());
}

function checkpointOption(): Option {
  return new Option('--checkpoint-minutes <x>', 'minutes between checkpoints').argParser(positiveNumber).default(3);
}
