import { Random } from '../../random.js';
import { buildVqVae } from '../../tokenizers/vq/vqvae.js';
import type { ToyboxTokenizerName } from '../../toybox/names.js';
import { exampleBatches } from '../../toybox/training/examples.js';
import { networkOf, toyboxTokenizerConfig } from '../../toybox/training/tokenizers.js';
import { tokenizerTask } from '../../training/tokenizer.js';
import { withBackend } from '../compute.js';
import { withProgress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { readStandIn } from './runs.js';
import { type TrainingOptions, trainRun } from './training-run.js';

/** Options of `fourm train tokenizer`. */
export interface TokenizerTrainingOptions extends TrainingOptions {
  /** Scenes to choose from. */
  readonly scenes: number;
  /** Folder of the runs of feature networks, or of a model. */
  readonly networks?: string;
  /** Whether there are people in the scenes; true if absent. */
  readonly people?: boolean;
  /** Codes of the tokenizer; the toybox's if absent. Fewer are learned in fewer steps, and carry less. */
  readonly codebook?: number;
  /** The most solids of a scene; those of the toybox if absent. */
  readonly maxSolids?: number;
}

/** `fourm train tokenizer`: trains one of the toybox's tokenizers. */
export async function trainTokenizer(
  name: ToyboxTokenizerName,
  options: TokenizerTrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { scenes, batch, seed, people, maxSolids, codebook } = options;
  const config = { ...toyboxTokenizerConfig(name), ...(codebook && { codebook_size: codebook }) };
  await withBackend(options.backend, terminal, async () => {
    const network = networkOf(name);
    const networks = network && { [network]: await readStandIn(options.networks, network) };
    const examples = await withProgress(
      terminal,
      'rendering',
      (progress) =>
        exampleBatches(name, batch, scenes, {
          networks,
          people,
          maxSolids,
          signal: terminal.signal,
          onProgress: (done, total) => progress.update(done, total),
        }),
      { name: 'scenes', perStep: 1 },
    );
    const model = buildVqVae(config);
    const random = new Random(seed);
    for (const parameter of model.parameters.all) parameter.initialize(random);
    await trainRun(
      tokenizerTask(model, examples),
      { tokenizer: name, config, scenes, people, maxSolids },
      { ...options, optimizer: 'muon' },
      terminal,
    );
  });
}
