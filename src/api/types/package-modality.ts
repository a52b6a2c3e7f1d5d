/** Schema of the API's modalities in `fourm.json`. */
import * as v from 'valibot';
import type { ImageValues } from '../../modalities/images.js';
import { MAX_SIZE } from '../../nn/limits.js';

/** An integer of at least 1. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SIZE));
const finite = v.pipe(v.number(), v.finite());
const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

/** A relative path of a file in the folder of `fourm.json` or below. */
export const file = v.pipe(v.string(), v.regex(/^(?!.*\.\.)[\w@-][\w@.-]*(?:\/[\w@-][\w@.-]*)*$/));

const imageValues = v.variant('kind', [
  v.object({ kind: v.literal('rgb') }),
  v.pipe(
    v.object({ kind: v.literal('depth'), near: finite, far: finite }),
    v.check(
      ({ near, far }) => near >= 0 && near < far,
      ({ input: { near, far } }) =>
        `depth runs from "near" to "far", in metres: 0 <= near < far, not ${near} and ${far}`,
    ),
  ),
  v.object({ kind: v.literal('normal') }),
  v.object({
    kind: v.literal('classes'),
    names: v.array(v.string()),
    palette: v.array(v.tuple([byte, byte, byte])),
  }),
  v.object({ kind: v.literal('edges') }),
]);

export const decodingSettings = v.object({
  method: v.picklist(['maskgit', 'roar', 'autoregressive']),
  steps: v.optional(count),
  schedule: v.optional(v.picklist(['cosine', 'linear'])),
  temperature: v.pipe(finite, v.minValue(0)),
  temperatureSchedule: v.optional(
    v.union([v.picklist(['constant', 'linear']), v.object({ lowest: v.number(), power: v.number() })]),
  ),
  topP: v.optional(v.pipe(v.number(), v.gtValue(0, 'top-p is above 0, and 1 at most'), v.maxValue(1))),
  topK: v.optional(v.pipe(finite, v.gtValue(0))),
  guidanceScale: v.optional(finite),
});

/**
 * How a target is decoded.
 *
 * @interface
 */
export type DecodingSettings = v.InferOutput<typeof decodingSettings>;

/** A modality of a package that can be generated. */
export interface PackageTarget {
  /** The transformer's modality of its tokens. */
  readonly tokens: string;
  readonly decoding: DecodingSettings;
  /** How it is decoded if no image is given. */
  readonly decodingFromText?: DecodingSettings | undefined;
  /** Modalities that are generated first if no image is given, in this order; those that are given are left out. */
  readonly chain?: readonly string[] | undefined;
}

/** A modality of a package whose tokens are those of a tokenizer. */
export interface PackageTokens extends PackageTarget {
  /** Checkpoint of the tokenizer; several modalities may share one. */
  readonly tokenizer: string;
}

/** Pictures or maps of a package. */
export interface PackageImage extends PackageTokens {
  readonly kind: 'image';
  readonly values: ImageValues;
  /** The transformer's modality of its pixels, if any. */
  readonly pixels?: string | undefined;
  /** Steps of a diffusion decoder. */
  readonly diffusionSteps?: number | undefined;
}

/** Vectors of a network for each patch of an image (`features`), or for the whole image (`embedding`). */
export interface PackageFeatures extends PackageTokens {
  readonly kind: 'features' | 'embedding';
  /** Checkpoint of the network that computes them from an image. */
  readonly network?: string | undefined;
}

/** Texts of a package, and values that are written as text. */
export interface PackageText extends PackageTarget {
  readonly kind: 'text' | 'metadata' | 'palette';
}

/** Boxes with class names. */
export interface PackageDetections extends PackageTarget {
  readonly kind: 'detections';
  readonly classes: readonly string[];
  /** Number of steps of a coordinate. */
  readonly bins: number;
}

/** People, by the parameters of the SMPL body model. */
export interface PackagePoses extends PackageTarget {
  readonly kind: 'poses';
  /** Checkpoint of the tokenizer of body poses, 8 tokens each. */
  readonly tokenizer?: string | undefined;
}

/** Objects without names: boxes, and masks. */
export interface PackageInstances extends PackageTarget {
  readonly kind: 'instances';
  /** Checkpoint of the tokenizer of masks, 16 tokens each. */
  readonly tokenizer?: string | undefined;
  /** Values of that tokenizer: reads 0 and 1 and returns logits (if absent), as published; or -1 and 1 both ways. */
  readonly maskValues?: 'logits' | 'symmetric' | undefined;
  /** Side in pixels of the picture that boxes and points are in; 224 if absent, as published. */
  readonly size?: number | undefined;
}

/** Vectors of another text encoder; input only. */
export interface PackageEmbeddings {
  readonly kind: 'embeddings';
  /** The transformer's modality of the vectors. */
  readonly tokens: string;
  /** Checkpoint of the network that computes them from a text. */
  readonly network?: string | undefined;
}

/** A modality of the API in `fourm.json`. */
export type PackageModality =
  | PackageImage
  | PackageFeatures
  | PackageText
  | PackageDetections
  | PackagePoses
  | PackageInstances
  | PackageEmbeddings;

const words = {
  tokens: v.string(),
  decoding: decodingSettings,
  decodingFromText: v.optional(decodingSettings),
  chain: v.optional(v.array(v.string())),
};
const coded = { ...words, tokenizer: file };

export const packageModality = v.variant('kind', [
  v.object({
    kind: v.literal('image'),
    values: imageValues,
    pixels: v.optional(v.string()),
    diffusionSteps: v.optional(count),
    ...coded,
  }),
  v.object({ kind: v.literal('features'), network: v.optional(file), ...coded }),
  v.object({ kind: v.literal('embedding'), network: v.optional(file), ...coded }),
  v.object({ kind: v.literal('text'), ...words }),
  v.object({ kind: v.literal('detections'), classes: v.array(v.string()), bins: count, ...words }),
  v.object({ kind: v.literal('metadata'), ...words }),
  v.object({ kind: v.literal('palette'), ...words }),
  v.object({ kind: v.literal('poses'), tokenizer: v.optional(file), ...words }),
  v.object({
    kind: v.literal('instances'),
    tokenizer: v.optional(file),
    maskValues: v.optional(v.picklist(['logits', 'symmetric'])),
    size: v.optional(count),
    ...words,
  }),
  v.object({ kind: v.literal('embeddings'), tokens: v.string(), network: v.optional(file) }),
]) satisfies v.GenericSchema<unknown, PackageModality>;

/** For each kind, the kinds of the transformer's modality that its tokens may have. */
export const TOKENS_OF_KIND = {
  image: 'image-tokens',
  features: 'image-tokens',
  embedding: 'image-tokens',
  text: 'sequence',
  detections: 'sequence',
  metadata: 'sequence',
  palette: 'sequence',
  poses: 'sequence',
  instances: 'sequence',
  embeddings: 'sequence-embedding',
} as const satisfies Record<PackageModality['kind'], string>;
