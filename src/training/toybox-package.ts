import type { DecodingSettings, ModelPackage, PackageModality } from '../api/package.js';
import { SHAPES } from '../toybox/constants.js';
import { TOYBOX_COORDINATE_BINS, TOYBOX_IMAGES, type ToyboxImage, toyboxModalities } from '../toybox/modalities.js';

/** Depth, normals and classes are nearly decided by the picture: a few steps, and always the likeliest token. */
const DENSE: DecodingSettings = { method: 'maskgit', steps: 4, temperature: 0 };
/** A picture from a caption is one of many: more steps, sampled, and pushed towards what was asked for. */
const PICTURE: DecodingSettings = { method: 'roar', steps: 16, temperature: 1, topP: 0.8, guidanceScale: 2 };
/** The likeliest word each time. */
const WORDS: DecodingSettings = { method: 'autoregressive', temperature: 0 };

/** What makes the toybox's checkpoints one model. @param vocabSize of its text tokenizer */
export function toyboxPackage(vocabSize: number): ModelPackage {
  const image = (name: ToyboxImage, decoding: DecodingSettings): PackageModality => ({
    kind: 'image',
    values: TOYBOX_IMAGES[name] as (PackageModality & { kind: 'image' })['values'],
    ...(name === 'rgb' && { pixels: 'rgb@64' }),
    tokens: `tok_${name}@64`,
    tokenizer: `tok_${name}.safetensors`,
    decoding,
  });
  return {
    format: 1,
    name: 'toybox',
    model: 'model.safetensors',
    text: 'text.json',
    infos: Object.values(toyboxModalities(vocabSize)),
    modalities: {
      rgb: image('rgb', PICTURE),
      depth: image('depth', DENSE),
      normal: image('normal', DENSE),
      semseg: image('semseg', DENSE),
      caption: { kind: 'text', tokens: 'caption', decoding: WORDS },
      det: { kind: 'detections', tokens: 'det', classes: [...SHAPES], bins: TOYBOX_COORDINATE_BINS, decoding: WORDS },
    },
  };
}
