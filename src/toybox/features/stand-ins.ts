import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../../errors.js';
import { type ImageNetwork, imageFeatures, imagePatches } from '../../networks/image-network.js';
import type { ParameterList } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import type { TrainingTask } from '../../training/loop.js';
import type { StandIn } from '../names.js';
import type { ToyboxSample } from '../sample.js';
import { buildContrastive, type Counterpart, contrastiveTask, type SceneBatch } from './contrastive.js';
import { FEATURE_WIDTH } from './image-network.js';
import { buildSelfDistilled, selfDistillationTask, startTeacher } from './self-distillation.js';

/** A stand-in in training. */
export interface StandInTraining {
  readonly parameters: ParameterList;
  /** The network that is kept after training. */
  readonly kept: ImageNetwork;
  /** Fills the parameters before the first step. */
  initialize(random: Random): void;
  task(batch: (random: Random) => Promise<SceneBatch>, steps: number): TrainingTask;
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
      task: (batch, steps) =>
        selfDistillationTask(
          network,
          async (random) => {
            const { rgb, otherSurroundings = rgb } = await batch(random);
            return [rgb, otherSurroundings];
          },
          steps,
        ),
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

/** Trained stand-ins; only those that are used are needed. */
export type FrozenNetworks = Readonly<Partial<Record<StandIn, ImageNetwork>>>;

/** Features of one scene. */
export interface SceneFeatures {
  /** [8, 8, 64] */
  readonly dense: Float32Array;
  /** Of length 1, [64] */
  readonly global: Float32Array;
}

/** The features that a stand-in computes of scenes' images. */
export async function frozenFeatures(
  networks: FrozenNetworks,
  name: StandIn,
  samples: readonly Pick<ToyboxSample, 'rgb'>[],
): Promise<SceneFeatures[]> {
  const network = networks[name];
  if (!network) throw new InvalidInputError(`the features of ${name} need its network, which is not loaded`);
  const { width } = samples[0]!.rgb;
  const perImage = width * width * 3;
  const values = new Float32Array(samples.length * perImage);
  samples.forEach(({ rgb }, i) => {
    rgb.data.forEach((value, j) => {
      values[i * perImage + j] = value / 127.5 - 1;
    });
  });
  const features = tf.tidy(() => {
    const { patches, grid } = imagePatches(network, values, width);
    return imageFeatures(network, patches, grid);
  });
  const [dense, global] = (await Promise.all([features.dense.data(), features.global.data()])) as Float32Array[];
  tf.dispose([features.dense, features.global]);
  const cells = dense!.length / samples.length;
  return samples.map((_, i) => ({
    dense: dense!.slice(i * cells, (i + 1) * cells),
    global: global!.slice(i * FEATURE_WIDTH, (i + 1) * FEATURE_WIDTH),
  }));
}
