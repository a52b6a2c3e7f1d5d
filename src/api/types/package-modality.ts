/** Schema of the API's modalities in `fourm.json`. */
import * as v from 'valibot';
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

/** How a target is decoded. */
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

/** Properties of every modality with a tokenizer. */
const coded = {
  // The model's modality of its tokens, and the checkpoint of their tokenizer; several modalities may share one.
  tokens: v.string(),
  tokenizer: file,
  decoding: decodingSettings,
  // Where no image is given: how it is decoded then, and which other modalities are generated first, in this order.
  decodingFromText: v.optional(decodingSettings),
  chain: v.optional(v.array(v.string())),
};

/** Properties of every text modality. */
const words = { tokens: v.string(), decoding: decodingSettings };

/** A modality of a package. */
export const packageModality = v.variant('kind', [
  v.object({
    kind: v.literal('image'),
    values: imageValues,
    // The model's modality that takes this one's pixels, where there is one.
    pixels: v.optional(v.string()),
    // Of a diffusion decoder: how many steps it takes.
    diffusionSteps: v.optional(count),
    ...coded,
  }),
  // Vectors of another network for each patch of an image, and for the whole of it; `network` computes them from an image.
  v.object({ kind: v.literal('features'), network: v.optional(file), ...coded }),
  v.object({ kind: v.literal('embedding'), network: v.optional(file), ...coded }),
  v.object({ kind: v.literal('text'), ...words }),
  v.object({ kind: v.literal('detections'), classes: v.array(v.string()), bins: count, ...words }),
  v.object({ kind: v.literal('metadata'), ...words }),
  v.object({ kind: v.literal('palette'), ...words }),
  // `tokenizer` makes the 8 tokens of a body pose, where the package has it.
  v.object({ kind: v.literal('poses'), tokenizer: v.optional(file), ...words }),
  v.object({
    kind: v.literal('instances'),
    // Makes the 16 tokens of a mask, where the package has it.
    tokenizer: v.optional(file),
    // Values of that tokenizer: reads 0 and 1 and returns logits, as published; or -1 and 1 both ways.
    maskValues: v.optional(v.picklist(['logits', 'symmetric'])),
    // Pixels a side of the picture that boxes and points are in; 224 as published.
    size: v.optional(count),
    ...words,
  }),
  // Vectors of another text encoder, which are input only; `network` computes them from a text.
  v.object({ kind: v.literal('embeddings'), tokens: v.string(), network: v.optional(file) }),
]);

/** A modality of the API. */
export type PackageModality = v.InferOutput<typeof packageModality>;

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
