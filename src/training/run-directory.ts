/** Node only: a training run on disk. */
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../checkpoints/safetensors.js';
import { writeSafetensors } from '../checkpoints/safetensors-writer.js';
import { CheckpointError, InvalidInputError, OutputError } from '../errors.js';
import { reason } from '../io/file-errors.js';
import { ensureFolder } from '../io/folders.js';
import { lockFolder } from '../io/lock.js';
import { readFile } from '../io/read-file.js';
import { removeStaleTemporaries, writeFileAtomic } from '../io/write-file.js';
import type { TrainingRecord, TrainingStore } from './loop.js';

/** The store of a run; `close` lets other processes have its folder. */
export interface RunDirectory extends TrainingStore {
  /** Lets other processes have the folder. */
  close(): Promise<void>;
}

/**
 * A folder with `config.json` (settings of the run), `losses.csv` (loss curve) and `checkpoint.safetensors` (last checkpoint).
 *
 * A checkpoint replaces the last one atomically, so that a killed run leaves a complete one; on resume, the curve is truncated to
 * it. Only one process can use the folder at a time.
 *
 * @throws InvalidInputError if another process uses it, or it contains a run with another configuration
 * @throws OutputError if it cannot be written
 */
export async function openRunDirectory(folder: string, config: unknown): Promise<RunDirectory> {
  await ensureFolder(folder);
  const close = await lockFolder(folder);
  try {
    await removeStaleTemporaries(folder);
    return { ...(await openStore(folder, config)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStore(folder: string, config: unknown): Promise<TrainingStore> {
  const [configFile, curve, checkpoint] = ['config.json', 'losses.csv', 'checkpoint.safetensors'].map((f) =>
    join(folder, f),
  ) as [string, string, string];
  const written = `${JSON.stringify(config, null, 2)}\n`;
  const before = await readText(configFile);
  if (before !== undefined && before !== written) {
    throw new InvalidInputError(`${folder} holds a run with other settings; choose another folder or remove it`);
  }
  if (before === undefined) await writeFileAtomic(configFile, written);

  return {
    async resume() {
      if (!existsSync(checkpoint)) {
        await cutCurve(curve, 0);
        return undefined;
      }
      const reader = readSafetensors(await readFile(checkpoint), checkpoint);
      const step = Number(reader.metadata.step || Number.NaN);
      if (!Number.isSafeInteger(step) || step < 0) {
        throw new CheckpointError(
          `${checkpoint} is of step '${reader.metadata.step}' (expected a whole number from 0)`,
        );
      }
      await cutCurve(curve, step);
      return { step, reader };
    },
    async checkpoint(step, tensors) {
      const typed = tensors.map((tensor) => ({ ...tensor, dtype: 'F32' as const }));
      await writeFileAtomic(checkpoint, writeSafetensors(typed, { step: String(step) }));
    },
    async record(record) {
      const header = record.step === 1 ? `${columns(record).join(',')}\n` : '';
      const line = `${header}${Object.values(flat(record)).join(',')}\n`;
      await appendFile(curve, line).catch((error: unknown) => {
        throw new OutputError(`cannot write ${curve}: ${reason(error, folder)}`);
      });
    },
  };
}

function flat({ step, learningRate, gradientNorm, values }: TrainingRecord): Record<string, number> {
  return { step, learning_rate: learningRate, gradient_norm: gradientNorm, ...values };
}

function columns(record: TrainingRecord): string[] {
  return Object.keys(flat(record));
}

/** Removes the lines after `step`, and an incomplete last line. */
async function cutCurve(file: string, step: number): Promise<void> {
  const lines = ((await readText(file)) ?? '').split('\n').slice(0, step + 1);
  await writeFileAtomic(file, step === 0 ? '' : `${lines.join('\n')}\n`);
}

async function readText(file: string): Promise<string | undefined> {
  return existsSync(file) ? new TextDecoder().decode(await readFile(file)) : undefined;
}
