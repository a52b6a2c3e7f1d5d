import { Argument, type Command, Option } from 'commander';
import { FEATURE_NETWORKS, TOYBOX_TOKENIZERS } from '../../toybox/names.js';
import { SPLITS, type Split } from '../../toybox/splits.js';
import { backendOption, positiveNumber, seedOption, wholeNumber } from '../options.js';
import type { Terminal } from '../terminal.js';

/** Modalities whose decoder can be trained on: those that are not decoded by diffusion. */
const DECODERS = ['depth', 'normal', 'semseg'];

const TOKENIZERS =
  'folder of the runs: tok-rgb and so on (or dec-depth, which goes before tok-depth), clip, dinov2, imagebind, t5; or a model';

/** Default options of a training. */
interface Defaults {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly warmup: number;
}

/** Adds `fourm train …`, in the order in which a model comes about. */
export function addTrainCommands(program: Command, terminal: Terminal): void {
  const train = program.command('train').description('train the toybox model: text, tokenizers, data, model, export');

  train
    .command('text')
    .description('1. train the text tokenizer')
    .option('--scenes <n>', 'captions to learn from', wholeNumber(1), 5000)
    .requiredOption('--out <file>', 'tokenizer.json to write')
    .action(async (options) => (await import('./text.js')).trainText(options, terminal));

  const features = train
    .command('features')
    .description('2. train a feature network that stands in for a large frozen one')
    .addArgument(new Argument('<network>').choices(FEATURE_NETWORKS))
    .requiredOption('--text <file>', 'text tokenizer');
  addTrainingOptions(features, { steps: 1000, batch: 96, learningRate: 1e-3, warmup: 50 })
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), 12_000)
    .action(async (network, options) => (await import('./features.js')).trainFeatures(network, options, terminal));

  const tokenizer = train
    .command('tokenizer')
    .description('3. train a tokenizer')
    .addArgument(new Argument('<name>').choices(TOYBOX_TOKENIZERS))
    .option('--networks <dir>', 'folder of the runs of the feature networks, or a model; for tokenizers of features');
  addTrainingOptions(tokenizer, { steps: 1500, batch: 32, learningRate: 2e-3, warmup: 100 })
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), 8000)
    .action(async (name, options) => (await import('./tokenizer.js')).trainTokenizer(name, options, terminal));

  const decoder = train
    .command('decoder')
    .description('   train the decoder of a tokenizer on, without a change to its tokens; can be done last')
    .addArgument(new Argument('<modality>').choices(DECODERS))
    .requiredOption('--tokenizer <dir>', "the tokenizer's run");
  addTrainingOptions(decoder, { steps: 3000, batch: 32, learningRate: 2e-3, warmup: 100 })
    .option('--scenes <n>', 'scenes to choose from', wholeNumber(1), 8192)
    .action(async (modality, options) => (await import('./decoder.js')).trainDecoder(modality, options, terminal));

  train
    .command('data')
    .description('4. draw scenes and tokenize them')
    .requiredOption('--out <file>', 'safetensors file to write')
    .requiredOption('--tokenizers <dir>', TOKENIZERS)
    .requiredOption('--text <file>', 'text tokenizer')
    .addOption(new Option('--split <name>', 'part to take scenes of').choices(SPLITS).default('train' satisfies Split))
    .option('--from <n>', 'first scene of the part', wholeNumber(0), 0)
    .option('--count <n>', 'how many scenes', wholeNumber(1), 20_000)
    .addOption(backendOption())
    .action(async (options) => (await import('./data.js')).makeTrainingData(options, terminal));

  const model = train
    .command('model')
    .description('5. train the transformer')
    .requiredOption('--data <files...>', 'what `fourm train data` wrote')
    .requiredOption('--text <file>', 'text tokenizer')
    .option('--init <file>', 'checkpoint to start from, such as models/toybox/model.safetensors');
  addTrainingOptions(model, { steps: 3200, batch: 32, learningRate: 1.2e-3, warmup: 200 })
    .addOption(
      new Option('--optimizer <name>', 'what moves the matrices of the blocks')
        .choices(['muon', 'adamw'])
        .default('muon'),
    )
    .option('--width <n>', 'width of a token', wholeNumber(4), 160)
    .option('--heads <n>', 'attention heads', wholeNumber(1), 5)
    .option('--encoder-depth <n>', 'blocks of the encoder', wholeNumber(1), 5)
    .option('--decoder-depth <n>', 'blocks of the decoder', wholeNumber(1), 4)
    .option('--input-tokens <n>', 'input tokens of a sample', wholeNumber(1), 64)
    .option('--target-tokens <n>', 'target tokens of a sample', wholeNumber(1), 128)
    .action(async (options) => (await import('./model.js')).trainModel(options, terminal));

  train
    .command('export')
    .description('6. put what was trained together as a model that `fourm generate` loads')
    .requiredOption('--model <dir>', "the transformer's run")
    .requiredOption('--tokenizers <dir>', TOKENIZERS)
    .requiredOption('--text <file>', 'text tokenizer')
    .requiredOption('--out <dir>', 'folder to write, such as models/toybox')
    .action(async (options) => (await import('./export.js')).exportModel(options, terminal));
}

function addTrainingOptions(command: Command, defaults: Defaults): Command {
  return command
    .requiredOption('--run <dir>', 'folder of the run; a run that is there goes on')
    .option('--steps <n>', 'steps', wholeNumber(1), defaults.steps)
    .option('--batch <n>', 'samples a step', wholeNumber(1), defaults.batch)
    .option('--learning-rate <x>', 'the highest learning rate', positiveNumber, defaults.learningRate)
    .option('--warmup <n>', 'steps until then', wholeNumber(0), defaults.warmup)
    .addOption(seedOption())
    .option('--checkpoint-minutes <x>', 'how much a kill may cost', positiveNumber, 3)
    .addOption(backendOption());
}
