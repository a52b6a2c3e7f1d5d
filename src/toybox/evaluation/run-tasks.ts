import type { Model } from '../../api/model.js';
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { type ToyboxSample, toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';
import { knowsPeople } from './knows-people.js';
import { predictApart } from './predict-apart.js';
import type { AnyTask } from './task.js';
import { type TaskReport, TaskScores } from './task-scores.js';

/** Options of {@link runTasks}. */
export interface RunOptions {
  /** Test scenes, from the first on. */
  readonly scenes: number;
  /** Training scenes that the trivial predictors look at; 1000 if absent. */
  readonly trainingScenes?: number;
  readonly seed?: number;
  /** Predictions of each scene that are taken as one, beside a single one; 0 for none. */
  readonly ensemble?: number;
  readonly signal?: AbortSignal;
  /** Called with how many training scenes were looked at. */
  readonly onLearned?: (done: number, total: number) => void;
  /** Called with how many test scenes were evaluated. */
  readonly onScenes?: (done: number, total: number) => void;
}

/** Training scenes that the trivial predictors look at. */
export const TRAINING_SCENES = 1000;
/** Scenes that go through the model at once. */
const BATCH = 25;
/**
 * Members of an ensemble are drawn from the model's distribution as it is: at temperature 0 they would all be equal. (4M-21's
 * evaluation averages predictions likewise; the official code ships none.)
 */
const ENSEMBLE = { temperature: 1 } as const;
/** Seeds of the members of an ensemble are this far apart: farther than the seeds of the batches reach. */
const MEMBER_SEEDS = 1_000_003;

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
 * Evaluates a model on test scenes, from their pictures alone; each target is predicted apart from the others. Models that have
 * not learned people see scenes without.
 *
 * @param tasks of which {@link reasonLeftOut} has none to leave out
 * @throws CancelledError when the signal fires
 */
export async function runTasks(model: Model, tasks: readonly AnyTask[], options: RunOptions): Promise<TaskReport[]> {
  const { scenes, signal, onScenes } = options;
  const people = knowsPeople(model);
  const all = tasks.map((task) => new TaskScores(task));
  await learnTraining(model, all, people, options);
  for (let start = 0; start < scenes; start += BATCH) {
    const samples: ToyboxSample[] = [];
    for (let i = start; i < Math.min(scenes, start + BATCH); i++) {
      await pauseOrCancel(signal, 'the evaluation');
      samples.push(toyboxSample(toyboxSeed('test', i), { people }));
    }
    for (const [i, scores] of all.entries()) {
      const onShare = (share: number) => onScenes?.(start + (samples.length * (i + share)) / all.length, scenes);
      await evaluateBatch(model, scores, samples, start, options, onShare);
    }
  }
  return all.map((scores) => scores.report());
}

async function learnTraining(
  model: Model,
  all: readonly TaskScores[],
  people: boolean,
  { trainingScenes = TRAINING_SCENES, signal, onLearned }: RunOptions,
): Promise<void> {
  for (let i = 0; i < trainingScenes; i++) {
    await pauseOrCancel(signal, 'the evaluation');
    const sample = toyboxSample(toyboxSeed('train', i), { people });
    for (const scores of all) {
      const [truth] = await scores.task.truths([sample], model, { signal });
      scores.learn(truth);
    }
    onLearned?.(i + 1, trainingScenes);
  }
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
  const seed = firstSeed + start;
  const pictures = samples.map(({ rgb }) => ({ rgb }));
  const rounds = 1 + (task.ensemble ? members : 0);
  const predict = async (round: number, options: { seed: number; decoding?: typeof ENSEMBLE }) => {
    const { decoding, ...how } = options;
    const results = await predictApart(model, pictures, [target], {
      ...how,
      ...(decoding && { decoding: { [target]: decoding } }),
      signal,
      onProgress: (share) => onShare((round + share) / rounds),
    });
    return results.map((result) => task.valueOf(result[target]!) as unknown);
  };
  const predicted = await predict(0, { seed });
  const drawn: unknown[][] = samples.map(() => []);
  for (let member = 1; member < rounds; member++) {
    const values = await predict(member, { seed: seed + member * MEMBER_SEEDS, decoding: ENSEMBLE });
    values.forEach((value, i) => drawn[i]!.push(value));
  }
  const truths = await task.truths(samples, model, { signal });
  const inputs = samples.map((sample, i) => task.input(truths[i], sample));
  const reconstructed = await model.reconstruct(target, inputs, { seed, signal });
  for (const [i, sample] of samples.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    scores.add({
      index: start + i,
      sample,
      truth: truths[i],
      predicted: predicted[i],
      ...(rounds > 1 && { ensemble: task.ensemble!(drawn[i]!) }),
      reconstructed: task.valueOf(reconstructed[i]!),
    });
  }
}
