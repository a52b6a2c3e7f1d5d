import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { fromPatches, type PatchLayout, toPatches } from '../../../../src/nn/patches.js';
import { loadParameters } from '../../../../src/nn/state-dict.js';
import { parseDiffusionConfig } from '../../../../src/tokenizers/diffusion/config.js';
import { denoise } from '../../../../src/tokenizers/diffusion/denoiser.js';
import {
  buildDiVae,
  type DiffusionOptions,
  type DiVae,
  sampleImages,
  samplerOf,
} from '../../../../src/tokenizers/diffusion/divae.js';
import { prepareInput } from '../../../../src/tokenizers/vq/input.js';
import { runEncoder } from '../../../../src/tokenizers/vq/network.js';
import { encode, inputLayout, latentsToTokens, tokensToEmbedding } from '../../../../src/tokenizers/vq/vqvae.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { divaePresets } from './divae-presets.js';
import { channelsFirst, channelsLast } from './layouts.js';

type Shape4 = [number, number, number, number];

/** Options of the scheduler that a case may override. */
const schedulerSchema = v.strictObject({
  num_train_timesteps: v.optional(v.number()),
  beta_schedule: v.optional(v.string()),
  prediction_type: v.optional(v.string()),
  zero_terminal_snr: v.optional(v.boolean()),
  thresholding: v.optional(v.boolean()),
  clip_sample: v.optional(v.boolean()),
});

/** `vq.divae`: images to tokens, single predictions of the diffusion decoder, and whole sampling runs. */
export async function diffusionTokenizer(task: Inputs, out: Outputs): Promise<void> {
  const { config } = task;
  const { custom_presets, scheduler_for_sampling } = task.options;
  const model = buildDiVae(config, divaePresets(custom_presets));
  try {
    await loadParameters(model.parameters.all, task.checkpoint());
    await encoding(task, out, model);
    await predictions(task, out, model);
    const scheduler = optionsOf(schedulerSchema, scheduler_for_sampling ?? {}, 'scheduler_for_sampling');
    const diffusion = parseDiffusionConfig({ ...config, ...scheduler });
    await paintings(task, out, { ...model, diffusion });
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

async function encoding(task: Inputs, out: Outputs, model: DiVae): Promise<void> {
  if (!['encoder', 'latents', 'tokens', 'quant', 'code_loss'].some((name) => out.wants(`out.${name}`))) return;
  const [b, , height, width] = task.shape('in.x') as Shape4;
  const layout = inputLayout(model, height, width);
  const values = toPatches(channelsLast(task.floats('in.x'), task.shape('in.x')), layout);
  const n = layout.grid[0] * layout.grid[1];
  const results = tf.tidy(() => {
    const patches = tf.tensor3d(values, [b, n, values.length / (b * n)]);
    const latents = encode(model, patches, layout.grid);
    const tokens = latentsToTokens(model, latents);
    const encoder = runEncoder(model.encoder, prepareInput(model, patches), layout.grid);
    return { encoder, latents, tokens, quant: tokensToEmbedding(model, tokens) };
  });
  for (const name of ['encoder', 'latents', 'quant'] as const) {
    const ours = (await results[name].data()) as Float32Array;
    const shape = [b, ours.length / (b * n), ...layout.grid];
    out.tensor(`out.${name}`, channelsFirst(ours, shape), shape);
  }
  const { heads } = model.quantizer;
  out.tensor('out.tokens', await results.tokens.data(), [b, ...(heads > 1 ? [heads] : []), ...layout.grid]);
  tf.dispose(results);
  // Inference: nothing is trained.
  out.tensor('out.code_loss', [0], [1]);
}

interface Call {
  readonly steps: Int32Array;
  readonly masked?: Uint8Array;
  readonly original?: Int32Array;
}

async function predictions(task: Inputs, out: Outputs, model: DiVae): Promise<void> {
  const steps = task.ints('in.t');
  const shape = task.shape('in.noised');
  const give = async (name: string, call: () => Call) => {
    if (out.wants(name)) out.tensor(name, await predicted(task, model, call()), shape);
  };
  await give('out.denoise', () => ({ steps }));
  await give('out.denoise_scalar_t', () => ({ steps: steps.map(() => task.options.scalar_timestep as number) }));
  await give('out.denoise_masked', () => ({ steps, masked: Uint8Array.from(task.bytes('in.cond_mask')) }));
  await give('out.denoise_res', () => ({ steps, original: task.ints('in.orig_res') }));
}

/** The decoder's prediction for a case's noisy image, [B, C, H, W]. */
async function predicted(task: Inputs, model: DiVae, { steps, masked, original }: Call): Promise<Float32Array> {
  const shape = task.shape('in.noised') as Shape4;
  const [b, d, h, w] = task.shape('in.quant') as Shape4;
  const layout = decoderLayout(model, shape);
  const noised = toPatches(channelsLast(task.floats('in.noised'), shape), layout);
  const n = layout.grid[0] * layout.grid[1];
  const result = tf.tidy(() => {
    const codes = tf.tensor4d(channelsLast(task.floats('in.quant'), [b, d, h, w]), [b, h, w, d]);
    const condition = masked ? { codes, masked } : { codes };
    const patches = tf.tensor3d(noised, [b, n, noised.length / (b * n)]);
    return denoise(model.denoiser, patches, layout.grid, { steps, condition, ...(original && { original }) });
  });
  const image = fromPatches((await result.data()) as Float32Array, layout);
  result.dispose();
  return channelsFirst(image, shape);
}

const runsSchema = v.array(
  v.strictObject({
    /** Names of the results: the last image, all images, and the timesteps. */
    sample: v.string(),
    trajectory: v.optional(v.string()),
    timesteps: v.string(),
    sampler: v.picklist(['ddim', 'ddpm', 'pndm']),
    spacing: v.optional(v.string()),
    steps: v.number(),
    /** The initial noisy image, then the noise of each step. */
    noise: v.array(v.string()),
  }),
);

async function paintings(task: Inputs, out: Outputs, model: DiVae): Promise<void> {
  for (const run of optionsOf(runsSchema, task.options.runs, 'runs')) {
    if (![run.sample, run.timesteps, run.trajectory].some((name) => name !== undefined && out.wants(name))) continue;
    const ids = task.ints('in.quant_tokens');
    const shape = task.shape('in.quant_tokens');
    const [b, grid] = [shape[0]!, shape.slice(-2) as [number, number]];
    const image = task.shape('in.init_noise');
    const options = {
      sampler: run.sampler,
      steps: run.steps,
      random: recordedNoise(task, model, ['in.init_noise', ...run.noise]),
      size: image.slice(-2) as [number, number],
      ...(run.spacing !== undefined && { spacing: run.spacing }),
    } as DiffusionOptions;
    const { timesteps } = samplerOf(model.diffusion, b, options);
    out.tensor(run.timesteps, timesteps, [timesteps.length]);
    const images: Float32Array[] = [];
    for await (const made of sampleImages(model, ids, grid, options)) images.push(channelsFirst(made, image));
    out.tensor(run.sample, images.at(-1)!, image);
    if (run.trajectory === undefined) continue;
    const all = Float32Array.from(images.flatMap((made) => [...made]));
    out.tensor(run.trajectory, all, [images.length, ...image]);
  }
}

/** The noise of a case in the order in which sampling draws it: the initial image, then each step's noise. */
function recordedNoise(task: Inputs, model: DiVae, names: readonly string[]): { normal(): number } {
  const shape = task.shape('in.init_noise') as Shape4;
  const noise = names.flatMap((name) => [
    ...toPatches(channelsLast(task.floats(name), shape), decoderLayout(model, shape)),
  ]);
  let i = 0;
  return { normal: () => noise[i++]! };
}

function decoderLayout({ patch }: DiVae, [, channels, height, width]: Shape4): PatchLayout {
  return { channels, grid: [height / patch, width / patch], patch: [patch, patch], order: 'channel-first' };
}
