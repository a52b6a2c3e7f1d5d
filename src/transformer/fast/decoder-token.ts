import * as tf from '@tensorflow/tfjs-core';
import type { KVCache } from '../../nn/attention.js';
import {
  DECODER_TOKEN,
  DECODER_TOKEN_MAPS,
  DECODER_TOKEN_NORMS,
  type DecoderTokenAttributes,
} from '../../nn/kernels/declarations.js';
import { runKernelNoGrad } from '../../nn/kernels/run-kernel.js';
import type { LayerNorm } from '../../nn/layer-norm.js';
import type { Linear } from '../../nn/linear.js';
import { type DecoderBlock, type DecoderMasks, decoderBlock } from '../decoder-block.js';

/** D and the hidden width must be multiples of this. */
const MULTIPLE = 16;
/** The head width D/H must be a multiple of this. */
const HEAD_MULTIPLE = 8;

/** {@link decoderBlock}, or the fused kernel where it computes the same. */
export function fastDecoderBlock(...args: Parameters<typeof decoderBlock>): ReturnType<typeof decoderBlock> {
  const [p, y, context, masks, past, withShares] = args;
  return (withShares ? undefined : decoderToken(p, y, context, masks, past)) ?? decoderBlock(...args);
}

/**
 * A decoder block for one token by the fused kernel {@link DECODER_TOKEN}. Autoregressive decoding runs it for every token in every
 * block, and the overhead of tfjs for eighteen operations is larger than most of the operations.
 *
 * @param y       [1, 1, D]
 * @param past    KV cache of the tokens before
 * @returns       as `decoderBlock`, whose arguments it takes; undefined without the kernel, for other shapes than one token behind
 *                others, or if the block differs from those of the published models
 */
export function decoderToken(
  p: DecoderBlock,
  y: tf.Tensor3D,
  context: KVCache,
  masks: DecoderMasks,
  past?: KVCache,
): { output: tf.Tensor3D; present: KVCache } | undefined {
  if (!past || masks.self) return undefined;
  const engine = tf.engine();
  if (!tf.getKernel(DECODER_TOKEN, engine.backendName) || engine.state.gradientDepth > 0 || !isForKernel(p, y))
    return undefined;
  const inputs: tf.NamedTensorMap = {
    y,
    contextKeys: context.keys,
    contextValues: context.values,
    pastKeys: past.keys,
    pastValues: past.values,
  };
  if (masks.context) inputs.mask = masks.context;
  for (const [norm, names] of normsOf(p)) {
    inputs[names.weight] = norm.weight.value;
    inputs[names.bias] = norm.bias.value;
  }
  for (const [map, names] of mapsOf(p)) {
    const { weight, bias } = map!;
    if (bias) inputs[names.bias] = bias.value;
    if (weight.dtype === 'f32') {
      inputs[names.weight] = weight.value;
      continue;
    }
    const { words, scales } = weight.packed;
    inputs[names.weight] = words;
    if (scales) inputs[names.scales] = scales;
  }
  const attributes = { heads: p.selfAttn.heads, epsilon: p.norm1.epsilon } satisfies DecoderTokenAttributes;
  const [output, keys, values] = runKernelNoGrad(DECODER_TOKEN, inputs, attributes) as tf.Tensor3D[];
  return { output: output!, present: { keys: keys!, values: values! } };
}

interface Names {
  readonly weight: string;
  readonly bias: string;
  readonly scales: string;
}

/** Layer norms, and the input names of their weights. */
function normsOf({ norm1, queryNorm, norm2 }: DecoderBlock): readonly (readonly [LayerNorm, Names])[] {
  const names = DECODER_TOKEN_NORMS;
  return [
    [norm1, names.norm1],
    [queryNorm, names.queryNorm],
    [norm2, names.norm2],
  ];
}

/** Linear maps, and the input names of their weights. */
function mapsOf({ selfAttn, crossAttn, mlp }: DecoderBlock): readonly (readonly [Linear | undefined, Names])[] {
  const names = DECODER_TOKEN_MAPS;
  return [
    [selfAttn.qkv, names.qkv],
    [selfAttn.proj, names.selfProj],
    [crossAttn.q, names.q],
    [crossAttn.proj, names.crossProj],
    [mlp.fc1, names.gate],
    [mlp.fc3, names.up],
    [mlp.fc2, names.down],
  ];
}

function isForKernel(p: DecoderBlock, y: tf.Tensor3D): boolean {
  const [b, m, width] = y.shape;
  const { heads, norms } = p.selfAttn;
  const hidden = p.mlp.fc1.weight.shape[0]!;
  const { dtype } = p.selfAttn.qkv.weight;
  return (
    b === 1 &&
    m === 1 &&
    p.mlp.activation === 'SiLU' &&
    !norms &&
    [p.queryNorm, p.norm2].every(({ epsilon }) => epsilon === p.norm1.epsilon) &&
    mapsOf(p).every(([map]) => map && !map.lora && map.weight.dtype === dtype) &&
    [width, hidden].every((size) => size % MULTIPLE === 0) &&
    (width / heads) % HEAD_MULTIPLE === 0
  );
}
