import { Random } from '../../random.js';
import { buildCaptionEncoder, captionEncoderTask } from '../../toybox/features/caption-encoder.js';
import { buildStandIn } from '../../toybox/features/stand-ins.js';
import type { FeatureNetwork } from '../../toybox/names.js';
import { sceneBatches } from '../../toybox/training/scenes.js';
import { trainingCaption } from '../../toybox/training/vocabulary.js';
import { withBackend } from '../compute.js';
import type { Terminal } from '../terminal.js';
import { readWordPiece } from './runs.js';
import { type TrainingOptions, trainRun } from './training-run.js';

/** Options of `fourm train features`. */
export interface FeatureTrainingOptions extends TrainingOptions {
  /** Scenes to choose from. */
  readonly scenes: number;
  /** Text tokenizer. */
  readonly text: string;
}

/** `fourm train features`: trains a network whose features stand in for those of a large frozen one. */
export async function trainFeatures(
  name: FeatureNetwork,
  options: FeatureTrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { scenes, batch, seed, steps } = options;
  const text = await readWordPiece(options.text);
  const what = { features: name, vocabulary: text.vocabSize, scenes };
  await withBackend(options.backend, terminal, async () => {
    const random = new Random(seed);
    if (name === 't5') {
      const encoder = buildCaptionEncoder(text.vocabSize);
      for (const parameter of encoder.parameters.all) parameter.initialize(random);
      const captions = Array.from({ length: scenes }, (_, i) => Int32Array.from(text.encode(trainingCaption(i))));
      const task = captionEncoderTask(encoder, captions, batch, text);
      await trainRun(task, { ...what, config: encoder.config }, { ...options, optimizer: 'muon' }, terminal);
      return;
    }
    const network = buildStandIn(name, text.vocabSize);
    network.initialize(random);
    const batches = sceneBatches(batch, scenes, text, name === 'dinov2', terminal.signal);
    const task = network.task(batches, steps);
    await trainRun(task, what, { ...options, optimizer: 'muon' }, terminal);
  });
}
