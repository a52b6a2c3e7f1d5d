/** Training of a head on an encoder, which is frozen or trained too, and the head's predictions. */
import * as tf from '@tensorflow/tfjs-core';
import { pauseOrCancel } from '../../errors.js';
import type { DetectedBox3D } from '../../evaluation/boxes-3d.js';
import { ParameterList } from '../../nn/parameters.js';
import { Random } from '../../random.js';
import { ADAMW } from '../../training/adamw.js';
import { type TrainingTask, train } from '../../training/loop.js';
import type { Camera } from '../camera.js';
import { BOX_VALUES, boxFromGrid } from './boxes.js';
import type { FeatureSource } from './features.js';
import { buildTransferHead, type TransferHead, type TransferLabel, transferHead, transferLoss } from './head.js';

/** Options of {@link trainHead}. */
export interface TransferTraining {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of steps done. */
  readonly onStep?: (done: number) => void;
}

/**
 * Trains a new head, and the encoder of its features where they come from one that is not frozen, with AdamW.
 *
 * @param labels of the scenes 0, 1 and so on of the features
 * @returns the head, whose parameters the caller disposes of
 * @throws CancelledError when the signal fires
 */
export async function trainHead(
  features: FeatureSource,
  labels: readonly TransferLabel[],
  { steps, batch, learningRate, seed, signal, onStep }: TransferTraining,
): Promise<TransferHead> {
  const head = buildTransferHead(features.width);
  const random = new Random(seed);
  for (const parameter of head.parameters.all) parameter.initialize(random);
  const parameters = new ParameterList('', [...head.parameters.all, ...features.trained]);
  const task: TrainingTask = {
    parameters,
    trained: parameters.all,
    async step(random, differentiate) {
      await pauseOrCancel(signal, 'training a head');
      const drawn = Array.from({ length: batch }, () => random.integer(0, labels.length - 1));
      const loss = await differentiate(() =>
        transferLoss(
          transferHead(head, features.read(drawn)),
          drawn.map((i) => labels[i]!),
        ),
      );
      return { loss };
    },
  };
  const config = {
    steps,
    seed,
    learningRate: { peak: learningRate, warmup: Math.ceil(steps / 20), total: steps, final: learningRate / 100 },
    adamw: ADAMW,
    checkpointMinutes: Number.POSITIVE_INFINITY,
  };
  const store = { resume: async () => undefined, checkpoint: async () => {}, record: async () => {} };
  await train(task, config, { store, clock: () => 0, signal, onProgress: ({ step }) => onStep?.(step) });
  return head;
}

/** A head's prediction for a scene. */
export interface TransferPrediction {
  readonly count: number;
  /** The logit of a box and its {@link BOX_VALUES}, for each patch. */
  readonly boxes: Float32Array;
}

/** Scenes that go through a head at once. */
const BATCH = 25;

/**
 * Predicts numbers and boxes of solids.
 *
 * @param scenes indices among those of the features
 * @throws CancelledError when the signal fires
 */
export async function predictWithHead(
  head: TransferHead,
  features: FeatureSource,
  scenes: readonly number[],
  signal?: AbortSignal,
): Promise<TransferPrediction[]> {
  const predictions: TransferPrediction[] = [];
  for (let start = 0; start < scenes.length; start += BATCH) {
    await pauseOrCancel(signal, 'predicting with a head');
    const batch = scenes.slice(start, start + BATCH);
    const [counts, boxes] = tf.tidy(() => {
      const outputs = transferHead(head, features.read(batch));
      return [tf.argMax(outputs.counts, -1), outputs.boxes];
    });
    const [numbers, values] = [await counts.data(), (await boxes.data()) as Float32Array];
    tf.dispose([counts, boxes]);
    const perScene = values.length / batch.length;
    batch.forEach((_, i) => {
      predictions.push({ count: numbers[i]!, boxes: values.slice(i * perScene, (i + 1) * perScene) });
    });
  }
  return predictions;
}

/** The boxes of a prediction: patches that are surer of a box than their eight neighbours. (CenterNet, arXiv 1904.07850.) */
export function boxesOf(values: Float32Array, camera: Camera): DetectedBox3D[] {
  const width = 1 + BOX_VALUES;
  const grid = Math.sqrt(values.length / width);
  const scoreOf = (column: number, row: number) =>
    column < 0 || row < 0 || column >= grid || row >= grid
      ? Number.NEGATIVE_INFINITY
      : values[(row * grid + column) * width]!;
  return Array.from({ length: grid ** 2 }, (_, patch) => patch).flatMap((patch) => {
    const [column, row] = [patch % grid, Math.floor(patch / grid)];
    const score = scoreOf(column, row);
    for (const y of [-1, 0, 1]) for (const x of [-1, 0, 1]) if (scoreOf(column + x, row + y) > score) return [];
    const own = values.subarray(patch * width + 1, (patch + 1) * width);
    return [{ box: boxFromGrid(patch, own, camera, grid), score }];
  });
}
