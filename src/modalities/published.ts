/** The modalities of the published models 4M-7 and 4M-21. (`MODALITY_INFO` officially.) */
import { type ModalityInfo, modalityId } from './modality.js';

/** Words of the published text tokenizer; all text modalities share it. */
const WORDS = 30_000;

/** Pixels on a side of a picture, and of the patch that becomes a token. */
type Sizes = readonly [image: number, patch: number];

/** Every modality that a published model reads or predicts, by published name. */
export const publishedModalities: Readonly<Record<string, ModalityInfo>> = Object.fromEntries(
  [
    ...[224, 448].flatMap((size) => [
      image(`rgb@${size}`, [size, 16], { kind: 'pixels', channels: 3 }),
      imageTokens(`tok_rgb@${size}`, 16384, [size, 16]),
      imageTokens(`tok_depth@${size}`, 8192, [size, 16]),
      imageTokens(`tok_normal@${size}`, 8192, [size, 16]),
      imageTokens(`tok_semseg@${size}`, 4096, [size, 16]),
      imageTokens(`tok_clip@${size}`, 8192, [size, 16]),
    ]),
    imageTokens('tok_canny_edge@224', 8192, [224, 16]),
    imageTokens('tok_sam_edge@224', 8192, [224, 16]),
    imageTokens('tok_dinov2@224', 8192, [224, 14]),
    imageTokens('tok_imagebind@224', 8192, [224, 14]),
    // One vector for a whole picture becomes 16 tokens, which the official models hold as a grid of 4×4.
    { ...imageTokens('tok_dinov2_global', 8192, [224, 56]), learnedPositions: true },
    { ...imageTokens('tok_imagebind_global', 8192, [224, 56]), learnedPositions: true },
    text('caption', 256),
    text('det', 256),
    text('metadata', 40),
    text('color_palette', 23),
    text('sam_instance', 290),
    text('human_poses', 275, 263),
    named('t5_caption', { kind: 'sequence-embedding', maxTokens: 77, embeddingDim: 4096 }),
  ].map((info) => [info.name, info]),
);

/** Inputs of the published tokenizers: channels per pixel, and the number of classes of class maps. */
export const publishedTokenizerInputs: Readonly<
  Record<string, { readonly channels: number; readonly classes?: number }>
> = {
  rgb: { channels: 3 },
  depth: { channels: 1 },
  normal: { channels: 3 },
  // Classes of COCO and "nothing", each looked up in a table of vectors of 64.
  semseg_coco: { channels: 64, classes: 134 },
  canny_edge: { channels: 1 },
  sam_mask: { channels: 1 },
  human_poses: { channels: 207 },
  'CLIP-B16': { channels: 512 },
  'DINOv2-B14': { channels: 768 },
  'DINOv2-B14-global': { channels: 768 },
  'ImageBind-H14': { channels: 1280 },
  'ImageBind-H14-global': { channels: 1280 },
};

function named(name: string, info: Omit<ModalityInfo, 'name' | 'id'>): ModalityInfo {
  return { name, id: modalityId(name), ...info };
}

function image(name: string, [size, patch]: Sizes, info: Pick<ModalityInfo, 'kind' | 'channels' | 'vocabSize'>) {
  return named(name, {
    ...info,
    inputSize: [size, size],
    patchSize: [patch, patch],
    maxTokens: (size / patch) ** 2,
  });
}

function imageTokens(name: string, vocabSize: number, sizes: Sizes): ModalityInfo {
  return image(name, sizes, { kind: 'image-tokens', vocabSize });
}

function text(name: string, maxTokens: number, maxLength = maxTokens): ModalityInfo {
  return named(name, { kind: 'sequence', vocabSize: WORDS, maxTokens, maxLength });
}
