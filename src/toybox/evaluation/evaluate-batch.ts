import type { Model } from '../../api/model.js';
import { pauseOrCancel } from '../../errors.js';
import type { EvaluationScene } from './data.js';
import { predictApart } from './predict-apart.js';
import type { Task } from './task.js';
import type { TaskScores } from './task-scores.js';

/** Options of {@link evaluateBatch}. */
export interface BatchOptions {
  /** Number of the first scene. */
  readonly start: number;
  /** Seed of the scene with number 0; each following scene has the next. */
  readonly seed: number;
  /** Predictions that are merged into one, beside a single one; 0 for none. */
  readonly ensemble: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the share of the batch that is done, 0…1. */
  readonly onShare: (share: number) => void;
}

/** Sampling of the members of an ensemble: at temperature 0 they would all be equal. */
const ENSEMBLE = { temperature: 1 } as const;
/** Distance between the seeds of two members: larger than the number of scenes. */
const MEMBER_SEEDS = 1_000_003;

/**
 * Predicts a task's modality for a batch of scenes, and adds the predictions to its scores. Scenes without a true value are
 * left out.
 *
 * @throws CancelledError when the signal fires
 */
export async function evaluateBatch<Value>(
  model: Model,
  task: Task<string, Value>,
  scores: TaskScores<Value>,
  scenes: readonly EvaluationScene[],
  { start, seed, ensemble, signal, onShare }: BatchOptions,
): Promise<void> {
  const { target } = task;
  const known: { scene: EvaluationScene; index: number; truth: Value }[] = [];
  for (const [i, scene] of scenes.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    const truth = await scene.truthOf(task, signal);
    if (truth !== undefined) known.push({ scene, index: start + i, truth });
  }
  if (known.length === 0) return;

  const seeds = known.map(({ index }) => seed + index);
  const pictures = known.map(({ scene: { rgb } }) => ({ rgb }));
  const rounds = 1 + (task.ensemble ? ensemble : 0);
  /** @param round 0 for the single prediction, then the number of the member */
  const predict = async (round: number): Promise<Value[]> => {
    const results = await predictApart(model, pictures, [target], {
      seed: seeds.map((own) => own + round * MEMBER_SEEDS),
      ...(round > 0 && { decoding: { [target]: ENSEMBLE } }),
      signal,
      onProgress: (share) => onShare((round + share) / rounds),
    });
    return results.map((result) => task.valueOf(result[target]!));
  };
  const predicted = await predict(0);
  const members: Value[][] = [];
  for (let member = 1; member < rounds; member++) members.push(await predict(member));

  const inputs = known.map(({ truth }) => task.input(truth));
  const reconstructed = await model.reconstruct(target, inputs, { seed: seeds, signal });
  for (const [i, { scene, index, truth }] of known.entries()) {
    await pauseOrCancel(signal, 'the evaluation');
    scores.add({
      index,
      name: scene.name,
      rgb: scene.rgb,
      truth,
      predicted: predicted[i]!,
      ...(rounds > 1 && { ensemble: task.ensemble!(members.map((values) => values[i]!)) }),
      reconstructed: task.valueOf(reconstructed[i]!),
    });
  }
}
