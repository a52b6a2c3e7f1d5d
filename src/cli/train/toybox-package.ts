import type { DecodingSettings, ModelPackage } from '../../api/package.js';
import { SHAPES } from '../../toybox/constants.js';
import {
  TOYBOX_COORDINATE_BINS,
  TOYBOX_IMAGES,
  TOYBOX_SIZE,
  type ToyboxImage,
  toyboxModalities,
} from '../../toybox/modalities.js';

/** Maps follow from the picture: the likeliest token everywhere, all at once. More steps give slightly worse figures. */
const MAP: DecodingSettings = { method: 'maskgit', steps: 1, temperature: 0 };
/** Pictures do not follow from a text: chance fills them in, and guidance keeps it to the text. */
const PICTURE: DecodingSettings = { method: 'roar', steps: 16, temperature: 1, topP: 0.9, guidanceScale: 3 };
/** What is where, from a text alone: as much is left open as of a picture, which is then painted over it. */
const LAYOUT: DecodingSettings = { method: 'roar', steps: 16, temperature: 1, topP: 0.8, guidanceScale: 3 };
/** The likeliest word each time. */
const WORDS: DecodingSettings = { method: 'autoregressive', temperature: 0 };

/** The file of a modality's tokenizer in the exported folder. */
export function tokenizerFile(modality: ToyboxImage): string {
  return `tok_${modality}.safetensors`;
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
      ...(name === 'rgb' && { through: ['semseg'] }),
      ...(name === 'semseg' && { fromText: LAYOUT }),
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
        classes: [...SHAPES],
        bins: TOYBOX_COORDINATE_BINS,
        decoding: WORDS,
      },
    },
  };
}
