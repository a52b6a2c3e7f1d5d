import * as v from 'valibot';
import { CheckpointError } from '../errors.js';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const pair = v.tuple([count, count]);
const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

const imageValues = v.variant('kind', [
  v.object({ kind: v.literal('rgb') }),
  v.object({ kind: v.literal('depth'), near: v.number(), far: v.number() }),
  v.object({ kind: v.literal('normal') }),
  v.object({
    kind: v.literal('classes'),
    names: v.array(v.string()),
    palette: v.array(v.tuple([byte, byte, byte])),
  }),
]);

const modalityInfo = v.object({
  name: v.string(),
  id: v.pipe(v.number(), v.integer()),
  kind: v.picklist(['pixels', 'image-tokens', 'sequence', 'sequence-embedding']),
  vocabSize: v.optional(count),
  maxTokens: count,
  inputSize: v.optional(pair),
  patchSize: v.optional(pair),
  channels: v.optional(count),
  maxLength: v.optional(count),
  embeddingDim: v.optional(count),
  learnedPositions: v.optional(v.boolean()),
});

const decoding = v.object({
  method: v.picklist(['maskgit', 'roar', 'autoregressive']),
  steps: v.optional(count),
  temperature: v.pipe(v.number(), v.minValue(0)),
  topP: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  topK: v.optional(v.number()),
  guidanceScale: v.optional(v.number()),
});

const media = v.variant('kind', [
  v.object({
    kind: v.literal('image'),
    values: imageValues,
    // The model's modality that takes this one's pixels, where there is one.
    pixels: v.optional(v.string()),
    // The model's modality of its tokens, and the checkpoint of their tokenizer.
    tokens: v.string(),
    tokenizer: v.string(),
    decoding,
  }),
  v.object({ kind: v.literal('text'), tokens: v.string(), decoding }),
  v.object({
    kind: v.literal('detections'),
    tokens: v.string(),
    classes: v.array(v.string()),
    bins: count,
    decoding,
  }),
]);

const schema = v.object({
  format: v.literal(1),
  name: v.string(),
  // Checkpoint of the transformer, its config in the metadata.
  model: v.string(),
  // Text tokenizer, in the Hugging Face format.
  text: v.string(),
  // What the transformer knows, by published name, in the order of its input.
  infos: v.array(modalityInfo),
  // What users see, by short name.
  modalities: v.record(v.string(), media),
});

/** `fourm.json`: what a folder of checkpoints is as a whole. File names are relative to it. */
export type ModelPackage = v.InferOutput<typeof schema>;
/** A modality as users see it. */
export type PackageModality = v.InferOutput<typeof media>;
/** How a target is decoded. */
export type DecodingSettings = v.InferOutput<typeof decoding>;

/** @throws CheckpointError naming the key that is wrong */
export function parseModelPackage(json: string, file: string): ModelPackage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new CheckpointError(`${file} is not JSON`);
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new CheckpointError(`${file}, "${v.getDotPath(issue) ?? ''}": ${issue.message}`);
}
