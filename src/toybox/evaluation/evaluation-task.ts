import type { Input, Model } from '../../api/model.js';
import type { EvaluationScene } from './data.js';
import { type BatchOptions, evaluateBatch } from './evaluate-batch.js';
import type { Task, TaskInfo } from './task.js';
import { type TaskReport, TaskScores } from './task-scores.js';

/** A {@link Task} whose type of values is hidden, so that tasks with different values can stand in one list. */
export interface EvaluationTask extends TaskInfo {
  /** Ends of the names of the files that {@link TaskReport.files} has. */
  readonly exportedFiles: readonly string[];
  /** The true value of a scene as input of a model; undefined if the scene has none. */
  truthAsInput(scene: EvaluationScene, signal?: AbortSignal): Promise<Input | undefined>;
  /** Begins an evaluation without any scores. */
  begin(): TaskEvaluation;
}

/** An evaluation of a task. */
export interface TaskEvaluation extends Pick<TaskInfo, 'needsNetwork'> {
  /** Shows a training scene to the trivial predictor. All of them go before the first {@link evaluate}. */
  learn(scene: EvaluationScene, signal?: AbortSignal): Promise<void>;
  /** Scores a model on test scenes. @throws CancelledError when the signal fires */
  evaluate(model: Model, scenes: readonly EvaluationScene[], options: BatchOptions): Promise<void>;
  /** @throws InvalidInputError before any scene has been scored */
  report(): TaskReport;
}

/** Hides the type of a task's values. */
export function evaluationTask<Value>(task: Task<string, Value>): EvaluationTask {
  const { name, target, needsNetwork = false } = task;
  return {
    name,
    target,
    needsNetwork,
    readsFiles: task.fromInput !== undefined,
    readsCoco: task.fromCoco !== undefined,
    exportedFiles: Object.keys(task.exporter?.().files() ?? {}),
    async truthAsInput(scene, signal) {
      const truth = await scene.truthOf(task, signal);
      return truth === undefined ? undefined : task.input(truth);
    },
    begin() {
      const scores = new TaskScores(task);
      return {
        needsNetwork,
        async learn(scene, signal) {
          const truth = await scene.truthOf(task, signal);
          if (truth !== undefined) scores.learn(truth);
        },
        evaluate: (model, scenes, options) => evaluateBatch(model, task, scores, scenes, options),
        report: () => scores.report(),
      };
    },
  };
}
