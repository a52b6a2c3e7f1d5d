import * as v from 'valibot';
import { CheckpointError, InvalidInputError } from '../../errors.js';
import { didYouMean } from '../../nearest-name.js';
import {
  count,
  decodingSettings,
  file,
  type PackageModality,
  packageModality,
  TOKENS_OF_KIND,
} from './package-modality.js';

export type * from './package-modality.js';

const pair = v.tuple([count, count]);

/** A name that is usable on the command line and as a file name. */
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

/** A subset of a modality's decoding settings, without unknown keys. */
const overrides = v.partial(v.strictObject(decodingSettings.entries));

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
  modalities: v.record(shortName, packageModality),
});

type Entries = v.InferOutput<typeof entries>;

/** Each modality of the API refers to existing modalities of the transformer, and its `chain` to modalities that can be generated. */
const schema = v.pipe(
  entries,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [name, modality] of Object.entries(dataset.value.modalities)) {
      const wrong = wrongKey(dataset.value, name, modality);
      if (!wrong) continue;
      const path = ['modalities', name, wrong.key].map((key) => ({ type: 'unknown', origin: 'value', key }) as never);
      addIssue({ message: wrong.message, path: path as [never, ...never[]] });
      return;
    }
  }),
);

/** The first key of a modality that contradicts the rest of the package. */
function wrongKey(
  { infos, modalities }: Entries,
  name: string,
  modality: PackageModality,
): { key: string; message: string } | undefined {
  const mismatch = (info: string, wanted: string) => {
    const found = infos.find((own) => own.name === info)?.kind;
    if (found === wanted) return undefined;
    return `'${info}' ${found ? `is of the kind ${found}` : 'is not among the infos'}; expected ${wanted}`;
  };
  const tokens = mismatch(modality.tokens, TOKENS_OF_KIND[modality.kind]);
  if (tokens) return { key: 'tokens', message: tokens };
  if ('pixels' in modality && modality.pixels !== undefined) {
    const pixels = mismatch(modality.pixels, 'pixels');
    if (pixels) return { key: 'pixels', message: pixels };
  }
  const isTarget = (other: string) => Object.hasOwn(modalities, other) && 'decoding' in modalities[other]!;
  const chain = 'chain' in modality ? (modality.chain ?? []) : [];
  const wrong = chain.find((other) => other === name || !isTarget(other));
  return wrong === undefined
    ? undefined
    : { key: 'chain', message: `'${wrong}' is the modality itself, or none that can be generated` };
}

/** `fourm.json`, which describes a folder of checkpoints as one model. File names are relative to the folder. */
export interface ModelPackage extends Omit<Entries, 'modalities'> {
  /** By short name. */
  readonly modalities: Readonly<Record<string, PackageModality>>;
}

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

/** @throws InvalidInputError for invalid overrides of the decoding settings of `name`, naming the key */
export function checkOverrides(name: string, settings: unknown): void {
  const { success, issues } = v.safeParse(overrides, settings);
  if (success) return;
  const key = v.getDotPath(issues[0]);
  const option = key === null ? `decoding.${name}` : `decoding.${name}.${key}`;
  if (key !== null && !Object.hasOwn(decodingSettings.entries, key.split('.')[0]!)) {
    const known = Object.keys(decodingSettings.entries);
    throw new InvalidInputError(`there is no option ${option}${didYouMean(key, known)}; known are ${known.join(', ')}`);
  }
  throw new InvalidInputError(`the option ${option}: ${issues[0].message}`);
}
