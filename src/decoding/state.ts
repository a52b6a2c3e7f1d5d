/**
 * Input and masked tokens of each modality during generation. The state is a {@link Batch} whose arrays belong to the generation
 * and are modified as tokens are committed. (`init_empty_target_modality`, `init_full_input_modality`.)
 */
import type { SequenceVocabulary } from '../masking/masked.js';
import type { ModalityInfo } from '../modalities/modality.js';
import { type Batch, type ModalityBatch, patchCount } from '../transformer/batch.js';

/** Special tokens of a text vocabulary that generation needs. */
export type DecodingVocabulary = SequenceVocabulary;

/** An image modality with all tokens masked. */
export function emptyImageTarget(info: ModalityInfo, size: number): ModalityBatch {
  const count = size * patchCount(info);
  return {
    ids: new Int32Array(count),
    inputMask: new Uint8Array(count).fill(1),
    targetMask: new Uint8Array(count),
    decoderAttentionMask: new Int32Array(count),
  };
}

/**
 * A sequence that is one masked span: the input is `[S_1]`, the target goes from `[S_1]` to `[S_2]`.
 *
 * @param length of input and target together, at least 2
 */
export function emptySequenceTarget(
  size: number,
  length: number,
  { sentinelIds, padId }: DecodingVocabulary,
): ModalityBatch {
  const ids = new Int32Array(size * length).fill(padId);
  const inputMask = new Uint8Array(size * length).fill(1);
  for (let b = 0; b < size; b++) {
    ids.fill(sentinelIds[1]!, b * length, b * length + Math.min(2, length));
    if (length > 1) ids[(b + 1) * length - 1] = sentinelIds[2]!;
    inputMask[b * length] = 0;
  }
  return {
    ids,
    inputMask,
    targetMask: inputMask.map((masked) => 1 - masked),
    decoderAttentionMask: Int32Array.from(inputMask),
  };
}

/** An image modality with all tokens as input. */
export function fullImage(
  info: ModalityInfo,
  size: number,
  values: Pick<ModalityBatch, 'ids' | 'pixels'>,
): ModalityBatch {
  return { ...values, ...allInput(size * patchCount(info)) };
}

/**
 * Sequences with all tokens as input, padded to one length.
 *
 * @param sequences token ids, special tokens and [EOS] included
 * @param minLength minimum of the padded length
 */
export function fullSequence(
  sequences: readonly ArrayLike<number>[],
  { padId }: DecodingVocabulary,
  minLength = 1,
): ModalityBatch {
  const length = Math.max(minLength, ...sequences.map((sequence) => sequence.length));
  const ids = new Int32Array(sequences.length * length).fill(padId);
  const inputMask = new Uint8Array(sequences.length * length).fill(1);
  sequences.forEach((sequence, b) => {
    ids.set(sequence, b * length);
    inputMask.fill(0, b * length, b * length + sequence.length);
  });
  return { ...allInput(ids.length), ids, inputMask };
}

/** Embeddings of another text encoder as input. @param embeddings [B, L, E] @param valid 0 for padding, else 1, [B, L] */
export function fullEmbeddings(embeddings: Float32Array, valid: Uint8Array): ModalityBatch {
  return { ...allInput(valid.length), embeddings, inputMask: valid.map((v) => 1 - v) };
}

function allInput(count: number): ModalityBatch {
  return {
    inputMask: new Uint8Array(count),
    targetMask: new Uint8Array(count).fill(1),
    decoderAttentionMask: new Int32Array(count),
  };
}

/**
 * The same samples without the given conditions: images have no input, sequences are a single `[S_1]`, embedding sequences a
 * single zero vector. Input of the unconditional pass of guidance.
 */
export function unconditionalBatch(
  batch: Batch,
  conditions: readonly string[],
  infos: Readonly<Record<string, ModalityInfo>>,
  vocabulary: DecodingVocabulary,
): Batch {
  const modalities = { ...batch.modalities };
  for (const name of conditions) {
    const modality = modalities[name];
    if (modality) modalities[name] = withoutInput(modality, infos[name]!, batch.size, vocabulary);
  }
  return { size: batch.size, modalities };
}

function withoutInput(
  modality: ModalityBatch,
  info: ModalityInfo,
  size: number,
  vocabulary: DecodingVocabulary,
): ModalityBatch {
  const length = modality.inputMask.length / size;
  const nothing = { ...allInput(size * length), inputMask: new Uint8Array(size * length).fill(1) };
  switch (info.kind) {
    case 'sequence':
      return emptySequenceTarget(size, length, vocabulary);
    case 'sequence-embedding':
      for (let b = 0; b < size; b++) nothing.inputMask[b * length] = 0;
      return { ...nothing, embeddings: new Float32Array(modality.embeddings!.length) };
    default:
      return { ...modality, ...nothing, targetMask: new Uint8Array(size * length) };
  }
}

/** One sample of a batch, as views of its arrays. */
export function sliceBatch({ size, modalities }: Batch, sample: number): Batch {
  const own = <T extends { length: number; subarray(start: number, end: number): T }>(values: T): T => {
    const each = values.length / size;
    return values.subarray(sample * each, (sample + 1) * each);
  };
  const parts = Object.entries(modalities).map(([name, { ids, pixels, embeddings, ...masks }]) => {
    const part: ModalityBatch = {
      ...(ids && { ids: own(ids) }),
      ...(pixels && { pixels: own(pixels) }),
      ...(embeddings && { embeddings: own(embeddings) }),
      inputMask: own(masks.inputMask),
      targetMask: own(masks.targetMask),
      decoderAttentionMask: own(masks.decoderAttentionMask),
    };
    return [name, part] as const;
  });
  return { size: 1, modalities: Object.fromEntries(parts) };
}

/**
 * Concatenates batches. Modalities that a batch lacks, and the ends of shorter sequences, are neither input nor target.
 */
export function concatBatches(batches: readonly Batch[]): Batch {
  if (batches.length === 1) return batches[0]!;
  const names = new Set(batches.flatMap(({ modalities }) => Object.keys(modalities)));
  return {
    size: batches.reduce((sum, { size }) => sum + size, 0),
    modalities: Object.fromEntries(Array.from(names, (name) => [name, concatModality(batches, name)])),
  };
}

function concatModality(batches: readonly Batch[], name: string): ModalityBatch {
  /** Missing rows and ends of rows are filled with `empty`. */
  const joined = <K extends keyof ModalityBatch>(key: K, empty: number): NonNullable<ModalityBatch[K]> => {
    const perRow = batches.map(({ size, modalities }) => (modalities[name]?.[key]?.length ?? 0) / size);
    const width = Math.max(...perRow);
    const some = batches.find(({ modalities }) => modalities[name]?.[key])!.modalities[name]![key]!;
    const rows = batches.reduce((sum, { size }) => sum + size, 0);
    const all = new (some.constructor as new (length: number) => typeof some)(rows * width).fill(empty);
    let row = 0;
    batches.forEach(({ size, modalities }, i) => {
      const values = modalities[name]?.[key];
      for (let b = 0; b < size; b++, row++) {
        if (values) all.set(values.subarray(b * perRow[i]!, (b + 1) * perRow[i]!), row * width);
      }
    });
    return all as NonNullable<ModalityBatch[K]>;
  };
  const has = (key: keyof ModalityBatch) => batches.some(({ modalities }) => modalities[name]?.[key]);
  return {
    ...(has('ids') && { ids: joined('ids', 0) }),
    ...(has('pixels') && { pixels: joined('pixels', 0) }),
    ...(has('embeddings') && { embeddings: joined('embeddings', 0) }),
    inputMask: joined('inputMask', 1),
    targetMask: joined('targetMask', 1),
    decoderAttentionMask: joined('decoderAttentionMask', 0),
  };
}
