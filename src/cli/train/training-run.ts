import { join } from 'node:path';
import type { BackendName } from '../../../backends/index.js';
import { CancelledError } from '../../errors.js';
import { ensureFolder } from '../../io/folders.js';
import { readFile } from '../../io/read-file.js';
import { writeFileAtomic } from '../../io/write-file.js';
import { encodePng } from '../../media/encode.js';
import { ADAMW } from '../../training/adamw.js';
import { type TrainingConfig, type TrainingStore, type TrainingTask, train } from '../../training/loop.js';
import { MUON } from '../../training/muon.js';
import { openRunDirectory } from '../../training/run-directory.js';
import { withProgress } from '../progress.js';
import { note, print, type Terminal } from '../terminal.js';
import { drawLossCurve } from './loss-curve.js';

/** Options of all trainings. */
export interface TrainingOptions {
  readonly run: string;
  readonly steps: number;
  /** Samples a step. */
  readonly batch: number;
  readonly learningRate: number;
  readonly warmup: number;
  readonly seed: number;
  readonly checkpointMinutes: number;
  /** Muon for the matrices of the blocks, and AdamW for the rest; AdamW for everything if absent. */
  readonly optimizer?: 'muon' | 'adamw';
  readonly backend: BackendName | 'auto';
  /** Called after each checkpoint, the last one included. */
  readonly onCheckpoint?: (step: number) => Promise<void>;
}

/** The learning rate of the last step. */
const FINAL_LEARNING_RATE = 1e-5;
/** Maximum norm of all gradients together. */
const CLIP = 1;

/** Settings of the training loop, from the options. */
function trainingConfig(options: TrainingOptions): TrainingConfig {
  const { steps, seed, warmup, checkpointMinutes } = options;
  return {
    steps,
    seed,
    learningRate: { peak: options.learningRate, warmup, total: steps, final: FINAL_LEARNING_RATE },
    adamw: { ...ADAMW, clip: CLIP },
    ...(options.optimizer === 'muon' ? { muon: MUON } : {}),
    checkpointMinutes,
  };
}

/**
 * Trains in a run's folder, resuming an existing run, with a progress line and a loss curve.
 *
 * @param what  identifies the run, which is resumed only with equal values
 */
export async function trainRun(
  task: TrainingTask,
  what: Readonly<Record<string, unknown>>,
  options: TrainingOptions,
  terminal: Terminal,
): Promise<void> {
  const { run, batch, onCheckpoint } = options;
  const { checkpointMinutes, ...settings } = trainingConfig(options);
  await ensureFolder(run);
  const directory = await openRunDirectory(run, { ...what, batch, settings });
  const store = withLossCurve(directory, run, onCheckpoint);
  try {
    await withProgress(
      terminal,
      'training',
      (progress) =>
        train(
          task,
          { ...settings, checkpointMinutes },
          {
            store,
            clock: () => performance.now(),
            signal: terminal.signal,
            onProgress: ({ step, values }, total) =>
              progress.update(step, total, `loss ${values.loss!.toPrecision(4)}`),
          },
        ),
      { name: 'samples', perStep: batch },
    );
  } catch (error) {
    if (error instanceof CancelledError) note(terminal, `${run} is saved; the same command goes on from here`);
    throw error;
  } finally {
    await directory.close();
  }
  print(terminal, join(run, 'checkpoint.safetensors'));
}

/** A store that redraws the loss curve with every checkpoint. */
function withLossCurve(
  store: TrainingStore,
  run: string,
  onCheckpoint: TrainingOptions['onCheckpoint'],
): TrainingStore {
  return {
    ...store,
    async checkpoint(step, tensors) {
      await store.checkpoint(step, tensors);
      const curve = new TextDecoder().decode(await readFile(join(run, 'losses.csv')));
      await writeFileAtomic(join(run, 'losses.png'), encodePng(drawLossCurve(curve)));
      await onCheckpoint?.(step);
    },
  };
}
