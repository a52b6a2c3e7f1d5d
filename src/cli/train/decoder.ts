import { loadParameters } from '../../nn/state-dict.js';
import { buildVqVae } from '../../tokenizers/vq/vqvae.js';
import type { ToyboxImage } from '../../toybox/modalities.js';
import { exampleBatches } from '../../toybox/training/examples.js';
import { decoderTask } from '../../training/tokenizer.js';
import { withBackend } from '../compute.js';
import type { Terminal } from '../terminal.js';
import { readRun } from './runs.js';
import type { TokenizerTrainingOptions } from './tokenizer.js';
import { trainRun } from './training-run.js';

/** Options of `fourm train decoder`. */
export interface DecoderTrainingOptions extends TokenizerTrainingOptions {
  /** The run of the tokenizer whose decoder goes on. */
  readonly tokenizer: string;
}

/** `fourm train decoder`: trains the decoder of a tokenizer on; its tokens stay what they are. */
export async function trainDecoder(
  modality: ToyboxImage,
  options: DecoderTrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { scenes, batch } = options;
  const { config, file } = await readRun(options.tokenizer);
  await withBackend(options.backend, terminal, async () => {
    const model = buildVqVae(config);
    await loadParameters(model.parameters.all, file);
    const task = decoderTask(model, await exampleBatches(modality, batch, scenes, { signal: terminal.signal }));
    await trainRun(task, { modality, decoder: true, config, scenes }, options, terminal);
  });
}
