import type { ParameterList } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import type { TrainingTask } from '../../training/loop.js';
import { buildContrastive, type Counterpart, contrastiveTask, type SceneBatch } from './contrastive.js';
import type { ImageNetwork } from './image-network.js';
import { buildSelfDistilled, selfDistillationTask, startTeacher } from './self-distillation.js';

/**
 * Networks trained on the toybox that stand in for the frozen ones whose features 4M-21 tokenizes: an image–caption contrastive
 * one for CLIP, a self-distilled one for DINOv2, and one that binds image, depth, caption and pose for ImageBind.
 */
export const STAND_INS = ['clip', 'dinov2', 'imagebind'] as const;
/** Name of a stand-in: that of the network it stands for. */
export type StandIn = (typeof STAND_INS)[number];

/** A stand-in in training. */
export interface StandInTraining {
  readonly parameters: ParameterList;
  /** What is kept when training ends. */
  readonly kept: ImageNetwork;
  /** Fills the parameters before the first step. */
  initialize(random: Random): void;
  task(batch: (random: Random) => SceneBatch, steps: number): TrainingTask;
}

const COUNTERPARTS: Readonly<Record<Exclude<StandIn, 'dinov2'>, readonly Counterpart[]>> = {
  clip: ['caption'],
  imagebind: ['caption', 'depth', 'pose'],
};

/** @param vocabSize of the text tokenizer that captions are encoded with */
export function buildStandIn(name: StandIn, vocabSize: number): StandInTraining {
  if (name === 'dinov2') {
    const network = buildSelfDistilled();
    return {
      parameters: network.parameters,
      kept: network.teacher.image,
      initialize(random) {
        for (const parameter of network.parameters.all) parameter.initialize(random);
        startTeacher(network);
      },
      task: (batch, steps) => selfDistillationTask(network, (random) => batch(random).rgb, steps),
    };
  }
  const network = buildContrastive(COUNTERPARTS[name], vocabSize);
  return {
    parameters: network.parameters,
    kept: network.image,
    initialize(random) {
      for (const parameter of network.parameters.all) parameter.initialize(random);
    },
    task: (batch) => contrastiveTask(network, batch),
  };
}
