import type { Model } from '../../api/model.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { type ToyboxSample, toyboxSample } from '../sample.js';
import { predictApart } from './predict-apart.js';
import { scenesOf } from './scenes.js';
import type { AnyTask } from './task.js';
import { type TaskReport, TaskScores } from './task-scores.js';

/** Options of {@link learnTrivial}. */
export interface LearnOptions {
  /** How many training scenes; the features of networks are taken of the first 200 at most. */
  readonly scenes: number;
  readonly signal?: AbortSignal;
  /** Called with how many scenes were looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Options of {@link runTasks}. */
export interface RunOptions {
  readonly scenes: number;
  readonly seed?: number;
  /** Predictions of each scene that are taken as one, beside a single one; 0 for none. */
  readonly ensemble?: number;
  readonly signal?: AbortSignal;
  /** Called with how many scenes were evaluated. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Training scenes that trivial predictors look at, at most; for the features of networks, which take longer. */
const TRAINING_SCENES = 1000;
const TRAINING_SCENES_OF_NETWORKS = 200;
/** Few test scenes are not worth the wait for many training scenes. */
const TRAINING_PER_TEST = 10;
/** Scenes that go through the model at once. */
const BATCH = 25;
/** Members of an ensemble are drawn from the model's distribution as it is: at temperature 0 they would all be equal. */
const ENSEMBLE = { temperature: 1 } as const;
/** Seeds of the members of an ensemble are this far apart: farther than scenes reach. */
const MEMBER_SEEDS = 1_000_003;

/** Training scenes for so many test scenes: 1000 for 100 and more. */
export function trainingScenesFor(scenes: number): number {
  return Math.min(TRAINING_SCENES, TRAINING_PER_TEST * scenes);
}

/** Why a model cannot do a task; undefined if it can. */
export async function reasonLeftOut(model: Model, task: AnyTask): Promise<string | undefined> {
  const missing = ['rgb', task.target].find((name) => !model.modalities.includes(name));
  if (missing !== undefined) return `the model has no modality '${missing}'`;
  if (!task.needsNetwork) return undefined;
  try {
    await task.truths([toyboxSample(0, { people: false })], model);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}

/**
 * Shows training scenes to the trivial predictors. Models that have not learned people see scenes without.
 *
 * @param tasks of which {@link reasonLeftOut} has none to leave out
 * @throws CancelledError when the signal fires
 */
export async function learnTrivial(
  model: Model,
  tasks: readonly AnyTask[],
  { scenes, signal, onProgress }: LearnOptions,
): Promise<TaskScores[]> {
  const all = tasks.map((task) => new TaskScores(task));
  let done = 0;
  for await (const sample of scenesOf(model, 'train', scenes, signal)) {
    for (const scores of all) {
      if (scores.task.needsNetwork && done >= TRAINING_SCENES_OF_NETWORKS) continue;
      const [truth] = await scores.task.truths([sample], model, { signal });
      scores.learn(truth);
    }
    done++;
    onProgress?.(done, scenes);
  }
  return all;
}

/**
 * Evaluates a model on the first test scenes, from their pictures alone; each target is predicted apart from the others.
 *
 * @param all from {@link learnTrivial}
 * @throws CancelledError when the signal fires
 */
export async function runTasks(model: Model, all: readonly TaskScores[], options: RunOptions): Promise<TaskReport[]> {
  const { scenes, signal, onProgress } = options;
  const evaluateAll = async (samples: readonly ToyboxSample[], start: number) => {
    for (const [i, scores] of all.entries()) {
      const onShare = (share: number) => onProgress?.(start + (samples.length * (i + share)) / all.length, scenes);
      await evaluateBatch(model, scores, samples, start, options, onShare);
    }
  };
  let start = 0;
  let batch: ToyboxSample[] = [];
  for await (const sample of scenesOf(model, 'test', scenes, signal)) {
    batch.push(sample);
    if (batch.length < BATCH && start + batch.length < scenes) continue;
    await evaluateAll(batch, start);
    start += batch.length;
    batch = [];
  }
  return all.map((scores) => scores.report());
}

/** @param onShare called with the share of the batch that is done, 0…1 */
async function evaluateBatch(
  model: Model,
  scores: TaskScores,
  samples: readonly ToyboxSample[],
  start: number,
  { seed: firstSeed = 0, ensemble: members = 0, signal }: RunOptions,
  onShare: (share: number) => void,
): Promise<void> {
  const { task } = scores;
  const { target } = task;
  // A scene has the same seed in whatever batch it is.
  const seeds = samples.map((_, i) => firstSeed + start + i);
  const pictures = samples.map(({ rgb }) => ({ rgb }));
  const rounds = 1 + (task.ensemble ? members : 0);
  const predict = async (round: number, options: { seed: number[]; decoding?: typeof ENSEMBLE }) => {
    const { decoding, ...how } = options;
    const results = await predictApart(model, pictures, [target], {
      ...how,
      ...(decoding && { decoding: { [target]: decoding } }),
      signal,
      onProgress: (share) => onShare((round + share) / rounds),
    });
    return results.map((result) => task.valueOf(result[target]!) as unknown);
  };
  const predicted = await predict(0, { seed: seeds });
  const drawn: unknown[][] = samples.map(() => []);
  for (let member = 1; member < rounds; member++) {
    const values = await predict(member, {
      seed: seeds.map((seed) => seed + member * MEMBER_SEEDS),
      decoding: ENSEMBLE,
    });
    values.forEach((value, i) => {
      drawn[i]!.push(value);
    });
  }
  const truths = await task.truths(samples, model, { signal });
  const inputs = truths.map((truth) => task.input(truth));
  const reconstructed = await model.reconstruct(target, inputs, { seed: seeds, signal });
  for (const [i, sample] of samples.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    scores.add({
      index: start + i,
      name: `test scene ${start + i}`,
      rgb: sample.rgb,
      truth: truths[i],
      predicted: predicted[i],
      ...(rounds > 1 && { ensemble: task.ensemble!(drawn[i]!) }),
      reconstructed: task.valueOf(reconstructed[i]!),
    });
  }
}
