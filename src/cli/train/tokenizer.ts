import { Random } from '../../random.js';
import { buildTokenizer } from '../../tokenizers/tokenizer.js';
import type { ToyboxImage } from '../../toybox/modalities.js';
import { toyboxImages } from '../../toybox/training/images.js';
import { diffusionTokenizerTask } from '../../training/diffusion.js';
import { tokenizerTask } from '../../training/tokenizer.js';
import { withBackend } from '../compute.js';
import type { Terminal } from '../terminal.js';
import { toyboxTokenizerConfig } from './tokenizer-config.js';
import { type TrainingOptions, trainRun } from './training-run.js';

/** What `fourm train tokenizer` takes. */
export interface TokenizerTrainingOptions extends TrainingOptions {
  /** Scenes to choose from. */
  readonly scenes: number;
}

/** `fourm train tokenizer`: trains the toybox's tokenizer of a modality. */
export async function trainTokenizer(
  modality: ToyboxImage,
  options: TokenizerTrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { scenes, batch, seed } = options;
  const config = toyboxTokenizerConfig(modality);
  await withBackend(options.backend, terminal, async () => {
    const model = buildTokenizer(config);
    const random = new Random(seed);
    for (const parameter of model.parameters.all) parameter.initialize(random);
    const images = toyboxImages(modality, batch, scenes);
    const task = 'denoiser' in model ? diffusionTokenizerTask(model, images) : tokenizerTask(model, images);
    await trainRun(task, { modality, config, scenes }, { ...options, optimizer: 'muon' }, terminal);
  });
}
