/** The modalities of the toybox as the default model knows them: the published names, at 64×64 pixels. */
import type { ImageValues } from '../modalities/images.js';
import { type ModalityInfo, modalityId } from '../modalities/modality.js';
import { DEPTH_RANGE, SEMSEG_CLASSES, SEMSEG_PALETTE } from './constants.js';

/** Pixels a side of the pictures that the default model sees. */
export const TOYBOX_SIZE = 64;
/** Pixels a side of a patch. */
export const TOYBOX_PATCH = 8;
/** Codes of each image tokenizer. */
export const TOYBOX_CODEBOOK = 512;
/** The longest caption and the longest list of boxes, in tokens. */
export const TOYBOX_TEXT_LENGTH = { caption: 48, det: 32 } as const;
/** Steps that box coordinates are told apart by: one a pixel. */
export const TOYBOX_COORDINATE_BINS = 64;

/** The image modalities by the names that users call them, with what their values mean. */
export const TOYBOX_IMAGES: Readonly<Record<'rgb' | 'depth' | 'normal' | 'semseg', ImageValues>> = {
  rgb: { kind: 'rgb' },
  depth: { kind: 'depth', near: DEPTH_RANGE[0], far: DEPTH_RANGE[1] },
  normal: { kind: 'normal' },
  semseg: { kind: 'classes', names: SEMSEG_CLASSES, palette: SEMSEG_PALETTE },
};

/** Name of an image modality of the toybox. */
export type ToyboxImage = keyof typeof TOYBOX_IMAGES;

/**
 * The modalities as the transformer sees them, by published name, in the order of its input.
 *
 * @param vocabSize of the text tokenizer
 */
export function toyboxModalities(vocabSize: number): Record<string, ModalityInfo> {
  const maxTokens = (TOYBOX_SIZE / TOYBOX_PATCH) ** 2;
  const inputSize: [number, number] = [TOYBOX_SIZE, TOYBOX_SIZE];
  const patchSize: [number, number] = [TOYBOX_PATCH, TOYBOX_PATCH];
  const named = (name: string, info: Omit<ModalityInfo, 'name' | 'id'>) => ({ name, id: modalityId(name), ...info });
  const infos: ModalityInfo[] = [
    named('rgb@64', { kind: 'pixels', channels: 3, maxTokens, inputSize, patchSize }),
    ...Object.keys(TOYBOX_IMAGES).map((image) =>
      named(`tok_${image}@64`, { kind: 'image-tokens', vocabSize: TOYBOX_CODEBOOK, maxTokens, inputSize, patchSize }),
    ),
    ...Object.entries(TOYBOX_TEXT_LENGTH).map(([name, length]) =>
      named(name, { kind: 'sequence', vocabSize, maxTokens: length, maxLength: length + 2 }),
    ),
  ];
  return Object.fromEntries(infos.map((info) => [info.name, info]));
}
