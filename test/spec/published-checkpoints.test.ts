import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type CheckpointManifest, randomCheckpoint } from '../../spec/harness/random-checkpoint.js';
import { countedSource } from '../../src/checkpoints/counted-source.js';
import { type ConfigValue, parseConfig } from '../../src/checkpoints/metadata.js';
import { readRuns } from '../../src/checkpoints/read-runs.js';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { publishedModalities } from '../../src/modalities/published.js';
import type { Parameter } from '../../src/nn/parameters.js';
import { checkParameters } from '../../src/nn/state-dict.js';
import { buildDiVae } from '../../src/tokenizers/diffusion/divae.js';
import { buildVqVae } from '../../src/tokenizers/vq/vqvae.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM } from '../../src/transformer/model.js';
import { taskParameters } from '../../src/transformer/task-weights.js';

const folder = fileURLToPath(new URL('../../spec/vectors/manifests/', import.meta.url));
const names = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'vector.json');

function manifestOf(file: string): CheckpointManifest {
  return JSON.parse(readFileSync(folder + file, 'utf8'));
}

function parametersOf(file: string, config: Record<string, ConfigValue>): readonly Parameter[] {
  if (file.startsWith('vqvae__')) return buildVqVae(config).parameters.all;
  if (file.startsWith('divae__')) return buildDiVae(config).parameters.all;
  return buildFourM(parseFourMConfig(config), publishedModalities).parameters.all;
}

test('there are 33 published checkpoints', () => {
  expect(names).toHaveLength(33);
});

test.each(names)('%s: the model that its header describes takes all of its tensors, and no others', async (file) => {
  const source = countedSource(randomCheckpoint(manifestOf(file), { seed: 0, dtype: 'F32' }));
  const checkpoint = await openSafetensors(source);
  const parameters = parametersOf(file, parseConfig(checkpoint.metadata));
  checkParameters(parameters, checkpoint);
  const taken = new Set(parameters.flatMap((parameter) => parameter.names));
  expect([...checkpoint.tensors.keys()].filter((name) => !taken.has(name))).toEqual([]);
  expect([...taken].filter((name) => !checkpoint.tensors.has(name))).toEqual([]);
  expect(source.bytesRead).toBeLessThan(200_000);
});

test('of the 3.4 GB of 4M-21_B, depth from a picture reads less than 0.95 GB, in few pieces', async () => {
  const source = randomCheckpoint(manifestOf('4M-21_B.json'), { seed: 0, dtype: 'F32' });
  expect(source.size).toBeGreaterThan(3.3e9);
  const { metadata, tensors } = await openSafetensors(source);
  const model = buildFourM(parseFourMConfig(parseConfig(metadata)), publishedModalities);
  const task = taskParameters(model, ['rgb@224'], ['tok_depth@224']);
  const runs = readRuns(task.map(({ names: [name] }) => [name!, tensors.get(name!)!] as const));
  const bytes = runs.reduce((sum, run) => sum + run.byteLength, 0);
  expect(bytes).toBeGreaterThanOrEqual(task.reduce((sum, parameter) => sum + 4 * parameter.size, 0));
  expect(bytes).toBeLessThan(0.95e9);
  expect(runs.length).toBeLessThan(100);
});
