import * as tf from '@tensorflow/tfjs-core';
import { fromPatches, type PatchLayout, toPatches } from '../../../../src/nn/patches.js';
import { loadParameters } from '../../../../src/nn/state-dict.js';
import type { VitPreset } from '../../../../src/tokenizers/vq/config.js';
import { prepareInput } from '../../../../src/tokenizers/vq/input.js';
import { runEncoder } from '../../../../src/tokenizers/vq/network.js';
import {
  buildVqVae,
  decode,
  detokenize,
  encode,
  inputLayout,
  latentsToTokens,
  outputLayout,
  tokenize,
  tokensToEmbedding,
  type VqVae,
} from '../../../../src/tokenizers/vq/vqvae.js';
import type { Inputs } from '../inputs.js';
import type { Outputs } from '../outputs.js';
import { channelsFirst, channelsLast } from './layouts.js';
import { vitPreset } from './vit-presets.js';

/** `vq.autoencode`: values to tokens and back, and given tokens to values, by a tokenizer. */
export async function autoencode(task: Inputs, out: Outputs): Promise<void> {
  const model = buildVqVae(task.config, presetsOf(task));
  try {
    await loadParameters(model.parameters.all, task.checkpoint());
    const inputs = task.names.filter((name) => /^in\.x(_|$)/.test(name));
    for (const name of inputs) await roundTrip(task, out, model, name.slice('in.x'.length));
    if (task.has('in.tokens')) await fromTokens(task, out, model);
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

/** The small architectures that a case defines. */
function presetsOf({ options }: Inputs): Record<string, VitPreset> {
  const presets = Object.entries((options.custom_presets ?? {}) as object);
  return Object.fromEntries(presets.map(([name, preset]) => [name, vitPreset(name, preset)]));
}

async function roundTrip(task: Inputs, out: Outputs, model: VqVae, suffix: string): Promise<void> {
  const shape = task.shape(`in.x${suffix}`);
  const classes = model.config.n_labels;
  const values = classes ? task.ints(`in.x${suffix}`) : channelsLast(task.floats(`in.x${suffix}`), shape);
  const [height, width] = shape.length > 2 ? (shape.slice(-2) as [number, number]) : ([1, 1] as const);
  const layout = inputLayout(model, height, width);
  const [b, n] = [shape[0]!, layout.grid[0] * layout.grid[1]];
  const ids = await tokenize(model, values, height, width);
  const heads = model.quantizer.heads > 1 ? [model.quantizer.heads] : [];
  const isGrid = shape.length > 2;
  out.tensor(`out.tokens${suffix}`, ids, [b, ...heads, ...(isGrid || heads.length === 0 ? layout.grid : [])]);

  const tensors = tf.tidy(() => {
    const cut = [b, n, values.length / (b * n)] as [number, number, number];
    const patches = tf.tensor3d(toPatches(values, layout), cut, classes ? 'int32' : 'float32');
    const latents = encode(model, patches, layout.grid);
    const quantized = tokensToEmbedding(model, latentsToTokens(model, latents));
    const recon = decode(model, quantized, layout.grid);
    return {
      encoder: runEncoder(model.encoder, prepareInput(model, patches), layout.grid),
      latents,
      quant: quantized,
      recon,
    };
  });
  for (const name of ['encoder', 'latents', 'quant'] as const) {
    const ours = (await tensors[name].data()) as Float32Array;
    const grid = [b, ours.length / (b * n), ...(isGrid ? layout.grid : [])];
    out.tensor(`out.${name}${suffix}`, channelsFirst(ours, grid), grid);
  }
  const recon = fromPatches((await tensors.recon.data()) as Float32Array, outputLayout(model, layout.grid));
  const image = imageShape(recon, b, outputLayout(model, layout.grid), isGrid);
  out.tensor(`out.recon${suffix}`, channelsFirst(recon, image), image);
  // Inference: nothing is trained.
  out.tensor(`out.code_loss${suffix}`, [0], [1]);
  tf.dispose(tensors);
}

async function fromTokens(task: Inputs, out: Outputs, model: VqVae): Promise<void> {
  const ids = task.ints('in.tokens');
  const [b, ...axes] = task.shape('in.tokens') as [number, ...number[]];
  const { heads } = model.quantizer;
  const [h, w] = axes.length > 1 ? (axes.slice(-2) as [number, number]) : ([1, 1] as const);
  const values = await detokenize(model, ids, [h, w]);
  const isGrid = axes.length > 1;
  const image = imageShape(values, b, outputLayout(model, [h, w]), isGrid);
  out.tensor('out.decode_tokens', channelsFirst(values, image), image);
  if (!out.wants('out.tokens_to_embedding')) return;
  const codes = tf.tidy(() => tokensToEmbedding(model, tf.tensor3d(ids, [b, heads, h * w], 'int32')));
  const grid = [b, codes.size / (b * h * w), ...(isGrid ? [h, w] : [])];
  out.tensor('out.tokens_to_embedding', channelsFirst((await codes.data()) as Float32Array, grid), grid);
  codes.dispose();
}

/** The shape of a decoder's output: [B, C, H, W], or [B, C] for vectors. */
function imageShape(values: Float32Array, b: number, { grid, patch }: PatchLayout, isGrid: boolean): number[] {
  const size = [grid[0] * patch[0], grid[1] * patch[1]];
  return isGrid ? [b, values.length / (b * size[0]! * size[1]!), ...size] : [b, values.length / b];
}
