/** Pictures with true values: of the toybox, or of a user. */
import type { Model } from '../../api/model.js';
import { InvalidInputError } from '../../errors.js';
import type { RgbImage } from '../../media/raster.js';
import { type ToyboxSample, toyboxSample } from '../sample.js';
import { scenesOf } from './scenes.js';
import type { Task, TaskInfo } from './task.js';

/** A picture with its true values. */
export interface EvaluationScene {
  readonly name: string;
  /** The square that the model takes. */
  readonly rgb: RgbImage;
  /** The true value of a task; undefined if the picture has none. */
  truthOf<Value>(task: Task<string, Value>, signal?: AbortSignal): Promise<Value | undefined>;
}

/** The data that a model is evaluated on. */
export interface EvaluationData {
  /** Its name in reports. */
  readonly name: string;
  /** Number of pictures of each part. */
  readonly counts: { readonly training: number; readonly test: number };
  /** Pictures for the trivial predictors. @throws CancelledError when the signal fires */
  training(signal?: AbortSignal): AsyncIterable<EvaluationScene>;
  /** Pictures for the model. @throws CancelledError when the signal fires */
  test(signal?: AbortSignal): AsyncIterable<EvaluationScene>;
  /** Why the data cannot be used for a task; undefined if it can. */
  reasonWithout(task: TaskInfo): Promise<string | undefined>;
}

/** Training scenes that trivial predictors see, at most. */
const TRAINING_SCENES = 1000;
/** With few test scenes, fewer training scenes suffice. */
const TRAINING_PER_TEST = 10;

/** The first training and test scenes of the toybox; without people for models that have not learned them. */
export function toyboxData(model: Model, scenes: number): EvaluationData {
  const counts = { training: Math.min(TRAINING_SCENES, TRAINING_PER_TEST * scenes), test: scenes };
  async function* of(split: 'train' | 'test', count: number, signal?: AbortSignal): AsyncGenerator<EvaluationScene> {
    let index = 0;
    for await (const sample of scenesOf(model, split, count, signal)) {
      yield toyboxScene(model, sample, `${split} scene ${index++}`);
    }
  }
  return {
    name: 'toybox',
    counts,
    training: (signal) => of('train', counts.training, signal),
    test: (signal) => of('test', counts.test, signal),
    reasonWithout: async ({ target, needsNetwork }) => (needsNetwork ? reasonWithoutNetwork(model, target) : undefined),
  };
}

/** A scene of the toybox. */
export function toyboxScene(model: Model, sample: ToyboxSample, name: string): EvaluationScene {
  return {
    name,
    rgb: sample.rgb,
    truthOf: async (task, signal) => (await task.truths([sample], model, { signal }))[0],
  };
}

/** Why the features of a modality cannot be computed; undefined if they can. */
export async function reasonWithoutNetwork(model: Model, name: string): Promise<string | undefined> {
  try {
    await model.features(name, [toyboxSample(0, { people: false }).rgb]);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}
