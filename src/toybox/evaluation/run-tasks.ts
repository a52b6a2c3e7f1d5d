import type { Model } from '../../api/model.js';
import type { EvaluationData, EvaluationScene } from './data.js';
import type { EvaluationTask, TaskEvaluation } from './evaluation-task.js';
import type { TaskInfo } from './task.js';
import type { TaskReport } from './task-scores.js';

/** Options of {@link learnTrivial}. */
export interface LearnOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of pictures done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Options of {@link runTasks}. */
export interface RunOptions extends LearnOptions {
  readonly seed?: number;
  /** Predictions of each picture that are merged into one, beside a single prediction; 0 for none. */
  readonly ensemble?: number;
}

/** Features of networks take longer, so trivial predictors learn from fewer of them. */
const TRAINING_SCENES_OF_NETWORKS = 200;
/** Pictures in a batch. */
const BATCH = 25;

/** Why a task cannot be evaluated; undefined if it can. */
export async function reasonLeftOut(model: Model, data: EvaluationData, task: TaskInfo): Promise<string | undefined> {
  const missing = ['rgb', task.target].find((name) => !model.modalities.includes(name));
  return missing === undefined ? data.reasonWithout(task) : `the model has no modality '${missing}'`;
}

/**
 * Shows training pictures to the trivial predictors.
 *
 * @param tasks for which {@link reasonLeftOut} is undefined
 * @throws CancelledError when the signal fires
 */
export async function learnTrivial(
  tasks: readonly EvaluationTask[],
  data: EvaluationData,
  { signal, onProgress }: LearnOptions = {},
): Promise<TaskEvaluation[]> {
  const all = tasks.map((task) => task.begin());
  let done = 0;
  for await (const scene of data.training(signal)) {
    for (const evaluation of all) {
      if (evaluation.needsNetwork && done >= TRAINING_SCENES_OF_NETWORKS) continue;
      await evaluation.learn(scene, signal);
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
  all: readonly TaskEvaluation[],
  data: EvaluationData,
  options: RunOptions = {},
): Promise<TaskReport[]> {
  const { seed = 0, ensemble = 0, signal, onProgress } = options;
  const total = data.counts.test;
  const evaluateAll = async (scenes: readonly EvaluationScene[], start: number) => {
    for (const [i, evaluation] of all.entries()) {
      const onShare = (share: number) => onProgress?.(start + (scenes.length * (i + share)) / all.length, total);
      await evaluation.evaluate(model, scenes, { start, seed, ensemble, signal, onShare });
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
  return all.map((evaluation) => evaluation.report());
}
