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
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { optionsOf } from '../options.js';
import { divaePresets } from './divae-presets.js';
import { channelsFirst, channelsLast } from './layouts.js';

type Shape4 = [number, number, number, number];

/** What of the configuration a case may have changed for its runs. */
const schedulerSchema = v.strictObject({
  num_train_timesteps: v.optional(v.number()),
  beta_schedule: v.optional(v.string()),
  prediction_type: v.optional(v.string()),
  zero_terminal_snr: v.optional(v.boolean()),
  thresholding: v.optional(v.boolean()),
  clip_sample: v.optional(v.boolean()),
});

/** `vq.divae`: a tokenizer's way from images to tokens, single predictions of its diffusion decoder, and whole runs. */
export async function diffusionTokenizer(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const { config } = reference;
  const { custom_presets, scheduler_for_sampling } = reference.about;
  const model = buildDiVae(config, divaePresets(custom_presets));
  try {
    await loadParameters(model.parameters.all, reference.safetensors());
    await encoding(reference, compare, model);
    await predictions(reference, compare, model);
    const scheduler = optionsOf(schedulerSchema, scheduler_for_sampling ?? {}, 'scheduler_for_sampling');
    const diffusion = parseDiffusionConfig({ ...config, ...scheduler });
    await paintings(reference, compare, { ...model, diffusion });
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

async function encoding(reference: ConformanceCase, compare: Comparison, model: DiVae): Promise<void> {
  const [b, , height, width] = reference.shape('in.x') as Shape4;
  const layout = inputLayout(model, height, width);
  const values = toPatches(channelsLast(reference.floats('in.x'), reference.shape('in.x')), layout);
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
    compare.tensor(`out.${name}`, channelsFirst(ours, reference.shape(`out.${name}`)));
  }
  compare.tensor('out.tokens', await results.tokens.data());
  tf.dispose(results);
  // Nothing is learned when a tokenizer is only used.
  if (compare.expects('out.code_loss')) compare.tensor('out.code_loss', [0]);
}

interface Call {
  readonly steps: Int32Array;
  readonly masked?: Uint8Array;
  readonly original?: Int32Array;
}

async function predictions(reference: ConformanceCase, compare: Comparison, model: DiVae): Promise<void> {
  const steps = reference.ints('in.t');
  const prediction = async (name: string, call: () => Call | Promise<Call>) => {
    if (compare.expects(name)) compare.tensor(name, await predicted(reference, model, await call()));
  };
  await prediction('out.denoise', () => ({ steps }));
  await prediction('out.denoise_scalar_t', async () => {
    const timestep = await commonTimestep(reference, model);
    return { steps: steps.map(() => timestep) };
  });
  await prediction('out.denoise_masked', () => ({
    steps,
    masked: Uint8Array.from(reference.bytes('in.cond_mask')),
  }));
  await prediction('out.denoise_res', () => ({ steps, original: reference.ints('in.orig_res') }));
}

/** The timestep that a case is likely to give to a whole batch, and how far off a prediction may be to be that of a timestep. */
const USUAL_TIMESTEP = 500;
const CLOSE = 1e-3;

/**
 * The timestep that a case gave to its whole batch. Cases do not record it, so it is the one whose prediction is the expected
 * one; if there is none, the usual one, whose prediction then fails. No wrong network could pass: a thousand timesteps are few
 * against the thousands of values that have to fit.
 */
async function commonTimestep(reference: ConformanceCase, model: DiVae): Promise<number> {
  const isClose = async (name: string, steps: Int32Array) => {
    const expected = reference.floats(name);
    const actual = await predicted(reference, model, { steps });
    return actual.every((x, i) => Math.abs(x - expected[i]!) <= CLOSE * (1 + Math.abs(expected[i]!)));
  };
  const own = reference.ints('in.t');
  const fits = (timestep: number) =>
    isClose(
      'out.denoise_scalar_t',
      own.map(() => timestep),
    );
  if ((await fits(USUAL_TIMESTEP)) || !(await isClose('out.denoise', own))) return USUAL_TIMESTEP;
  for (let timestep = 0; timestep < model.diffusion.num_train_timesteps; timestep++) {
    if (await fits(timestep)) return timestep;
  }
  return USUAL_TIMESTEP;
}

/** What the decoder says of a case's noisy image, [B, C, H, W]. */
async function predicted(
  reference: ConformanceCase,
  model: DiVae,
  { steps, masked, original }: Call,
): Promise<Float32Array> {
  const shape = reference.shape('in.noised') as Shape4;
  const [b, d, h, w] = reference.shape('out.quant') as Shape4;
  const layout = decoderLayout(model, shape);
  const noised = toPatches(channelsLast(reference.floats('in.noised'), shape), layout);
  const n = layout.grid[0] * layout.grid[1];
  const result = tf.tidy(() => {
    const codes = tf.tensor4d(channelsLast(reference.floats('out.quant'), [b, d, h, w]), [b, h, w, d]);
    const condition = masked ? { codes, masked } : { codes };
    const patches = tf.tensor3d(noised, [b, n, noised.length / (b * n)]);
    return denoise(model.denoiser, patches, layout.grid, { steps, condition, ...(original && { original }) });
  });
  const image = fromPatches((await result.data()) as Float32Array, layout);
  result.dispose();
  return channelsFirst(image, shape);
}

/** Rounding adds up from step to step: the cases allow 1e-3 here. */
const AFTER_A_RUN = { rtol: 1e-3, atol: 1e-3 };

async function paintings(reference: ConformanceCase, compare: Comparison, model: DiVae): Promise<void> {
  const ids = reference.ints('out.tokens');
  const shape = reference.shape('out.tokens');
  const [b, grid] = [shape[0]!, shape.slice(-2) as [number, number]];
  const size = () => reference.shape('in.init_noise').slice(-2) as [number, number];
  for (const tensor of reference.data.tensors.keys()) {
    const [, run, sampler, spacing, steps] = /^out\.sample_((ddim|ddpm|pndm)(?:_([a-z]+))?_(\d+))$/.exec(tensor) ?? [];
    if (!run) continue;
    const options = {
      sampler,
      steps: Number(steps),
      random: recordedNoise(reference, model),
      size: size(),
      ...(spacing && { spacing }),
    } as DiffusionOptions;
    compare.tensor(`out.timesteps_${run}`, samplerOf(model.diffusion, b, options).timesteps);
    const images: Float32Array[] = [];
    for await (const image of sampleImages(model, ids, grid, options)) {
      images.push(channelsFirst(image, reference.shape(tensor)));
    }
    compare.tensor(tensor, images.at(-1)!, AFTER_A_RUN);
    if (!compare.expects(`out.traj_${run}`)) continue;
    const all = Float32Array.from(images.flatMap((image) => [...image]));
    compare.tensor(`out.traj_${run}`, all, AFTER_A_RUN);
  }
}

/** The noise of a case in the order in which a run asks for it: the image it sets out from, then each step's. */
function recordedNoise(reference: ConformanceCase, model: DiVae): { normal(): number } {
  const steps = [...reference.data.tensors.keys()].filter((name) => name.startsWith('in.step_noise.')).length;
  const names = ['in.init_noise', ...Array.from({ length: steps }, (_, i) => `in.step_noise.${i}`)];
  const shape = reference.shape('in.init_noise') as Shape4;
  const noise = names.flatMap((name) => [
    ...toPatches(channelsLast(reference.floats(name), shape), decoderLayout(model, shape)),
  ]);
  let i = 0;
  return { normal: () => noise[i++]! };
}

function decoderLayout({ patch }: DiVae, [, channels, height, width]: Shape4): PatchLayout {
  return { channels, grid: [height / patch, width / patch], patch: [patch, patch], order: 'channel-first' };
}
