/**
 * Low-rank adaptation: the matrices are frozen, and a trainable low-rank update of each is learned for a new task, which can
 * be merged in the end. (LoRA, arXiv 2106.09685; `lora_utils` officially.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import { constant, normal } from './initializers.js';
import type { Linear } from './linear.js';
import type { Parameter, ParameterList } from './parameters.js';

/** Rank and scale of adapters. */
export interface LoraOptions {
  /** Inner width of an adapter; three times that for a fused query, key and value, twice for a fused pair. */
  rank: number;
  /** Factor of the adapters' output. */
  scale: number;
}

/**
 * Adds an adapter to each layer, without effect until it is trained. The tensors of a layer `attn.qkv` are renamed to
 * `attn.qkv.linear.…`, and the adapter's are `attn.qkv.lora_down.weight` and `attn.qkv.lora_up.weight`, as officially, so
 * that checkpoints with adapters can be loaded and saved.
 *
 * @param parameters of the model; those of the adapters are appended
 * @returns          the adapters' parameters, without values yet, for training
 * @throws InvalidInputError if the rank is larger than that of a matrix, or a layer has an adapter; no layer is changed then
 */
export function addLora(
  parameters: ParameterList,
  layers: readonly Linear[],
  { rank, scale }: LoraOptions,
): Parameter[] {
  for (const layer of layers) {
    const maxRank = Math.floor(Math.min(...sizes(layer)) / packedMaps(nameOf(layer)));
    if (!Number.isInteger(rank) || rank < 1 || rank > maxRank || layer.lora) {
      const reason = layer.lora ? 'which has an adapter already' : `whose rank is at most ${maxRank}`;
      throw new InvalidInputError(`cannot add an adapter of rank ${rank} to "${nameOf(layer)}", ${reason}`);
    }
  }
  return layers.flatMap((layer) => {
    const name = nameOf(layer);
    const [input, output] = sizes(layer);
    const inner = rank * packedMaps(name);
    const matrix = { transposed: true, decay: true };
    const list = parameters.scope(name);
    const down = list.add('lora_down.weight', [inner, input], { init: normal(1 / rank), ...matrix });
    const up = list.add('lora_up.weight', [output, inner], { init: constant(0), ...matrix });
    rename(layer, name, `${name}.linear`);
    layer.lora = { down: { weight: down, bias: undefined }, up: { weight: up, bias: undefined }, scale };
    return [down, up];
  });
}

/**
 * Merges the adapters into the matrices and removes them: the output is unchanged, as fast as without adapters, and the tensors
 * have their original names.
 *
 * @param parameters of the model; those of the adapters are removed
 * @param layers     those without an adapter are unchanged
 * @throws CheckpointError if a tensor has no values yet
 */
export function mergeLora(parameters: ParameterList, layers: readonly Linear[]): void {
  for (const layer of layers) {
    if (!layer.lora) continue;
    const { weight, lora } = layer;
    const [down, up] = [lora.down.weight, lora.up.weight];
    const merged = tf.tidy(() => {
      const correction = tf.matMul(down.value as tf.Tensor as tf.Tensor2D, up.value as tf.Tensor as tf.Tensor2D);
      return tf.add(weight.value, tf.mul(correction, lora.scale));
    });
    weight.assign(merged);
    merged.dispose();
    rename(layer, nameOf(layer), nameOf(layer).replace(/\.linear$/, ''));
    layer.lora = undefined;
    for (const parameter of [down, up]) {
      parameter.dispose();
      parameters.all.splice(parameters.all.indexOf(parameter), 1);
    }
  }
}

/** Published name of a layer: that of its matrix, without `.weight`. */
function nameOf(layer: Linear): string {
  return layer.weight.names[0]!.replace(/\.weight$/, '');
}

function rename({ weight, bias }: Linear, from: string, to: string): void {
  for (const { names } of bias ? [weight, bias] : [weight]) {
    names.forEach((name, i) => {
      if (name.startsWith(`${from}.`)) names[i] = to + name.slice(from.length);
    });
  }
}

function sizes({ weight }: Linear): [input: number, output: number] {
  const output = weight.shape[0]!;
  return [weight.size / output, output];
}

/** Number of maps fused in a layer, from the letters of its name in any order, as officially: 3 in `qkv`, 2 in `kv`. */
function packedMaps(name: string): number {
  const letters = [...name.slice(name.lastIndexOf('.') + 1)].sort().join('');
  if (letters === 'kqv') return 3;
  return ['kv', 'kq', 'qv'].includes(letters) ? 2 : 1;
}
