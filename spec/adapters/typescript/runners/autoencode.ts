import * as tf from '@tensorflow/tfjs-core';
import { fromPatches, toPatches } from '../../../../src/nn/patches.js';
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
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { channelsFirst, channelsLast } from './layouts.js';
import { vitPreset } from './vit-presets.js';

/** `vq.autoencode`: a tokenizer's way from values to tokens and back, and from given tokens to values. */
export async function autoencode(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const model = buildVqVae(reference.config, presetsOf(reference));
  try {
    await loadParameters(model.parameters.all, reference.safetensors());
    const inputs = [...reference.data.tensors.keys()].filter((name) => /^in\.x(_|$)/.test(name));
    for (const name of inputs) await roundTrip(reference, compare, model, name.slice('in.x'.length));
    if (reference.data.tensors.has('in.tokens')) await fromTokens(reference, compare, model);
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

/** The small architectures that a case brings along. */
function presetsOf({ about }: ConformanceCase): Record<string, VitPreset> {
  const presets = Object.entries(about.custom_presets ?? {});
  return Object.fromEntries(presets.map(([name, preset]) => [name, vitPreset(name, preset)]));
}

async function roundTrip(reference: ConformanceCase, compare: Comparison, model: VqVae, suffix: string): Promise<void> {
  const shape = reference.shape(`in.x${suffix}`);
  const classes = model.config.n_labels;
  const values = classes ? reference.ints(`in.x${suffix}`) : channelsLast(reference.floats(`in.x${suffix}`), shape);
  const [height, width] = shape.length > 2 ? (shape.slice(-2) as [number, number]) : ([1, 1] as const);
  const layout = inputLayout(model, height, width);
  const [b, n] = [shape[0]!, layout.grid[0] * layout.grid[1]];
  compare.tensor(`out.tokens${suffix}`, await tokenize(model, values, height, width));

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
    const result = `out.${name}${suffix}`;
    const ours = (await tensors[name].data()) as Float32Array;
    if (compare.expects(result)) compare.tensor(result, channelsFirst(ours, reference.shape(result)));
  }
  const recon = fromPatches((await tensors.recon.data()) as Float32Array, outputLayout(model, layout.grid));
  compare.tensor(`out.recon${suffix}`, channelsFirst(recon, reference.shape(`out.recon${suffix}`)));
  // Nothing is learned when a tokenizer is only used.
  if (compare.expects(`out.code_loss${suffix}`)) compare.tensor(`out.code_loss${suffix}`, [0]);
  tf.dispose(tensors);
}

async function fromTokens(reference: ConformanceCase, compare: Comparison, model: VqVae): Promise<void> {
  const ids = reference.ints('in.tokens');
  const [b, ...axes] = reference.shape('in.tokens') as [number, ...number[]];
  const { heads } = model.quantizer;
  const [h, w] = axes.length > 1 ? (axes.slice(-2) as [number, number]) : ([1, 1] as const);
  const values = await detokenize(model, ids, [h, w]);
  compare.tensor('out.decode_tokens', channelsFirst(values, reference.shape('out.decode_tokens')));
  const name = 'out.tokens_to_embedding';
  if (!compare.expects(name)) return;
  const codes = tf.tidy(() => tokensToEmbedding(model, tf.tensor3d(ids, [b, heads, h * w], 'int32')));
  compare.tensor(name, channelsFirst((await codes.data()) as Float32Array, reference.shape(name)));
  codes.dispose();
}
