import type { MaskedModality } from '../../masking/masked.js';
import { type MaskingConfig, maskSample, type SampleModality } from '../../masking/masking.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { Random } from '../../random.js';
import type { Batch, ModalityBatch } from '../../transformer/batch.js';
import { TOYBOX_SIZE } from '../modalities.js';
import type { ToyboxTokens } from './tokens.js';

const PIXELS = TOYBOX_SIZE ** 2;

/** Draws batches of `size` scenes for `training.modelTask`, each scene masked on its own. */
export function toyboxBatches(
  data: ToyboxTokens,
  size: number,
  infos: readonly ModalityInfo[],
  masking: MaskingConfig,
): (random: Random) => Batch {
  return (random) => {
    const scenes = Array.from({ length: size }, () => random.integer(0, data.count - 1));
    return maskedBatch(data, scenes, infos, masking, random);
  };
}

/** Masks the named scenes, each on its own, and puts them together. */
export function maskedBatch(
  data: ToyboxTokens,
  scenes: readonly number[],
  infos: readonly ModalityInfo[],
  masking: MaskingConfig,
  random: Random,
): Batch {
  const masked = scenes.map((scene) => {
    const sample = Object.fromEntries(infos.map((info) => [info.name, sampleModality(data, scene, info)]));
    return maskSample(sample, infos, masking, random);
  });
  const modalities = infos.map((info) => {
    const parts = masked.map((sample) => sample[info.name]!);
    return [info.name, modalityBatch(data, scenes, info, parts)] as const;
  });
  return { size: scenes.length, modalities: Object.fromEntries(modalities) };
}

function sampleModality(data: ToyboxTokens, scene: number, info: ModalityInfo): SampleModality {
  switch (info.kind) {
    case 'pixels':
      return { kind: 'pixels' };
    case 'image-tokens':
      return {
        kind: 'image-tokens',
        tokens: data.images[info.name]!.subarray(scene * info.maxTokens, (scene + 1) * info.maxTokens),
      };
    case 'sequence':
      return { kind: 'sequence', tokens: data.texts[info.name]![scene]! };
    case 'sequence-embedding':
      return {
        kind: 'sequence-embedding',
        vectors: data.embeddings[info.name]![scene]!.length / info.embeddingDim!,
      };
  }
}

function modalityBatch(
  data: ToyboxTokens,
  scenes: readonly number[],
  info: ModalityInfo,
  parts: readonly MaskedModality[],
): ModalityBatch {
  const joined = joinMasked(parts);
  switch (info.kind) {
    case 'pixels':
      return { ...joined, pixels: pixels(data, scenes) };
    case 'sequence-embedding': {
      const rows = scenes.map((scene) => data.embeddings[info.name]![scene]!);
      return { ...joined, embeddings: embeddings(rows, parts, info.embeddingDim!) };
    }
    default:
      return joined;
  }
}

/** Masked samples of one modality below each other. */
function joinMasked(parts: readonly MaskedModality[]): ModalityBatch {
  const length = parts[0]!.inputMask.length;
  const batch = {
    ids: new Int32Array(parts.length * parts[0]!.ids.length),
    inputMask: new Uint8Array(parts.length * length),
    targetMask: new Uint8Array(parts.length * length),
    decoderAttentionMask: new Int32Array(parts.length * length),
  };
  parts.forEach((part, i) => {
    batch.ids.set(part.ids, i * part.ids.length);
    batch.inputMask.set(part.inputMask, i * length);
    batch.targetMask.set(part.targetMask, i * length);
    batch.decoderAttentionMask.set(part.decoderAttentionMask, i * length);
  });
  return batch;
}

/** The vectors that `ids` names, and zeros for masked spans and padding, [B, L, E]. */
function embeddings(
  rows: readonly Float32Array[],
  parts: readonly Pick<MaskedModality, 'ids'>[],
  width: number,
): Float32Array {
  const length = parts[0]!.ids.length;
  const values = new Float32Array(parts.length * length * width);
  parts.forEach(({ ids }, i) => {
    ids.forEach((row, at) => {
      if (row >= 0) values.set(rows[i]!.subarray(row * width, (row + 1) * width), (i * length + at) * width);
    });
  });
  return values;
}

/** Colours as -1…1, [B, C, H, W]. */
function pixels(data: ToyboxTokens, scenes: readonly number[]): Float32Array {
  const values = new Float32Array(scenes.length * 3 * PIXELS);
  scenes.forEach((scene, i) => {
    for (let p = 0; p < PIXELS; p++) {
      for (let c = 0; c < 3; c++) {
        values[(i * 3 + c) * PIXELS + p] = data.pixels[(scene * PIXELS + p) * 3 + c]! / 127.5 - 1;
      }
    }
  });
  return values;
}
