import type { MaskedModality } from '../../masking/masked.js';
import { type MaskingConfig, maskSample, type SampleModality } from '../../masking/masking.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { Random } from '../../random.js';
import type { Batch, ModalityBatch } from '../../transformer/batch.js';
import { TOYBOX_PATCH, TOYBOX_SIZE, type ToyboxImage } from '../modalities.js';
import type { ToyboxTokens } from './tokens.js';

const TOKENS = (TOYBOX_SIZE / TOYBOX_PATCH) ** 2;
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
    return [info.name, { ...joined(parts), ...(info.kind === 'pixels' ? pixels(data, scenes) : {}) }] as const;
  });
  return { size: scenes.length, modalities: Object.fromEntries(modalities) };
}

function sampleModality(data: ToyboxTokens, scene: number, info: ModalityInfo): SampleModality {
  switch (info.kind) {
    case 'pixels':
      return { kind: 'pixels' };
    case 'image-tokens': {
      const name = info.name.replace(/^tok_|@.*$/g, '') as ToyboxImage;
      return { kind: 'image-tokens', tokens: data.images[name].subarray(scene * TOKENS, (scene + 1) * TOKENS) };
    }
    default:
      return { kind: 'sequence', tokens: data.texts[info.name as 'caption' | 'det'][scene]! };
  }
}

/** Samples of one modality below each other. */
function joined(parts: readonly MaskedModality[]): Omit<ModalityBatch, 'pixels'> {
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

/** Colours as -1…1, [B, C, H, W]. */
function pixels(data: ToyboxTokens, scenes: readonly number[]): { pixels: Float32Array } {
  const values = new Float32Array(scenes.length * 3 * PIXELS);
  scenes.forEach((scene, i) => {
    for (let p = 0; p < PIXELS; p++) {
      for (let c = 0; c < 3; c++) {
        values[(i * 3 + c) * PIXELS + p] = data.pixels[(scene * PIXELS + p) * 3 + c]! / 127.5 - 1;
      }
    }
  });
  return { pixels: values };
}
