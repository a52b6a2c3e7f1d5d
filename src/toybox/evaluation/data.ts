/** Pictures with true values: of the toybox, or of a user. */
import type { Model } from '../../api/model.js';
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../../media/raster.js';
import { toyboxSample } from '../sample.js';
import { scenesOf } from './scenes.js';
import type { AnyTask } from './task.js';

/** A picture with its true values. */
export interface EvaluationScene {
  readonly name: string;
  /** The square that the model sees. */
  readonly rgb: RgbImage;
  /** The true value of a task; undefined if the picture has none. */
  truthOf(task: AnyTask, signal?: AbortSignal): Promise<unknown>;
}

/** What a model is evaluated on. */
export interface EvaluationData {
  /** What reports call it. */
  readonly name: string;
  /** Number of pictures of each part. */
  readonly counts: { readonly training: number; readonly test: number };
  /** Pictures for the trivial predictors. @throws CancelledError when the signal fires */
  training(signal?: AbortSignal): AsyncIterable<EvaluationScene>;
  /** Pictures for the model. @throws CancelledError when the signal fires */
  test(signal?: AbortSignal): AsyncIterable<EvaluationScene>;
  /** Why the data cannot be used for a task; undefined if it can. */
  reasonWithout(task: AnyTask): Promise<string | undefined>;
}

/** Training scenes that trivial predictors see, at most. */
const TRAINING_SCENES = 1000;
/** Few test scenes are not worth the wait for many training scenes. */
const TRAINING_PER_TEST = 10;

/** The first training and test scenes of the toybox; without people for models that have not learned them. */
export function toyboxData(model: Model, scenes: number): EvaluationData {
  const counts = { training: Math.min(TRAINING_SCENES, TRAINING_PER_TEST * scenes), test: scenes };
  async function* of(split: 'train' | 'test', count: number, signal?: AbortSignal): AsyncGenerator<EvaluationScene> {
    let index = 0;
    for await (const sample of scenesOf(model, split, count, signal)) {
      yield {
        name: `${split} scene ${index++}`,
        rgb: sample.rgb,
        truthOf: async (task, signal) => (await task.truths([sample], model, { signal }))[0],
      };
    }
  }
  return {
    name: 'toybox',
    counts,
    training: (signal) => of('train', counts.training, signal),
    test: (signal) => of('test', counts.test, signal),
    reasonWithout: (task) => reasonWithoutNetwork(model, task),
  };
}

/** Why the truth of a task cannot be computed; undefined if it can, or no network is needed. */
export async function reasonWithoutNetwork(model: Model, task: AnyTask): Promise<string | undefined> {
  if (!task.needsNetwork) return undefined;
  try {
    await task.truths([toyboxSample(0, { people: false })], model);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}
