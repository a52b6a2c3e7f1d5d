/** Node only: a training run on disk. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '../checkpoints/safetensors.js';
import { writeSafetensors } from '../checkpoints/safetensors-writer.js';
import { CheckpointError, InvalidInputError } from '../errors.js';
import { readFile } from '../io/read-file.js';
import { writeFileAtomic } from '../io/write-file.js';
import type { TrainingRecord, TrainingStore } from './loop.js';

/**
 * A folder with `config.json` (what the run is), `losses.csv` (its curve) and `checkpoint.safetensors` (where it goes on).
 *
 * A checkpoint replaces the last one in one move, so that a kill at any moment leaves a whole one; the curve is cut back to
 * it when the run goes on.
 */
export async function openRunDirectory(folder: string, config: unknown): Promise<TrainingStore> {
  await mkdir(folder, { recursive: true });
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
      const step = Number(reader.metadata.step);
      if (!Number.isInteger(step)) throw new CheckpointError(`${checkpoint} does not say of which step it is`);
      await cutCurve(curve, step);
      return { step, reader };
    },
    async checkpoint(step, tensors) {
      const typed = tensors.map((tensor) => ({ ...tensor, dtype: 'F32' as const }));
      await writeFileAtomic(checkpoint, writeSafetensors(typed, { step: String(step) }));
    },
    async record(record) {
      const header = record.step === 1 ? `${columns(record).join(',')}\n` : '';
      await appendFile(curve, `${header}${Object.values(flat(record)).join(',')}\n`);
    },
  };
}

function flat({ step, learningRate, gradientNorm, values }: TrainingRecord): Record<string, number> {
  return { step, learning_rate: learningRate, gradient_norm: gradientNorm, ...values };
}

function columns(record: TrainingRecord): string[] {
  return Object.keys(flat(record));
}

/** Drops the lines of steps after `step`, and a line that a kill cut off. */
async function cutCurve(file: string, step: number): Promise<void> {
  const lines = ((await readText(file)) ?? '').split('\n').slice(0, step + 1);
  await writeFileAtomic(file, step === 0 ? '' : `${lines.join('\n')}\n`);
}

async function readText(file: string): Promise<string | undefined> {
  return existsSync(file) ? new TextDecoder().decode(await readFile(file)) : undefined;
}
