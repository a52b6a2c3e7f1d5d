import * as tf from '@tensorflow/tfjs-core';
import { fromPatches, type PatchLayout, toPatches } from '../../nn/patches.js';
import { loadParameters } from '../../nn/state-dict.js';
import { parseDiffusionConfig } from '../../tokenizers/diffusion/config.js';
import { denoise } from '../../tokenizers/diffusion/denoiser.js';
import { buildDiVae, type DiVae, type PaintingOptions, paint, samplerOf } from '../../tokenizers/diffusion/divae.js';
import { prepareInput } from '../../tokenizers/vq/input.js';
import { runEncoder } from '../../tokenizers/vq/network.js';
import { encode, inputLayout, latentsToTokens, tokensToEmbedding } from '../../tokenizers/vq/vqvae.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';
import { divaePresets } from './divae-presets.js';
import { channelsFirst, channelsLast } from './layouts.js';

type Shape4 = [number, number, number, number];

/** `vq.divae`: a tokenizer's way from images to tokens, single predictions of its diffusion decoder, and whole runs. */
export async function diffusionTokenizer(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const { config = {}, custom_presets, scheduler_for_sampling } = reference.about;
  const model = buildDiVae(config, divaePresets(custom_presets));
  try {
    await loadParameters(model.parameters.all, reference.safetensors());
    await encoding(reference, compare, model);
    await predictions(reference, compare, model);
    const diffusion = parseDiffusionConfig({ ...config, ...(scheduler_for_sampling as object | undefined) });
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

/** The timestep that the cases give to a whole batch. */
const SCALAR_TIMESTEP = 500;

async function predictions(reference: ConformanceCase, compare: Comparison, model: DiVae): Promise<void> {
  const steps = reference.ints('in.t');
  await prediction(reference, compare, model, 'out.denoise', { steps });
  await prediction(reference, compare, model, 'out.denoise_scalar_t', { steps: steps.map(() => SCALAR_TIMESTEP) });
  if (compare.expects('out.denoise_masked')) {
    const masked = Uint8Array.from(reference.bytes('in.cond_mask'));
    await prediction(reference, compare, model, 'out.denoise_masked', { steps, masked });
  }
  if (compare.expects('out.denoise_res')) {
    await prediction(reference, compare, model, 'out.denoise_res', { steps, original: reference.ints('in.orig_res') });
  }
}

async function prediction(
  reference: ConformanceCase,
  compare: Comparison,
  model: DiVae,
  name: string,
  { steps, masked, original }: { steps: Int32Array; masked?: Uint8Array; original?: Int32Array },
): Promise<void> {
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
  compare.tensor(name, channelsFirst(image, reference.shape(name)));
}

/** Rounding adds up from step to step: the cases allow 1e-3 here. */
const AFTER_A_RUN = { rtol: 1e-3, atol: 1e-3 };

async function paintings(reference: ConformanceCase, compare: Comparison, model: DiVae): Promise<void> {
  const ids = reference.ints('out.tokens');
  const [b, ...grid] = reference.shape('out.tokens') as [number, number, number];
  for (const tensor of reference.data.tensors.keys()) {
    const [, run, sampler, spacing, steps] = /^out\.sample_((ddim|ddpm)(?:_([a-z]+))?_(\d+))$/.exec(tensor) ?? [];
    if (!run) continue;
    const options = {
      sampler,
      steps: Number(steps),
      random: recordedNoise(reference, model),
      ...(spacing && { spacing }),
    } as PaintingOptions;
    compare.tensor(`out.timesteps_${run}`, samplerOf(model.diffusion, b, options).timesteps);
    const images: Float32Array[] = [];
    for await (const image of paint(model, ids, grid, options)) {
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
