/**
 * Low-rank adaptation: beside frozen matrices, small trainable ones learn what a new task changes, and are added to them in
 * the end. (LoRA, arXiv 2106.09685; `lora_utils` officially.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { InvalidInputError } from '../errors.js';
import type { Linear } from './linear.js';
import { constant, normal, type Parameter, type ParameterList } from './parameters.js';

/** How adapters are made. */
export interface LoraOptions {
  /** Numbers between the two matrices; three times as many for a fused query, key and value, twice for a fused pair. */
  rank: number;
  /** What the adapters' output is multiplied by. */
  scale: number;
}

/**
 * Gives layers an adapter, which changes nothing until it is trained. The tensors of a layer `attn.qkv` are called
 * `attn.qkv.linear.…` from then on, and the adapter's `attn.qkv.lora_down.weight` and `attn.qkv.lora_up.weight`: as
 * officially, so that checkpoints with adapters can be loaded and saved.
 *
 * @param parameters all those of the model, to which the adapters' are added
 * @returns          the adapters' parameters, without values yet: what is to be trained
 * @throws InvalidInputError if the rank is more than a matrix has; no layer is changed then
 */
export function addLora(
  parameters: ParameterList,
  layers: readonly Linear[],
  { rank, scale }: LoraOptions,
): Parameter[] {
  for (const layer of layers) {
    const most = Math.floor(Math.min(...sizes(layer)) / packedMaps(nameOf(layer)));
    if (!Number.isInteger(rank) || rank < 1 || rank > most || layer.lora) {
      const reason = layer.lora ? 'which has an adapter already' : `for which a rank goes from 1 to ${most}`;
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
 * Adds what the adapters learned to the matrices themselves and takes the adapters away: the model computes the same as
 * before, as fast as without them, and its tensors have their former names.
 *
 * @param parameters all those of the model, from which the adapters' are removed
 * @param layers     those without an adapter stay as they are
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

/** How many maps a layer fuses, by the letters of its name in any order, as officially: 3 in `qkv`, 2 in `kv`. */
function packedMaps(name: string): number {
  const letters = [...name.slice(name.lastIndexOf('.') + 1)].sort().join('');
  if (letters === 'kqv') return 3;
  return ['kv', 'kq', 'qv'].includes(letters) ? 2 : 1;
}
