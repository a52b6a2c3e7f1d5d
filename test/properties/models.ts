/** Small 4M models of any configuration, and batches for them. */

import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { ModalityInfo } from '../../src/modalities/modality.js';
import { Random } from '../../src/random.js';
import type { Batch, ModalityBatch } from '../../src/transformer/batch.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { type ForwardOptions, forward } from '../../src/transformer/forward.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { referenceModalities } from '../transformer/reference.js';

export const INFOS: Record<string, ModalityInfo> = referenceModalities(
  ['rgb@224', 'tok_depth@224', 'tok_semseg@224', 'caption'],
  {
    'rgb@224': { input_size: 8, patch_size: 4 },
    'tok_depth@224': { input_size: 32, vocab_size: 7 },
    'tok_semseg@224': { input_size: [32, 48], vocab_size: 5 },
    caption: { vocab_size: 11, max_length: 9, max_tokens: 9 },
  },
);
const SEQUENCE_LENGTH = 10;

/** Parameters of a case. */
export interface ModelCase {
  readonly config: Record<string, unknown>;
  readonly batchSize: number;
  readonly seed: number;
}

const flag = fc.boolean();
const subset = (names: string[]) => fc.shuffledSubarray(names, { minLength: 1 });

export const modelCases: fc.Arbitrary<ModelCase> = fc
  .record({
    // Widths are multiples of 4, as sines and cosines of two axes need; those of heads need not be.
    size: fc.constantFrom(...[4, 8, 12].map((width) => [1, width]), [2, 2], [2, 6], [2, 8], [3, 4], [3, 8], [4, 3]),
    rest: fc.record({
      domains_in: subset(Object.keys(INFOS)),
      domains_out: subset(Object.keys(INFOS).slice(1)),
      encoder_depth: fc.integer({ min: 1, max: 2 }),
      decoder_depth: fc.integer({ min: 1, max: 2 }),
      mlp_ratio: fc.constantFrom(1, 2.6, 4),
      // Gated ones of SiLU are what the published models have, and what kernels are for.
      act_layer: fc.constantFrom('SiLU', 'SiLU', 'SiLU', 'GELU', 'Tanh', 'ReLU'),
      num_register_tokens: fc.nat(2),
      gated_mlp: flag,
      qk_norm: flag,
      qkv_bias: flag,
      proj_bias: flag,
      mlp_bias: flag,
      norm_bias: flag,
      decoder_causal_mask: flag,
      decoder_sep_mask: flag,
      share_modality_embeddings: flag,
    }),
    batchSize: fc.integer({ min: 1, max: 2 }),
    seed: fc.nat(),
  })
  .map(({ size: [heads, headWidth], rest, batchSize, seed }) => ({
    config: { ...rest, num_heads: heads, dim: heads! * headWidth! },
    batchSize,
    seed,
  }));

/** The model of a case, with random weights. Its parameters are the caller's to dispose of. */
export function modelOf({ config, seed }: ModelCase): FourM {
  const model = buildFourM(parseFourMConfig(config), INFOS);
  const random = new Random(seed);
  for (const p of model.parameters.all) p.load(Float32Array.from({ length: p.size }, () => 0.3 * random.normal()));
  return model;
}

/** A batch in which tokens are input, target or neither; every sample has an input and a target. */
export function batchOf(model: FourM, { batchSize, seed }: ModelCase): Batch {
  const random = new Random(seed + 1);
  const modalities: Record<string, ModalityBatch> = {};
  for (const [name, info] of Object.entries(model.modalities)) {
    const sequence = info.kind === 'sequence';
    const length = sequence ? SEQUENCE_LENGTH : info.maxTokens;
    const roles = Array.from({ length: batchSize }, () =>
      sequence ? sequenceRoles(random) : imageRoles(model, info, random),
    ).flat();
    const total = batchSize * length;
    modalities[name] = {
      ...(info.kind === 'pixels'
        ? { pixels: Float32Array.from({ length: batchSize * 3 * 64 }, () => random.normal()) }
        : { ids: Int32Array.from({ length: total }, () => random.integer(0, info.vocabSize! - 1)) }),
      inputMask: Uint8Array.from(roles, (role) => Number(role !== 'input')),
      targetMask: Uint8Array.from(roles, (role) => Number(role !== 'target')),
      decoderAttentionMask: Int32Array.from(roles, (role, index) =>
        attentionEntry(roles, role, index, length, sequence),
      ),
    };
  }
  return { size: batchSize, modalities };
}

type Role = 'input' | 'target' | 'neither';

function imageRoles(model: FourM, info: ModalityInfo, random: Random): Role[] {
  const rest = Array.from({ length: info.maxTokens - 2 }, () => random.pick<Role>(['input', 'target', 'neither']));
  const canBeTarget = info.name in model.decoderEmbeddings;
  return (['input', 'target', ...rest] as Role[]).map((role) => (role === 'target' && !canBeTarget ? 'neither' : role));
}

function sequenceRoles(random: Random): Role[] {
  const [inputs, targets] = [random.integer(1, 4), random.integer(2, 5)];
  return Array.from({ length: SEQUENCE_LENGTH }, (_, i) =>
    i < inputs ? 'input' : i < inputs + targets ? 'target' : 'neither',
  );
}

/** Every target of an image is announced at its first; those of a sequence each at its own index. */
function attentionEntry(roles: readonly Role[], role: Role, index: number, length: number, sequence: boolean): number {
  if (role !== 'target') return 0;
  if (sequence) return 1;
  const start = index - (index % length);
  const targets = roles.slice(start, start + length).flatMap((r, i) => (r === 'target' ? [start + i] : []));
  return targets[0] === index ? targets.length : 0;
}

/** Logits of every target, by modality, sample and token. */
export async function logitsOf(
  model: FourM,
  batch: Batch,
  options: ForwardOptions = {},
): Promise<Map<string, Float32Array>> {
  const slotOf = new Map<string, number>();
  const output = tf.tidy(() => {
    const { output, targets } = forward(model, batch, options);
    for (const { modality, sequenceIndices: slots, tokenIndices: indices } of targets.gathered) {
      slots.forEach((slot, i) => {
        slotOf.set(`${modality}:${indices[i]}`, slot);
      });
    }
    return output;
  });
  const width = output.shape[2];
  const values = (await output.data()) as Float32Array;
  output.dispose();
  return new Map([...slotOf].map(([key, slot]) => [key, values.slice(slot * width, (slot + 1) * width)]));
}
