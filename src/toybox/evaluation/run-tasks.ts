import type { Model } from '../../api/model.js';
import { pauseOrCancel } from '../../errors.js';
import type { EvaluationData, EvaluationScene } from './data.js';
import { predictApart } from './predict-apart.js';
import type { AnyTask } from './task.js';
import { type TaskReport, TaskScores } from './task-scores.js';

/** Options of {@link learnTrivial}. */
export interface LearnOptions {
  readonly signal?: AbortSignal;
  /** Called with how many pictures were looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Options of {@link runTasks}. */
export interface RunOptions extends LearnOptions {
  readonly seed?: number;
  /** Predictions of each picture that are taken as one, beside a single one; 0 for none. */
  readonly ensemble?: number;
}

/** Features of networks take longer: trivial predictors see those of the first training pictures alone. */
const TRAINING_SCENES_OF_NETWORKS = 200;
/** Pictures in a batch. */
const BATCH = 25;
/** Members of an ensemble are drawn from the model's distribution as it is: at temperature 0 they would all be equal. */
const ENSEMBLE = { temperature: 1 } as const;
/** Seeds of the members of an ensemble are this far apart: farther than pictures reach. */
const MEMBER_SEEDS = 1_000_003;

/** Why a task cannot be evaluated; undefined if it can. */
export async function reasonLeftOut(model: Model, data: EvaluationData, task: AnyTask): Promise<string | undefined> {
  const missing = ['rgb', task.target].find((name) => !model.modalities.includes(name));
  return missing === undefined ? data.reasonWithout(task) : `the model has no modality '${missing}'`;
}

/**
 * Shows training pictures to the trivial predictors.
 *
 * @param tasks of which {@link reasonLeftOut} has none to leave out
 * @throws CancelledError when the signal fires
 */
export async function learnTrivial(
  tasks: readonly AnyTask[],
  data: EvaluationData,
  { signal, onProgress }: LearnOptions = {},
): Promise<TaskScores[]> {
  const all = tasks.map((task) => new TaskScores(task));
  let done = 0;
  for await (const scene of data.training(signal)) {
    for (const scores of all) {
      if (scores.task.needsNetwork && done >= TRAINING_SCENES_OF_NETWORKS) continue;
      const truth = await scene.truthOf(scores.task, signal);
      if (truth !== undefined) scores.learn(truth);
    }
    done++;
    onProgress?.(done, data.counts.training);
  }
  return all;
}

/**
 * Evaluates a model on the test pictures, from them alone; each target is predicted apart from the others.
 *
 * @param all from {@link learnTrivial}
 * @throws CancelledError when the signal fires
 */
export async function runTasks(
  model: Model,
  all: readonly TaskScores[],
  data: EvaluationData,
  options: RunOptions = {},
): Promise<TaskReport[]> {
  const { signal, onProgress } = options;
  const total = data.counts.test;
  const evaluateAll = async (scenes: readonly EvaluationScene[], start: number) => {
    for (const [i, scores] of all.entries()) {
      const onShare = (share: number) => onProgress?.(start + (scenes.length * (i + share)) / all.length, total);
      await evaluateBatch(model, scores, scenes, start, options, onShare);
    }
  };
  let start = 0;
  let batch: EvaluationScene[] = [];
  for await (const scene of data.test(signal)) {
    batch.push(scene);
    if (batch.length < BATCH && start + batch.length < total) continue;
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
  scenes: readonly EvaluationScene[],
  start: number,
  { seed: firstSeed = 0, ensemble: members = 0, signal }: RunOptions,
  onShare: (share: number) => void,
): Promise<void> {
  const { task } = scores;
  const { target } = task;
  const judged: { scene: EvaluationScene; index: number; truth: unknown }[] = [];
  for (const [i, scene] of scenes.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    const truth = await scene.truthOf(task, signal);
    if (truth !== undefined) judged.push({ scene, index: start + i, truth });
  }
  if (judged.length === 0) return;
  // A picture has the same seed in whatever batch it is.
  const seeds = judged.map(({ index }) => firstSeed + index);
  const pictures = judged.map(({ scene: { rgb } }) => ({ rgb }));
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
  const drawn: unknown[][] = judged.map(() => []);
  for (let member = 1; member < rounds; member++) {
    const values = await predict(member, {
      seed: seeds.map((seed) => seed + member * MEMBER_SEEDS),
      decoding: ENSEMBLE,
    });
    values.forEach((value, i) => {
      drawn[i]!.push(value);
    });
  }
  const inputs = judged.map(({ truth }) => task.input(truth));
  const reconstructed = await model.reconstruct(target, inputs, { seed: seeds, signal });
  for (const [i, { scene, index, truth }] of judged.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    scores.add({
      index,
      name: scene.name,
      rgb: scene.rgb,
      truth,
      predicted: predicted[i],
      ...(rounds > 1 && { ensemble: task.ensemble!(drawn[i]!) }),
      reconstructed: task.valueOf(reconstructed[i]!),
    });
  }
}
