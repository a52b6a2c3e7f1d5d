import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import type { ByteSource } from '../../../../src/checkpoints/byte-source.js';
import { fileSource } from '../../../../src/checkpoints/file-source.js';
import { parseConfig } from '../../../../src/checkpoints/metadata.js';
import { openSafetensors } from '../../../../src/checkpoints/safetensors.js';
import { predictLogits } from '../../../../src/decoding/image-tokens.js';
import { SequenceDecoder } from '../../../../src/decoding/sequence-decoder.js';
import { emptyImageTarget, emptySequenceTarget, fullImage } from '../../../../src/decoding/state.js';
import { InvalidInputError } from '../../../../src/errors.js';
import type { ModalityInfo } from '../../../../src/modalities/modality.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { argmax } from '../../../../src/numeric.js';
import type { Batch, ModalityBatch } from '../../../../src/transformer/batch.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { encode, selectEncoderInputs } from '../../../../src/transformer/forward.js';
import { buildFourM, type FourM } from '../../../../src/transformer/model.js';
import { ensureLoaded, withLazyWeights } from '../../../../src/transformer/task-weights.js';
import type { ConformanceCase } from '../../../harness/case.js';
import type { Comparison } from '../../../harness/comparison.js';
import { type CheckpointManifest, randomCheckpoint } from '../../../harness/random-checkpoint.js';
import { optionsOf } from '../options.js';
import { VOCABULARY } from './recorded-draws.js';

const dtypes = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** What a case of this kind says besides. */
const schema = v.object({
  checkpoint: v.strictObject({
    manifest: v.string(),
    made_by: v.literal('tools/make-checkpoint.mjs'),
    seed: v.number(),
    dtype: v.picklist(['f32', 'f16', 'bf16']),
  }),
  /** The numbers in the words about the one modality that is given. */
  input: v.objectWithRest({ a: v.number(), b: v.number(), c0: v.number() }, v.string()),
  dense_target: v.string(),
  sequence_target: v.string(),
  sequence_steps: v.number(),
  sequence_prepared_length: v.number(),
});
type FullSizeCase = v.InferOutput<typeof schema>;

/** Ids count as equal where the logits of both differ by no more than this, as the cases of this kind say in words. */
const TIE = 5e-3;

/**
 * `fullsize.generate`: a published model at its full size, of which only what is needed is read: from the file that
 * `FOURM_FULLSIZE_CHECKPOINT` names or, without one, from the values that would be in it.
 */
export async function fullSizeGeneration(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const about = optionsOf(schema, reference.about, 'case.json');
  const input = inputOf(about);
  const source = await checkpointSource(reference, about);
  try {
    const checkpoint = await openSafetensors(source);
    const config = parseFourMConfig(parseConfig(checkpoint.metadata));
    const model = withLazyWeights(buildFourM(config, publishedModalities), checkpoint);
    try {
      const info = model.modalities[input];
      if (info?.kind !== 'pixels') throw new InvalidInputError(`${input} is no input of pixels of the model`);
      const known = { [input]: fullImage(info, 1, { pixels: wavePixels(info, about.input) }) };
      await comparePicture(model, known, about, reference, compare);
      await compareSequence(model, known, about, reference, compare);
    } finally {
      model.weights!.release(model.parameters.all);
    }
  } finally {
    await source.close();
  }
}

async function checkpointSource(
  reference: ConformanceCase,
  { checkpoint }: FullSizeCase,
): Promise<ByteSource & { close(): Promise<void> }> {
  const path = process.env.FOURM_FULLSIZE_CHECKPOINT;
  if (path) return fileSource(path);
  const [, folder, file] = /^([^/]+)\/([^/]+)$/.exec(checkpoint.manifest) ?? [];
  if (folder === undefined || file === undefined) {
    throw new InvalidInputError(`${reference.name}: "${checkpoint.manifest}" is no file of another case`);
  }
  const manifest = reference.sibling(folder).json(file) as CheckpointManifest;
  const { seed, dtype } = checkpoint;
  return { ...randomCheckpoint(manifest, { seed, dtype: dtypes[dtype] }), close: async () => {} };
}

/** The one modality that a case gives, whose pixels are {@link wavePixels}. */
function inputOf({ input: { a, b, c0, ...described } }: FullSizeCase): string {
  const [name, ...others] = Object.keys(described);
  if (name === undefined || others.length > 0) {
    throw new InvalidInputError(
      `the case gives ${others.length + Number(name !== undefined)} modalities instead of one`,
    );
  }
  return name;
}

/** A picture of waves, [3, side, side]. */
function wavePixels({ inputSize }: ModalityInfo, { a, b, c0 }: FullSizeCase['input']): Float32Array {
  const [side] = inputSize!;
  return Float32Array.from({ length: 3 * side * side }, (_, at) => {
    const [c, i, j] = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
    return Math.sin(a * i + c0 * c) * Math.cos(b * j - 0.5 * c) + 0.3 * Math.sin(0.31 * (i + j) * (c + 1));
  });
}

/** One pass of the decoder over all tokens of an image modality. */
async function comparePicture(
  model: FourM,
  known: Record<string, ModalityBatch>,
  { dense_target: target }: FullSizeCase,
  reference: ConformanceCase,
  compare: Comparison,
): Promise<void> {
  await ensureLoaded(model, Object.keys(known), [target]);
  const info = model.modalities[target]!;
  const batch: Batch = { size: 1, modalities: { ...known, [target]: emptyImageTarget(info, 1) } };
  const positions = Array.from({ length: info.maxTokens }, (_, position) => position);
  const logits = await predictLogits(model, { batches: [batch], weights: [] }, target, [[positions]]);
  compareStart(compare, reference, 'out.dense.logits_first8', logits);
  const width = logits.length / positions.length;
  const rows = positions.map((row) => largest(logits.subarray(row * width, (row + 1) * width), 2));
  const expected = reference.ints('out.dense.ids');
  const ids = rows.flatMap(([best], row) => settled([best!], expected.subarray(row, row + 1), logits, row * width));
  compare.tensor('out.dense.ids', ids);
  const margins = rows.map(([first, second], row) => logits[row * width + first!]! - logits[row * width + second!]!);
  compare.tensor('out.dense.margin', margins);
}

/** What the encoder says of the picture and a sequence's first sentinel, and the sequence of the likeliest tokens. */
async function compareSequence(
  model: FourM,
  known: Record<string, ModalityBatch>,
  { sequence_target: target, sequence_steps: steps, sequence_prepared_length: length }: FullSizeCase,
  reference: ConformanceCase,
  compare: Comparison,
): Promise<void> {
  await ensureLoaded(model, Object.keys(known), [target]);
  const batch: Batch = { size: 1, modalities: { ...known, [target]: emptySequenceTarget(1, length, VOCABULARY) } };
  const encoded = tf.tidy(() => encode(model, batch, selectEncoderInputs(model, batch)).output);
  compareStart(compare, reference, 'out.encoder.output_first4', (await encoded.data()) as Float32Array);
  encoded.dispose();

  const expected = reference.ints('out.seq.ids');
  const expectedTop = reference.ints('out.seq.top32_ids');
  const most = expectedTop.length / steps;
  const said = [VOCABULARY.sentinelIds[1]!];
  const top: { ids: number[]; logits: number[] } = { ids: [], logits: [] };
  const decoder = new SequenceDecoder(model, { batches: [batch], weights: [] }, target);
  try {
    for (let step = 0; step < steps; step++) {
      const logits = await decoder.next(Int32Array.of(said.at(-1)!));
      const ids = largest(logits, most);
      top.logits.push(...ids.map((id) => logits[id]!));
      top.ids.push(...settled(ids, expectedTop.subarray(step * most, (step + 1) * most), logits));
      said.push(...settled([argmax(logits)], expected.subarray(step + 1, step + 2), logits));
    }
  } finally {
    decoder.dispose();
  }
  compare.tensor('out.seq.ids', said);
  compare.tensor('out.seq.top32_logits', top.logits);
  compare.tensor('out.seq.top32_ids', top.ids);
}

/** Compares as much of the values as is expected. */
function compareStart(compare: Comparison, reference: ConformanceCase, name: string, values: Float32Array): void {
  const count = reference.shape(name).reduce((product, size) => product * size, 1);
  compare.tensor(name, values.subarray(0, count));
}

/** The ids of the largest logits, the largest first. */
function largest(logits: Float32Array, count: number): number[] {
  const bar = logits.toSorted().at(-count)!;
  const ids = Array.from(logits.keys()).filter((id) => logits[id]! >= bar);
  return ids.sort((x, y) => logits[y]! - logits[x]!).slice(0, count);
}

/** Our ids, save where the expected one has as good as the same logit. */
function settled(ids: readonly number[], expected: Int32Array, logits: Float32Array, start = 0): number[] {
  return ids.map((id, i) => {
    const tied = Math.abs(logits[start + id]! - logits[start + expected[i]!]!) <= TIE;
    return tied ? expected[i]! : id;
  });
}
