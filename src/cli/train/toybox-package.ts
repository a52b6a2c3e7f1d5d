import type { DecodingSettings, ModelPackage } from '../../api/types/package.js';
import { OBJECT_CLASSES } from '../../toybox/constants.js';
import {
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_SIZE,
  type ToyboxImage,
  toyboxModalities,
} from '../../toybox/modalities.js';
import type { ToyboxTokenizerName } from '../../toybox/names.js';

/** Maps follow from the picture: the likeliest token everywhere, all at once. More steps give slightly worse figures. */
const MAP: DecodingSettings = { method: 'maskgit', steps: 1, temperature: 0 };
/** A caption leaves a picture open: tokens are sampled, with guidance by the caption. */
const PICTURE: DecodingSettings = { method: 'roar', steps: 32, temperature: 0.5, topP: 0.9, guidanceScale: 1.5 };
/** The class map generated from a caption, before the picture: one token a step, the most confident first, so that objects stay whole. */
const LAYOUT: DecodingSettings = { method: 'maskgit', steps: 64, temperature: 0.7, topP: 0.9, guidanceScale: 2 };
/** The likeliest word each time. */
const WORDS: DecodingSettings = { method: 'autoregressive', temperature: 0 };

/** A decoder that predicts the clean image needs few steps. */
const DIFFUSION_STEPS = 8;

/** The file of a tokenizer in the exported folder. */
export function tokenizerFile(name: ToyboxTokenizerName): string {
  return `tok_${name}.safetensors`;
}

/** File names of the transformer and of the text tokenizer in the exported folder. */
export const MODEL_FILE = 'model.safetensors';
export const TEXT_FILE = 'text.json';

/** `fourm.json` of the toybox model. */
export function toyboxPackage(vocabSize: number): ModelPackage {
  const images = Object.entries(TOYBOX_IMAGES).map(([name, values]) => [
    name,
    {
      kind: 'image' as const,
      values,
      ...(name === 'rgb' ? { pixels: `rgb@${TOYBOX_SIZE}` } : {}),
      tokens: `tok_${name}@${TOYBOX_SIZE}`,
      tokenizer: tokenizerFile(name as ToyboxImage),
      decoding: name === 'rgb' ? PICTURE : MAP,
      ...(name === 'rgb' && { chain: ['semseg'], diffusionSteps: DIFFUSION_STEPS }),
      ...(name === 'semseg' && { decodingFromText: LAYOUT }),
    },
  ]);
  return {
    format: 1,
    name: 'toybox',
    model: MODEL_FILE,
    text: TEXT_FILE,
    infos: Object.values(toyboxModalities(vocabSize)),
    modalities: {
      ...Object.fromEntries(images),
      caption: { kind: 'text', tokens: 'caption', decoding: WORDS },
      det: {
        kind: 'detections',
        tokens: 'det',
        classes: [...OBJECT_CLASSES],
        bins: TOYBOX_COORDINATE_BINS,
        decoding: WORDS,
      },
    },
  };
}
