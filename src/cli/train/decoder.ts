import { loadParameters } from '../../nn/state-dict.js';
import { Random } from '../../random.js';
import { buildTokenizer, tokenizingParameters } from '../../tokenizers/tokenizer.js';
import type { ToyboxImage } from '../../toybox/modalities.js';
import { exampleBatches } from '../../toybox/training/examples.js';
import { toyboxDiffusionConfig } from '../../toybox/training/tokenizers.js';
import { diffusionDecoderTask } from '../../training/diffusion.js';
import { decoderTask } from '../../training/tokenizer.js';
import { withBackend } from '../compute.js';
import type { Terminal } from '../terminal.js';
import { readExported, readRun } from './runs.js';
import type { TokenizerTrainingOptions } from './tokenizer.js';
import { trainRun } from './training-run.js';

/** Options of `fourm train decoder`. */
export interface DecoderTrainingOptions extends TokenizerTrainingOptions {
  /** The folder of the tokenizer's run, or its `.safetensors` file. */
  readonly tokenizer: string;
}

/**
 * `fourm train decoder`: trains the decoder of a tokenizer on, or the diffusion decoder of colours from the start; the tokens
 * stay what they are.
 */
export async function trainDecoder(
  modality: ToyboxImage,
  options: DecoderTrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { scenes, batch, seed, people, maxSolids, tokenizer } = options;
  const { config, file } = await (tokenizer.endsWith('.safetensors') ? readExported(tokenizer) : readRun(tokenizer));
  await withBackend(options.backend, terminal, async () => {
    const own = modality === 'rgb' ? toyboxDiffusionConfig() : config;
    const model = buildTokenizer(own);
    const random = new Random(seed);
    for (const parameter of model.parameters.all) parameter.initialize(random);
    const goesOn = own.dec_type === config.dec_type;
    await loadParameters(goesOn ? model.parameters.all : tokenizingParameters(model), file);
    const examples = await exampleBatches(modality, batch, scenes, { people, maxSolids, signal: terminal.signal });
    const task = 'denoiser' in model ? diffusionDecoderTask(model, examples) : decoderTask(model, examples);
    await trainRun(task, { modality, decoder: true, config: own, scenes, people, maxSolids }, options, terminal);
  });
}
