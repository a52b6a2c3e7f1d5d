import * as tf from '@tensorflow/tfjs-core';
import { type ImageNetwork, imageFeatures, imagePatches } from '../../networks/image-network.js';
import { constant } from '../../nn/initializers.js';
import { buildLinear, type Linear } from '../../nn/linear.js';
import { type Parameter, ParameterList } from '../../nn/parameters.js';
import { parametersIn } from '../../nn/parameters-in.js';
import type { Random } from '../../random.js';
import { hiddenMatrices } from '../../training/hidden-matrices.js';
import type { TrainingTask } from '../../training/loop.js';
import { buildToyboxImageNetwork, FEATURE_IMAGE_SIZE, FEATURE_PATCH, FEATURE_WIDTH } from './image-network.js';
import { cropView, type View } from './views.js';

/** Prototypes that embeddings are compared with. */
const PROTOTYPES = 256;
const STUDENT_TEMPERATURE = 0.1;
const TEACHER_TEMPERATURE = 0.05;
/** Momentum of the running mean of the teacher's logits. */
const CENTER_DECAY = 0.9;
/** Share of the student's weights in the teacher's at the first step; it decreases later. */
const TEACHER_DECAY = 0.992;
/** Views of a large part of the image, of its whole size, and of a small part, of half its size. */
const GLOBAL_VIEWS = 2;
const LOCAL_VIEWS = 4;
/** Share of the patches of a global view that are masked for the student. */
const MASKED_SHARE = 0.3;

/** A network, and the prototypes that its embeddings are compared with. */
interface Half {
  readonly image: ImageNetwork;
  /** For embeddings of whole views. */
  readonly global: Linear;
  /** For single patches. */
  readonly dense: Linear;
}

/** A student, and the teacher, its moving average; the teacher is the result. */
export interface SelfDistilledNetwork {
  readonly parameters: ParameterList;
  readonly student: Half;
  readonly teacher: Half;
  /** Running means of the teacher's logits, [K]. */
  readonly centers: { readonly global: Parameter; readonly dense: Parameter };
}

export function buildSelfDistilled(): SelfDistilledNetwork {
  const parameters = new ParameterList();
  const half = (list: ParameterList): Half => ({
    image: buildToyboxImageNetwork(list, 3),
    global: buildLinear(list.scope('global_prototypes'), FEATURE_WIDTH, PROTOTYPES, false),
    dense: buildLinear(list.scope('dense_prototypes'), FEATURE_WIDTH, PROTOTYPES, false),
  });
  const center = (name: string) => parameters.add(name, [PROTOTYPES], { init: constant(0), trainable: false });
  return {
    parameters,
    student: half(parameters.scope('student')),
    teacher: half(parameters.scope('teacher')),
    centers: { global: center('global_center'), dense: center('dense_center') },
  };
}

/** Gives the teacher the student's weights, as training starts. */
export function startTeacher({ student, teacher }: SelfDistilledNetwork): void {
  const from = parametersIn(student);
  parametersIn(teacher).forEach((parameter, i) => {
    parameter.assign(from[i]!.value);
  });
}

/**
 * Trains a student to predict the teacher's output for one view of an image from another view, and for masked patches from
 * visible ones. The teacher is a moving average of the student. (DINO, arXiv 2104.14294; iBOT, arXiv 2111.07832; both
 * in DINOv2, arXiv 2304.07193.) In place of their changes of colour, half of the views show the same objects in other
 * surroundings: features then depend on the objects and their colours, and little on room and light.
 *
 * @param batch two images of each scene, colours in -1…1, [B, 64, 64, 3] each
 * @param steps of the whole run, over which the teacher's update rate decreases
 */
export function selfDistillationTask(
  network: SelfDistilledNetwork,
  batch: (random: Random) => Promise<readonly [Float32Array, Float32Array]>,
  steps: number,
): TrainingTask {
  const { student, teacher, centers, parameters } = network;
  const trained = parametersIn(student).filter((p) => p.trainable);
  const [from, to] = [parametersIn(student), parametersIn(teacher)];
  let done = 0;
  return {
    parameters,
    trained,
    matrices: hiddenMatrices(parameters).filter(({ parameter }) => trained.includes(parameter)),
    async step(random, differentiate) {
      const images = await batch(random);
      const globals = Array.from({ length: GLOBAL_VIEWS }, (_, i) => views(images[i % 2]!, 'global', random));
      const locals = Array.from({ length: LOCAL_VIEWS }, (_, i) => views(images[i % 2]!, 'local', random));
      const masks = globals.map(({ values }) => maskPatches(values, random));
      const targets = globals.map(({ values }) => targetsOf(teacher, centers, values));
      const loss = await differentiate(() => {
        const losses: tf.Tensor[] = [];
        const compare = (logits: tf.Tensor2D, except: number) =>
          targets.forEach(({ global }, i) => {
            if (i !== except) losses.push(crossEntropy(global, logits));
          });
        const dense: tf.Tensor[] = [];
        masks.forEach(({ visible, masked }, i) => {
          const output = run(student, visible, FEATURE_IMAGE_SIZE);
          compare(output.global, i);
          dense.push(crossEntropy(targets[i]!.dense, output.dense, masked));
        });
        for (const { values } of locals) compare(run(student, values, FEATURE_IMAGE_SIZE / 2).global, -1);
        return tf.add(tf.div(tf.addN(losses), losses.length), tf.div(tf.addN(dense), dense.length)) as tf.Scalar;
      });
      done = Math.min(done + 1, steps);
      follow(from, to, 1 - (1 - TEACHER_DECAY) * 0.5 * (1 + Math.cos((Math.PI * done) / steps)));
      tf.tidy(() => {
        for (const kind of ['global', 'dense'] as const) {
          const mean = tf.mean(tf.concat(targets.map((t) => t.logits[kind])), 0);
          const moved = tf.add(tf.mul(centers[kind].value, CENTER_DECAY), tf.mul(mean, 1 - CENTER_DECAY));
          centers[kind].assign(moved);
        }
      });
      tf.dispose(targets.map(({ global, dense, logits }) => [global, dense, logits.global, logits.dense]));
      return { loss };
    },
  };
}

/** Logits over the prototypes, of whole views [B, K] and of their patches [B·N, K]. */
function run(p: Half, values: Float32Array, size: number): { global: tf.Tensor2D; dense: tf.Tensor2D } {
  const { patches, grid } = imagePatches(p.image, values, size);
  const features = imageFeatures(p.image, patches, grid);
  const dense = tf.reshape(features.dense, [-1, FEATURE_WIDTH]) as tf.Tensor2D;
  return { global: compareWith(p.global, features.global), dense: compareWith(p.dense, dense) };
}

/** Cosines with the prototypes. */
function compareWith(prototypes: Linear, x: tf.Tensor2D): tf.Tensor2D {
  const weight = prototypes.weight.value as tf.Tensor as tf.Tensor2D;
  const directions = tf.div(weight, tf.sqrt(tf.add(tf.sum(tf.square(weight), 0, true), 1e-8)));
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8));
  return tf.matMul(tf.div(x, lengths), directions) as tf.Tensor2D;
}

/** The teacher's distributions, sharpened and centred, and the logits behind them. */
function targetsOf(teacher: Half, centers: SelfDistilledNetwork['centers'], values: Float32Array) {
  return tf.tidy(() => {
    const logits = run(teacher, values, FEATURE_IMAGE_SIZE);
    const sharpen = (x: tf.Tensor2D, center: Parameter) =>
      tf.softmax(tf.div(tf.sub(x, center.value), TEACHER_TEMPERATURE)) as tf.Tensor2D;
    return {
      global: sharpen(logits.global, centers.global),
      dense: sharpen(logits.dense, centers.dense),
      logits,
    };
  });
}

/** Mean over rows, or over those whose weight is 1. */
function crossEntropy(target: tf.Tensor2D, logits: tf.Tensor2D, weights?: Float32Array): tf.Tensor {
  const each = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(tf.div(logits, STUDENT_TEMPERATURE))), -1));
  if (!weights) return tf.mean(each);
  const counted = weights.reduce((sum, x) => sum + x, 0);
  return tf.div(tf.sum(tf.mul(each, tf.tensor1d(weights))), Math.max(counted, 1));
}

/** A random view of each image. */
function views(images: Float32Array, kind: View, random: Random): { values: Float32Array } {
  const perImage = FEATURE_IMAGE_SIZE ** 2 * 3;
  const cropped = Array.from({ length: images.length / perImage }, (_, i) =>
    cropView(images.subarray(i * perImage, (i + 1) * perImage), kind, random),
  );
  const values = new Float32Array(cropped.length * cropped[0]!.length);
  cropped.forEach((view, i) => {
    values.set(view, i * view.length);
  });
  return { values };
}

/** Greys patches out at random. @returns the images, and 1 for every patch that is masked */
function maskPatches(values: Float32Array, random: Random): { visible: Float32Array; masked: Float32Array } {
  const side = FEATURE_IMAGE_SIZE / FEATURE_PATCH;
  const visible = values.slice();
  const masked = new Float32Array(values.length / (3 * FEATURE_PATCH ** 2));
  for (let patch = 0; patch < masked.length; patch++) {
    if (random.uniform() >= MASKED_SHARE) continue;
    masked[patch] = 1;
    const image = Math.floor(patch / side ** 2);
    const [row, column] = [Math.floor(patch / side) % side, patch % side];
    for (let y = 0; y < FEATURE_PATCH; y++) {
      const pixel =
        (image * FEATURE_IMAGE_SIZE + row * FEATURE_PATCH + y) * FEATURE_IMAGE_SIZE + column * FEATURE_PATCH;
      visible.fill(0, 3 * pixel, 3 * (pixel + FEATURE_PATCH));
    }
  }
  return { visible, masked };
}

/** Moves the teacher toward the student: an exponential moving average of the weights. */
function follow(student: readonly Parameter[], teacher: readonly Parameter[], decay: number): void {
  tf.tidy(() => {
    teacher.forEach((parameter, i) => {
      parameter.assign(tf.add(tf.mul(parameter.value, decay), tf.mul(student[i]!.value, 1 - decay)));
    });
  });
}
