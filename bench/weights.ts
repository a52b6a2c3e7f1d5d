/** Models of the published shapes, with random values for the weights that a task needs. */
import { readFile } from 'node:fs/promises';
import type { ModalityInfo } from '../src/modalities/modality.js';
import { publishedModalities } from '../src/modalities/published.js';
import type { WeightDtype } from '../src/nn/packed/packing.js';
import type { Parameter } from '../src/nn/parameters.js';
import { Random } from '../src/random.js';
import { parseFourMConfig } from '../src/transformer/config.js';
import { buildFourM, type FourM } from '../src/transformer/model.js';
import { taskParameters } from '../src/transformer/task-weights.js';

const MANIFESTS = new URL('../spec/vectors/manifests/', import.meta.url);

/** The configuration of a published model or tokenizer. */
export async function publishedConfig(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(new URL(`${name}.json`, MANIFESTS), 'utf8')).config;
}

/** Random numbers shared by all weights: generating hundreds of millions would take longer than the benchmarks. */
const NUMBERS = 2 ** 16;

/** Initialises parameters: vectors as for training, matrices with small random values. */
export function fillParameters(parameters: Iterable<Parameter>): void {
  const random = new Random(0);
  const numbers = Float32Array.from(random.uniforms(NUMBERS), (u) => 2 * u - 1);
  for (const parameter of parameters) {
    if (parameter.shape.length === 1) {
      parameter.initialize(random);
      continue;
    }
    const scale = Math.sqrt(3 / (parameter.size / parameter.shape[0]!));
    const shift = random.integer(0, NUMBERS - 1);
    parameter.load(Float32Array.from({ length: parameter.size }, (_, i) => scale * numbers[(i + shift) % NUMBERS]!));
  }
}

/** 4M-21_B for a task. `lengths` limits texts; `dtype` is the storage type of the weights. */
export async function fourM21B(
  inputs: readonly string[],
  targets: readonly string[],
  lengths: Readonly<Record<string, number>> = {},
  dtype: WeightDtype = 'f32',
): Promise<FourM> {
  const infos: Record<string, ModalityInfo> = { ...publishedModalities };
  for (const [name, maxTokens] of Object.entries(lengths)) infos[name] = { ...infos[name]!, maxTokens };
  const model = buildFourM(parseFourMConfig(await publishedConfig('4M-21_B')), infos);
  for (const parameter of model.parameters.all) parameter.setDtype(dtype);
  fillParameters(taskParameters(model, inputs, targets));
  return model;
}

/** A random picture as encoder input, [3, 224, 224]. */
export function picture(): Float32Array {
  return Float32Array.from(new Random(1).uniforms(3 * 224 * 224), (u) => 4 * u - 2);
}

/** Special tokens of the published text tokenizer. */
export const VOCABULARY = { padId: 0, eosId: 3, sentinelIds: Array.from({ length: 200 }, (_, k) => k + 4) };
