import * as tf from '@tensorflow/tfjs-core';
import { type ImageNetwork, imageFeatures, imagePatches } from '../../networks/image-network.js';
import { constant } from '../../nn/initializers.js';
import { type Parameter, ParameterList } from '../../nn/parameters.js';
import type { Random } from '../../random.js';
import { hiddenMatrices } from '../../training/hidden-matrices.js';
import type { TrainingTask } from '../../training/loop.js';
import { buildToyboxImageNetwork } from './image-network.js';
import {
  buildPoseTower,
  buildTextTower,
  type PoseTower,
  poseEmbeddings,
  type TextTower,
  textEmbeddings,
} from './towers.js';

/** Inputs of the contrastive networks from aligned scenes. */
export interface SceneBatch {
  /** Colours in -1…1, [B, 64, 64, 3]. */
  readonly rgb: Float32Array;
  /** The same objects in other surroundings, of the same shape; only for self-distillation. */
  readonly otherSurroundings?: Float32Array;
  /** In -1…1, [B, 64, 64]. */
  readonly depth: Float32Array;
  /** Token ids of each caption. */
  readonly captions: readonly Int32Array[];
  /** Pose values of the scenes that show a person, and which those are. */
  readonly poses: { readonly scenes: Int32Array; readonly values: Float32Array };
}

/** A modality that the image is contrasted with. */
export type Counterpart = 'caption' | 'depth' | 'pose';

/** An image network and the towers that it is trained against. */
export interface ContrastiveNetwork {
  readonly parameters: ParameterList;
  readonly image: ImageNetwork;
  readonly caption?: TextTower;
  readonly depth?: ImageNetwork;
  readonly pose?: PoseTower;
  /** Natural logarithm of the inverse temperature of similarities, [1]. */
  readonly logitScale: Parameter;
}

/** Numbers of a pose. */
export const POSE_VALUES = 207;

/** @param counterparts `caption` alone stands for CLIP; all of them stand for ImageBind */
export function buildContrastive(counterparts: readonly Counterpart[], vocabSize: number): ContrastiveNetwork {
  const parameters = new ParameterList();
  return {
    parameters,
    image: buildToyboxImageNetwork(parameters.scope('image'), 3),
    ...(counterparts.includes('caption') && { caption: buildTextTower(parameters.scope('caption'), vocabSize) }),
    ...(counterparts.includes('depth') && { depth: buildToyboxImageNetwork(parameters.scope('depth'), 1) }),
    ...(counterparts.includes('pose') && { pose: buildPoseTower(parameters.scope('pose'), POSE_VALUES) }),
    logitScale: parameters.add('logit_scale', [1], { init: constant(Math.log(10)) }),
  };
}

/** Upper limit of the inverse temperature. (CLIP, arXiv 2103.00020, section 2.5.) */
const MAX_LOGIT_SCALE = 100;

/**
 * Trains a network to recognise which caption, depth map or pose belongs to which image of a batch (InfoNCE in both
 * directions, arXiv 2103.00020; with the image as the hub of several modalities, arXiv 2305.05665).
 */
export function contrastiveTask(
  network: ContrastiveNetwork,
  batch: (random: Random) => Promise<SceneBatch>,
): TrainingTask {
  return {
    parameters: network.parameters,
    trained: network.parameters.all.filter((p) => p.trainable),
    matrices: hiddenMatrices(network.parameters),
    async step(random, differentiate) {
      const scenes = await batch(random);
      const { patches, grid } = imagePatches(
        network.image,
        scenes.rgb,
        Math.sqrt(scenes.rgb.length / 3 / scenes.captions.length),
      );
      const loss = await differentiate(() => {
        const image = imageFeatures(network.image, patches, grid).global;
        const scale = tf.minimum(tf.exp(network.logitScale.value), MAX_LOGIT_SCALE);
        const losses: tf.Tensor[] = [];
        if (network.caption) {
          losses.push(infoNce(image, textEmbeddings(network.caption, scenes.captions), scale));
        }
        if (network.depth) {
          const cut = imagePatches(
            network.depth,
            scenes.depth,
            Math.sqrt(scenes.depth.length / scenes.captions.length),
          );
          losses.push(infoNce(image, imageFeatures(network.depth, cut.patches, cut.grid).global, scale));
        }
        if (network.pose && scenes.poses.scenes.length > 1) {
          const { scenes: which, values } = scenes.poses;
          const poses = tf.tensor2d(values, [which.length, POSE_VALUES]);
          const shown = tf.gather(image, tf.tensor1d(which, 'int32'));
          losses.push(infoNce(shown, poseEmbeddings(network.pose, poses), scale));
        }
        return tf.div(tf.addN(losses), losses.length) as tf.Scalar;
      });
      patches.dispose();
      return { loss };
    },
  };
}

/** a, b: [B, 64], row i of the one belongs to row i of the other. */
function infoNce(a: tf.Tensor2D, b: tf.Tensor2D, scale: tf.Tensor): tf.Tensor {
  const similarities = tf.mul(tf.matMul(a, b, false, true), scale) as tf.Tensor2D;
  const n = similarities.shape[0];
  const own = tf.eye(n);
  const direction = (x: tf.Tensor) => tf.sum(tf.mul(tf.logSoftmax(x), own));
  return tf.div(tf.add(direction(similarities), direction(tf.transpose(similarities))), -2 * n);
}
