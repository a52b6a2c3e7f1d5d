import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../../backends/wasm/backend.js';
import { guardMemory } from '../../backends/wasm/memory.js';
import { randomCheckpoint } from '../../spec/harness/random-checkpoint.js';
import { countedSource } from '../../src/checkpoints/counted-source.js';
import { fileSource } from '../../src/checkpoints/file-source.js';
import { parseConfig } from '../../src/checkpoints/metadata.js';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { generateTokens } from '../../src/decoding/generate.js';
import { currentDevice } from '../../src/memory/dry-run.js';
import { generationMemory } from '../../src/memory/generation.js';
import type { ModalityInfo } from '../../src/modalities/modality.js';
import { publishedModalities } from '../../src/modalities/published.js';
import type { WeightDtype } from '../../src/nn/packed/packing.js';
import { Random } from '../../src/random.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { withLazyWeights } from '../../src/transformer/task-weights.js';
import type { Task } from '../rows/generation.js';
import { VOCABULARY } from '../weights.js';

/** Memory of a task, in bytes. */
export interface TaskMemory {
  /** Weights in use, as stored. */
  readonly weights: number;
  /** Peak without the weights: predicted, and measured. */
  readonly predicted: number;
  readonly measured: number;
  /** Read from the checkpoint. */
  readonly read: number;
  /** Peak of the process. */
  readonly resident: number;
}

const MANIFEST = new URL('../../spec/vectors/manifests/4M-21_B.json', import.meta.url);

/** Runs a task of 4M-21_B on wasm, with lazy weights. @param path of a checkpoint; random values if not given */
export async function measureMemory(task: Task, dtype: WeightDtype, path: string | undefined): Promise<TaskMemory> {
  const stored = path
    ? await fileSource(path)
    : randomCheckpoint(JSON.parse(await readFile(MANIFEST, 'utf8')), { seed: 0, dtype: 'F32' });
  const source = countedSource(stored);
  const checkpoint = await openSafetensors(source);
  const infos: Record<string, ModalityInfo> = { ...publishedModalities };
  for (const [name, maxTokens] of Object.entries(task.lengths ?? {})) infos[name] = { ...infos[name]!, maxTokens };
  const config = parseFourMConfig(parseConfig(checkpoint.metadata));
  const model = withLazyWeights(buildFourM(config, infos), checkpoint, dtype);
  const { targets } = task;
  const known = task.inputs();
  const counts = Object.entries(known).map(([name, values]) => {
    return [name, 'ids' in values ? values.ids[0]!.length + 1 : infos[name]!.maxTokens];
  });
  const predicted = generationMemory(model, currentDevice(dtype), {
    inputs: Object.fromEntries(counts),
    targets,
  })(1).working;
  const memory = guardMemory(tf.backend() as unknown as WasmBackend);
  memory.peak = memory.used;
  await generateTokens(model, { inputs: known, targets, vocabulary: VOCABULARY, random: new Random(0) });
  const loaded = model.parameters.all.filter((parameter) => parameter.loaded);
  const weights = loaded.reduce((sum, parameter) => sum + parameter.byteLengthAs(dtype), 0);
  const resident = process.resourceUsage().maxRSS * 1024;
  return { weights, predicted, measured: memory.peak - weights, read: source.bytesRead, resident };
}
