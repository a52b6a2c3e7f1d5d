import * as tf from '@tensorflow/tfjs-core';
import { CancelledError, CheckpointError, NotFiniteError, throwIfCancelled } from '../errors.js';
import type { Parameter, ParameterList } from '../nn/parameters.js';
import { loadParameters, type StoredTensor, stateDict, type TensorReader } from '../nn/state-dict.js';
import { Random } from '../random.js';
import { AdamW, type AdamWConfig } from './adamw.js';
import { type LearningRate, learningRate } from './learning-rate.js';
import { type HiddenMatrix, Muon, type MuonConfig } from './muon.js';
import type { Optimizer } from './optimizer.js';

/** A training task: the parameters, and the loss of one step. */
export interface TrainingTask {
  readonly parameters: ParameterList;
  /** Those to update; the loss depends on them. */
  readonly trained: readonly Parameter[];
  /** Those of them that multiply hidden states, for {@link TrainingConfig.muon}. */
  readonly matrices?: readonly HiddenMatrix[];
  /**
   * The loss of one batch, and other metrics. All random numbers come from `random`, which depends on seed and step alone, so that
   * a resumed run equals an uninterrupted one.
   *
   * @throws CancelledError to abandon the step, before anything was changed
   */
  step(random: Random, differentiate: Differentiate): Promise<Record<string, number>>;
}

/** Computes a loss and updates the parameters with its gradient. @returns the loss */
export type Differentiate = (loss: () => tf.Scalar) => Promise<number>;

/** Settings of a run. */
export interface TrainingConfig {
  readonly steps: number;
  readonly seed: number;
  readonly learningRate: LearningRate;
  readonly adamw: AdamWConfig;
  /** If present, Muon updates the task's matrices, and AdamW the rest. */
  readonly muon?: MuonConfig;
  /** Interval between checkpoints, in minutes. */
  readonly checkpointMinutes: number;
}

/** A line of the loss curve. */
export interface TrainingRecord {
  /** Counts from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** `loss`, and the task's metrics. */
  readonly values: Record<string, number>;
}

/** Persistent storage of a run. */
export interface TrainingStore {
  /** The last checkpoint of this run, if there is one. */
  resume(): Promise<{ step: number; reader: TensorReader } | undefined>;
  /** Replaces the last checkpoint by the model after `step` steps. */
  checkpoint(step: number, tensors: readonly StoredTensor[]): Promise<void>;
  /** Adds a line to the loss curve. */
  record(record: TrainingRecord): Promise<void>;
}

/** Storage, clock and callbacks of {@link train}. */
export interface TrainingContext {
  readonly store: TrainingStore;
  /** Milliseconds since any fixed moment. */
  readonly clock: () => number;
  readonly signal?: AbortSignal;
  /** Called after every step. */
  readonly onProgress?: (record: TrainingRecord, total: number) => void;
}

/**
 * Trains until all steps are done, from the store's last checkpoint if it has one. An interrupted
 * and resumed run has the same losses as an uninterrupted one.
 *
 * @throws NotFiniteError if the loss, the gradient or a weight is not finite; the last checkpoint stays as it was
 * @throws CancelledError when the signal fires, after a last checkpoint
 */
export async function train(task: TrainingTask, config: TrainingConfig, around: TrainingContext): Promise<void> {
  const { store, clock, signal } = around;
  const last = await store.resume();
  if (last && last.step > config.steps) {
    throw new CheckpointError(`the checkpoint is of step ${last.step}, and the training ends at step ${config.steps}`);
  }
  if (last) await loadParameters(task.parameters.all, last.reader);
  const optimizer = startOptimizer(task, config);
  if (last) await optimizer.restore(last.reader, last.step);
  const checkpoint = async () => {
    const tensors = [...(await stateDict(task.parameters)), ...(await optimizer.state())];
    const wrong = tensors.find(({ data }) => !data.every(Number.isFinite));
    if (wrong) throw new NotFiniteError(`training diverged at step ${optimizer.step}: "${wrong.name}" is not finite`);
    await store.checkpoint(optimizer.step, tensors);
  };
  let written = clock();
  try {
    while (optimizer.step < config.steps) {
      if (signal?.aborted) await checkpoint();
      throwIfCancelled(signal, `training, at step ${optimizer.step} of ${config.steps},`);
      const record = await trainStep(task, optimizer, config).catch((error) => {
        if (!(error instanceof CancelledError && signal?.aborted)) throw error;
      });
      if (!record) continue;
      await store.record(record);
      around.onProgress?.(record, config.steps);
      if (clock() - written >= config.checkpointMinutes * 60_000) {
        await checkpoint();
        written = clock();
      }
    }
    await checkpoint();
  } finally {
    optimizer.dispose();
  }
}

function startOptimizer({ trained, matrices = [] }: TrainingTask, { adamw, muon }: TrainingConfig): Optimizer {
  return muon ? new Muon(trained, matrices, muon, adamw) : new AdamW(trained, adamw);
}

async function trainStep(task: TrainingTask, optimizer: Optimizer, config: TrainingConfig): Promise<TrainingRecord> {
  const step = optimizer.step;
  const rate = learningRate(config.learningRate, step);
  let gradientNorm = 0;
  const values = await task.step(new Random(config.seed * 2 ** 31 + step), async (loss) => {
    const { value, grads } = tf.variableGrads(loss, optimizer.variables);
    const norm = optimizer.apply(grads, rate);
    const [total, length] = await Promise.all([value.data(), norm.data()]);
    tf.dispose([value, norm, ...Object.values(grads)]);
    gradientNorm = length[0]!;
    if (!Number.isFinite(total[0]) || !Number.isFinite(gradientNorm)) {
      throw new NotFiniteError(
        `training diverged at step ${step + 1}: loss ${total[0]}, gradient norm ${gradientNorm}`,
      );
    }
    return total[0]!;
  });
  return { step: step + 1, learningRate: rate, gradientNorm, values };
}
