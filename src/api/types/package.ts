import * as v from 'valibot';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { MAX_SIZE } from '../../nn/limits.js';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_SIZE));
const finite = v.pipe(v.number(), v.finite());
const pair = v.tuple([count, count]);
const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

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
]);

/** A file beside `fourm.json` or below: no address, and no way up. */
const file = v.pipe(v.string(), v.regex(/^(?!.*\.\.)[\w@-][\w@.-]*(?:\/[\w@-][\w@.-]*)*$/));

/** A name that can be typed, and be that of a file. */
const shortName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z][\w@-]*$/,
    'the name of a modality has letters, digits, "_", "-" and "@", and begins with a letter',
  ),
);

/** Required properties of a modality, by kind. */
const NEEDED = {
  pixels: ['inputSize', 'patchSize', 'channels'],
  'image-tokens': ['vocabSize', 'inputSize', 'patchSize'],
  sequence: ['vocabSize'],
  'sequence-embedding': ['embeddingDim'],
} as const;

const infoEntries = v.object({
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

const modalityInfo = v.pipe(
  infoEntries,
  v.check(
    (info) => NEEDED[info.kind].every((key) => info[key] !== undefined),
    ({ input: { kind } }) => `a modality of kind ${kind} needs ${NEEDED[kind].join(', ')}`,
  ),
);

const decoding = v.object({
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

/** Some of a modality's settings, and nothing else. */
const overrides = v.partial(v.strictObject(decoding.entries));

const media = v.variant('kind', [
  v.object({
    kind: v.literal('image'),
    values: imageValues,
    // The model's modality that takes this one's pixels, where there is one.
    pixels: v.optional(v.string()),
    // The model's modality of its tokens, and the checkpoint of their tokenizer.
    tokens: v.string(),
    tokenizer: file,
    // Of a diffusion decoder: how many steps it takes.
    diffusionSteps: v.optional(count),
    decoding,
    // Where no image is given: how it is decoded then, and which other images are generated first, in this order.
    decodingFromText: v.optional(decoding),
    chain: v.optional(v.array(v.string())),
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

const entries = v.object({
  format: v.literal(1),
  name: v.string(),
  // Checkpoint of the transformer, its config in the metadata.
  model: file,
  // Text tokenizer, in the Hugging Face format.
  text: file,
  // The transformer's modalities, by published name, in the order of its input.
  infos: v.pipe(
    v.array(modalityInfo),
    v.check((infos) => new Set(infos.map(({ name }) => name)).size === infos.length, 'a modality is named twice'),
  ),
  // The modalities of the API, by short name.
  modalities: v.record(shortName, media),
});

/** Every modality that users see is made of modalities of the transformer. */
const schema = v.pipe(
  entries,
  v.check(
    ({ infos, modalities }) =>
      Object.values(modalities).every((modality) => {
        const kindOf = (name: string) => infos.find((info) => info.name === name)?.kind;
        const isImage = modality.kind === 'image';
        const hasPixels = !isImage || modality.pixels === undefined || kindOf(modality.pixels) === 'pixels';
        return hasPixels && kindOf(modality.tokens) === (isImage ? 'image-tokens' : 'sequence');
      }),
    'the pixels or tokens of one of the modalities are not among the infos, or of another kind',
  ),
  v.check(
    ({ modalities }) =>
      Object.entries(modalities).every(([name, modality]) => {
        const chain = modality.kind === 'image' ? (modality.chain ?? []) : [];
        return chain.every((other) => {
          return other !== name && Object.hasOwn(modalities, other) && modalities[other]!.kind === 'image';
        });
      }),
    'the "chain" of a modality names itself or something that is not an image',
  ),
);

/** `fourm.json`: what a folder of checkpoints is as a whole. File names are relative to it. */
export type ModelPackage = v.InferOutput<typeof schema>;
/** A modality as users see it. */
export type PackageModality = v.InferOutput<typeof media>;
/**
 * How a target is decoded.
 *
 * @interface
 */
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

/** @throws InvalidInputError for what does not override settings of the modality `name`, naming the key */
export function checkOverrides(name: string, settings: unknown): void {
  const { success, issues } = v.safeParse(overrides, settings);
  if (success) return;
  throw new InvalidInputError(
    `how '${name}' is to be decoded, "${v.getDotPath(issues[0]) ?? ''}": ${issues[0].message}`,
  );
}
