import * as tf from '@tensorflow/tfjs-core';
import type { KeysValues } from '../nn/attention.js';
import { DECODER_TOKEN, type DecoderTokenAttributes } from '../nn/kernels/kernel.js';
import type { LayerNorm } from '../nn/layer-norm.js';
import type { Linear } from '../nn/linear.js';
import type { DecoderBlock } from './decoder-block.js';

/** What D and the hidden width have to be multiples of. */
const MULTIPLE = 16;
/** What the width of a head has to be a multiple of. */
const HEAD_MULTIPLE = 8;

/**
 * One token's way through a block by the kernel {@link DECODER_TOKEN}. A text needs it for every token in every block, and what tfjs does
 * around eighteen operations takes longer than most of them.
 *
 * @param y       [1, 1, D]
 * @param mask    of the context, [1, 1, 1, N]
 * @param past    keys and values of the tokens before
 * @returns       as `decoderBlock`; undefined where there is no such kernel, or the block is not made as those of the published models
 */
export function decoderToken(
  p: DecoderBlock,
  y: tf.Tensor3D,
  context: KeysValues,
  mask: tf.Tensor | undefined,
  past: KeysValues,
): { output: tf.Tensor3D; seen: KeysValues } | undefined {
  const engine = tf.engine();
  const kernel = tf.getKernel(DECODER_TOKEN, engine.backendName);
  if (!kernel || engine.state.gradientDepth > 0 || !isForKernel(p, y)) return undefined;
  const inputs = {
    y,
    contextKeys: context.keys,
    contextValues: context.values,
    pastKeys: past.keys,
    pastValues: past.values,
    ...(mask && { mask }),
    ...ofNorms({ norm1: p.norm1, queryNorm: p.queryNorm, norm2: p.norm2 }),
    ...ofMaps(mapsOf(p)),
  };
  const { epsilon } = p.norm1;
  const attributes: DecoderTokenAttributes = { heads: p.selfAttn.heads, epsilon };
  const [output, keys, values] = engine.runKernel<tf.Tensor3D[]>(DECODER_TOKEN, inputs, { ...attributes });
  return { output: output!, seen: { keys: keys!, values: values! } };
}

function mapsOf({ selfAttn, crossAttn, mlp }: DecoderBlock): Readonly<Record<string, Linear | undefined>> {
  return {
    qkv: selfAttn.qkv,
    selfProj: selfAttn.proj,
    q: crossAttn.q,
    crossProj: crossAttn.proj,
    gate: mlp.fc1,
    up: mlp.fc3,
    down: mlp.fc2,
  };
}

function isForKernel(p: DecoderBlock, y: tf.Tensor3D): boolean {
  const [b, m, width] = y.shape;
  const { heads, norms } = p.selfAttn;
  const maps = Object.values(mapsOf(p));
  const hidden = p.mlp.fc1.weight.shape[0]!;
  const { dtype } = p.selfAttn.qkv.weight;
  return (
    b === 1 &&
    m === 1 &&
    p.mlp.activation === 'SiLU' &&
    !norms &&
    [p.queryNorm, p.norm2].every(({ epsilon }) => epsilon === p.norm1.epsilon) &&
    maps.every((map) => map && !map.lora && map.weight.dtype === dtype) &&
    [width, hidden].every((size) => size % MULTIPLE === 0) &&
    (width / heads) % HEAD_MULTIPLE === 0
  );
}

function ofNorms(norms: Readonly<Record<string, LayerNorm>>): tf.NamedTensorMap {
  const tensors: tf.NamedTensorMap = {};
  for (const name in norms) {
    tensors[`${name}.weight`] = norms[name]!.weight.value;
    tensors[`${name}.bias`] = norms[name]!.bias.value;
  }
  return tensors;
}

function ofMaps(maps: Readonly<Record<string, Linear | undefined>>): tf.NamedTensorMap {
  const tensors: tf.NamedTensorMap = {};
  for (const name in maps) {
    const { weight, bias } = maps[name]!;
    if (bias) tensors[`${name}.bias`] = bias.value;
    if (weight.dtype === 'f32') {
      tensors[`${name}.weight`] = weight.value;
      continue;
    }
    const { words, scales } = weight.packed;
    tensors[`${name}.weight`] = words;
    if (scales) tensors[`${name}.scales`] = scales;
  }
  return tensors;
}
