import { Random } from '../../random.js';
import { buildStandIn } from '../../toybox/features/stand-ins.js';
import type { StandIn } from '../../toybox/names.js';
import { sceneBatches } from '../../toybox/training/scenes.js';
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
export async function trainFeatures(name: StandIn, options: FeatureTrainingOptions, terminal: Terminal): Promise<void> {
  const { scenes, batch, seed, steps } = options;
  const text = await readWordPiece(options.text);
  await withBackend(options.backend, terminal, async () => {
    const network = buildStandIn(name, text.vocabSize);
    network.initialize(new Random(seed));
    const task = network.task(sceneBatches(batch, scenes, text), steps);
    await trainRun(
      task,
      { features: name, vocabulary: text.vocabSize, scenes },
      { ...options, optimizer: 'muon' },
      terminal,
    );
  });
}
