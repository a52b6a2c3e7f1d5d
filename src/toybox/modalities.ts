/** The modalities of the toybox: 4M-21's, by their published names, at 64×64 pixels. */
import { InvalidInputError } from '../errors.js';
import type { ImageValues } from '../modalities/images.js';
import { type ModalityInfo, modalityId } from '../modalities/modality.js';
import { BODY_POSE_LENGTH } from '../modalities/people/skeleton.js';
import { didYouMean } from '../nearest-name.js';
import { MASK_SIZE } from './annotations/instances.js';
import { POSE_LEVELS } from './annotations/poses.js';
import { DEPTH_RANGE, SEMSEG_CLASSES, SEMSEG_PALETTE } from './constants.js';

/** Side in pixels of the pictures of the default model. */
export const TOYBOX_SIZE = 64;
/** Pixels a side of a patch. */
export const TOYBOX_PATCH = 8;
/** Codes of each image tokenizer. */
export const TOYBOX_CODEBOOK = 512;
/** Codes of the tokenizer of colours, which has more to distinguish. */
export const TOYBOX_RGB_CODEBOOK = 1024;
/** Bins of box coordinates: one a pixel. */
export const TOYBOX_COORDINATE_BINS = 64;

/** The longest text of each modality of words, in tokens without [EOS]. */
export const TOYBOX_TEXT_LENGTH = {
  caption: 48,
  det: 32,
  metadata: 40,
  color_palette: 23,
  human_poses: 80,
  sam_instance: 104,
} as const;

/** The image modalities by the names that users call them, with the meaning of their values. */
export const TOYBOX_IMAGES: Readonly<Record<'rgb' | 'depth' | 'normal' | 'semseg', ImageValues>> = {
  rgb: { kind: 'rgb' },
  depth: { kind: 'depth', near: DEPTH_RANGE[0], far: DEPTH_RANGE[1] },
  normal: { kind: 'normal' },
  semseg: { kind: 'classes', names: SEMSEG_CLASSES, palette: SEMSEG_PALETTE },
};

/** Name of an image modality of the toybox. */
export type ToyboxImage = keyof typeof TOYBOX_IMAGES;

/**
 * Tokens inside a text: body poses (8 of a Memcodes codebook of 1024 officially) and instance masks (a grid of 4×4, of 1024).
 * With at most 256 codes each is one word `v0=…` of the vocabulary.
 */
export const TOYBOX_POSE_TOKENS = { count: 8, codebook: 128, values: BODY_POSE_LENGTH } as const;
/** See {@link TOYBOX_POSE_TOKENS}. */
export const TOYBOX_MASK_TOKENS = { count: 16, codebook: 256, size: MASK_SIZE, patch: 16 } as const;

/** Tokens of a global embedding: 16 of Memcodes, as officially, of a codebook of 64 (officially 8192). */
export const TOYBOX_EMBEDDING_TOKENS = { count: 16, codebook: 64 } as const;

/** Length of the vectors of `t5_caption` (officially 4096). */
export const CAPTION_EMBEDDING_WIDTH = 64;

/** How the values of a modality become tokens, of the kind that 4M-21 uses for it. */
export type ToyboxTokenizer =
  /** Pixels enter as they are. */
  | { readonly kind: 'none' }
  /** VQ-VAE with a ViT encoder and decoder. */
  | { readonly kind: 'vit-vqvae'; readonly codebook: number }
  /** VQ-VAE with a ViT encoder and a diffusion decoder (officially of RGB, depth, normals and edges). */
  | { readonly kind: 'diffusion-vqvae'; readonly codebook: number }
  /** Bottleneck MLP with Memcodes. */
  | { readonly kind: 'mlp-memcodes'; readonly codebook: number }
  /** Text tokens. */
  | { readonly kind: 'word-piece' }
  /** Vectors of a text encoder, without tokens. */
  | { readonly kind: 'embeddings' };

/** How a modality is drawn for people to look at. */
export type ToyboxDrawing =
  | 'picture'
  | 'depth map'
  | 'normal map'
  | 'class map'
  | 'white edges on black'
  | 'first three principal components'
  | 'strip of values'
  | 'text'
  | 'boxes'
  | 'instances with outlines'
  | 'skeletons'
  | 'swatches'
  | 'table';

/** A modality of the toybox. */
export interface ToyboxModality {
  /** The name that users call it. */
  readonly name: string;
  /** The published name, at the toybox's size: the key of {@link toyboxModalities}. */
  readonly key: string;
  /** Whether the model takes it as input, and whether it generates it. */
  readonly directions: 'in' | 'in and out';
  readonly tokenizer: ToyboxTokenizer;
  /** The values: their shape, range and unit, or the string's format. */
  readonly values: string;
  /** The frozen network that computes it, or that the scene alone determines it. */
  readonly from: 'scene' | 'CLIP stand-in' | 'DINOv2 stand-in' | 'ImageBind stand-in' | 'T5 stand-in';
  readonly drawing: ToyboxDrawing;
}

const VQ = { kind: 'vit-vqvae', codebook: TOYBOX_CODEBOOK } as const;
const DIFFUSION = { kind: 'diffusion-vqvae', codebook: TOYBOX_RGB_CODEBOOK } as const;
const MEMCODES = { kind: 'mlp-memcodes', codebook: TOYBOX_EMBEDDING_TOKENS.codebook } as const;
const at = (key: string) => `${key}@${TOYBOX_SIZE}`;

const EDGES = '[64, 64, 1] 0 or 255, as -1…1';
const DEPTH = `[64, 64, 1] z-depth in metres, ${DEPTH_RANGE[0]}…${DEPTH_RANGE[1]} as -1…1`;
const PEOPLE = `human <box> pose <8 tokens> global <9> camera <3> shape <10> …, published ranges in ${POSE_LEVELS} levels; none`;

/**
 * All modalities of the published 4M-21 models, as the toybox has them: 19 keys. (The paper counts body poses and instance
 * masks, whose tokens are part of `human_poses` and `sam_instance` here, as modalities of their own.)
 */
export const TOYBOX_MODALITIES: readonly ToyboxModality[] = [
  {
    ...image('rgb', DIFFUSION, '[64, 64, 3] 8-bit sRGB, as -1…1', 'picture'),
    key: at('rgb'),
    directions: 'in',
    tokenizer: { kind: 'none' },
  },
  image('rgb', DIFFUSION, '[64, 64, 3] 8-bit sRGB, as -1…1', 'picture'),
  image('depth', VQ, DEPTH, 'depth map'),
  image('normal', VQ, '[64, 64, 3] unit vectors in camera space: x right, y up, z towards the camera', 'normal map'),
  image('semseg', VQ, `[64, 64, 1] class ids 0…${SEMSEG_CLASSES.length - 1}`, 'class map'),
  image('canny_edge', VQ, EDGES, 'white edges on black'),
  image('sam_edge', VQ, `${EDGES}; officially the tokenizer is that of canny_edge`, 'white edges on black'),
  ...(['clip', 'dinov2', 'imagebind'] as const).map((name) => ({
    ...image(name, VQ, '[8, 8, C] features of the patches', 'first three principal components'),
    from: standIn(name),
  })),
  ...(['dinov2', 'imagebind'] as const).map((name) => ({
    ...image(`${name}_global`, MEMCODES, '[C] embedding of the whole picture', 'strip of values'),
    key: `tok_${name}_global`,
    from: standIn(name),
  })),
  words('caption', 'plain English, lower case', 'text'),
  {
    ...words('t5_caption', '[N, C] embeddings of the words of the caption', 'strip of values'),
    directions: 'in',
    tokenizer: { kind: 'embeddings' },
    from: 'T5 stand-in',
  },
  words('det', `v0=<xmin> v1=<ymin> v2=<xmax> v3=<ymax> <class> …, ${TOYBOX_COORDINATE_BINS} bins`, 'boxes'),
  words('metadata', 'v1=<attribute> v0=<bin> …, published bins', 'table'),
  words('color_palette', 'v1=<count> v0=<red> v0=<green> v0=<blue> …, 0…255 in steps of 5', 'swatches'),
  words('human_poses', PEOPLE, 'skeletons'),
  words('sam_instance', 'point v0=<y> v1=<x> polygon <box> <16 tokens> …, pixels of 64×64', 'instances with outlines'),
];

function image(name: string, tokenizer: ToyboxTokenizer, values: string, drawing: ToyboxDrawing): ToyboxModality {
  return { name, key: at(`tok_${name}`), directions: 'in and out', tokenizer, values, from: 'scene', drawing };
}

function words(name: string, values: string, drawing: ToyboxDrawing): ToyboxModality {
  return {
    name,
    key: name,
    directions: 'in and out',
    tokenizer: { kind: 'word-piece' },
    values,
    from: 'scene',
    drawing,
  };
}

function standIn(name: 'clip' | 'dinov2' | 'imagebind'): ToyboxModality['from'] {
  return name === 'clip' ? 'CLIP stand-in' : name === 'dinov2' ? 'DINOv2 stand-in' : 'ImageBind stand-in';
}

/**
 * The modalities of the given names. `rgb` is two: the picture's tokens, and its pixels.
 *
 * @throws InvalidInputError for an unknown name
 */
export function toyboxModalitiesNamed(names: readonly string[]): ToyboxModality[] {
  const known = TOYBOX_MODALITIES.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidInputError(`the toybox has no modality '${unknown}'${didYouMean(unknown, known)}`);
  }
  return TOYBOX_MODALITIES.filter(({ name }) => names.includes(name));
}

/**
 * Modalities as the transformer sees them, by published name, in the order of its input: that of {@link TOYBOX_MODALITIES}.
 *
 * @param vocabSize  of the text tokenizer
 * @param modalities all if absent
 * @param codebooks  sizes of other codebooks than the toybox's, by published name
 */
export function toyboxModalities(
  vocabSize: number,
  modalities: readonly ToyboxModality[] = TOYBOX_MODALITIES,
  codebooks: Readonly<Record<string, number>> = {},
): Record<string, ModalityInfo> {
  return Object.fromEntries(
    modalities.map((modality) => [modality.key, modalityInfo(modality, vocabSize, codebooks[modality.key])]),
  );
}

/** Side of the grid that the model holds the tokens of a global embedding as. */
const GLOBAL_GRID = Math.sqrt(TOYBOX_EMBEDDING_TOKENS.count);

function modalityInfo({ key, tokenizer }: ToyboxModality, vocabSize: number, codebook?: number): ModalityInfo {
  const name = { name: key, id: modalityId(key) };
  const grid = (side: number) => ({
    maxTokens: side ** 2,
    inputSize: [TOYBOX_SIZE, TOYBOX_SIZE] as [number, number],
    patchSize: [TOYBOX_SIZE / side, TOYBOX_SIZE / side] as [number, number],
  });
  switch (tokenizer.kind) {
    case 'none':
      return { ...name, kind: 'pixels', channels: 3, ...grid(TOYBOX_SIZE / TOYBOX_PATCH) };
    case 'vit-vqvae':
    case 'diffusion-vqvae':
      return {
        ...name,
        kind: 'image-tokens',
        vocabSize: codebook ?? tokenizer.codebook,
        ...grid(TOYBOX_SIZE / TOYBOX_PATCH),
      };
    case 'mlp-memcodes':
      return {
        ...name,
        kind: 'image-tokens',
        vocabSize: codebook ?? tokenizer.codebook,
        ...grid(GLOBAL_GRID),
        learnedPositions: true,
      };
    case 'word-piece': {
      const maxTokens = TOYBOX_TEXT_LENGTH[key as keyof typeof TOYBOX_TEXT_LENGTH];
      return { ...name, kind: 'sequence', vocabSize, maxTokens, maxLength: maxTokens + 2 };
    }
    case 'embeddings':
      return {
        ...name,
        kind: 'sequence-embedding',
        maxTokens: TOYBOX_TEXT_LENGTH.caption,
        embeddingDim: CAPTION_EMBEDDING_WIDTH,
      };
  }
}
