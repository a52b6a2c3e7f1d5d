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
import { type CheckpointManifest, randomCheckpoint } from '../../../harness/random-checkpoint.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';
import { VOCABULARY } from './recorded-draws.js';

const dtypes = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** Options of a task of this kind. */
const schema = v.strictObject({
  checkpoint: v.strictObject({
    /** The file's name among the task's files. */
    manifest: v.string(),
    generator: v.literal('pool-1'),
    seed: v.number(),
    dtype: v.picklist(['f32', 'f16', 'bf16']),
  }),
  input: v.strictObject({
    modality: v.string(),
    pixels: v.literal('waves'),
    a: v.number(),
    b: v.number(),
    c0: v.number(),
  }),
  dense_target: v.string(),
  sequence_target: v.string(),
  sequence_steps: v.number(),
  sequence_prepared_length: v.number(),
  top: v.number(),
  /** Number of requested rows of the logits and of the encoder's output. */
  logits_rows: v.number(),
  encoder_rows: v.number(),
});
type FullSize = v.InferOutput<typeof schema>;

/**
 * `fullsize.generate`: a published model at its full size. Only the tensors that are needed are read: from the file in
 * `FOURM_FULLSIZE_CHECKPOINT`, or without one from the generator of random values.
 */
export async function fullSizeGeneration(task: Inputs, out: Outputs): Promise<void> {
  const about = optionsOf(schema, task.options.run, 'run');
  const source = await checkpointSource(task, about);
  try {
    const checkpoint = await openSafetensors(source);
    const config = parseFourMConfig(parseConfig(checkpoint.metadata));
    const model = withLazyWeights(buildFourM(config, publishedModalities), checkpoint);
    try {
      const input = about.input.modality;
      const info = model.modalities[input];
      if (info?.kind !== 'pixels') throw new InvalidInputError(`${input} is no input of pixels of the model`);
      const known = { [input]: fullImage(info, 1, { pixels: wavePixels(info, about.input) }) };
      await givePicture(model, known, about, out);
      await giveSequence(model, known, about, task.ints('in.seq.ids'), out);
    } finally {
      model.weights!.release(model.parameters.all);
    }
  } finally {
    await source.close();
  }
}

async function checkpointSource(
  task: Inputs,
  { checkpoint: { manifest, seed, dtype } }: FullSize,
): Promise<ByteSource & { close(): Promise<void> }> {
  const path = process.env.FOURM_FULLSIZE_CHECKPOINT;
  if (path) return fileSource(path);
  const described = JSON.parse(new TextDecoder().decode(task.file(manifest))) as CheckpointManifest;
  return { ...randomCheckpoint(described, { seed, dtype: dtypes[dtype] }), close: async () => {} };
}

/** A picture of waves, [3, side, side]. */
function wavePixels({ inputSize }: ModalityInfo, { a, b, c0 }: FullSize['input']): Float32Array {
  const [side] = inputSize!;
  return Float32Array.from({ length: 3 * side * side }, (_, at) => {
    const [c, i, j] = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
    return Math.sin(a * i + c0 * c) * Math.cos(b * j - 0.5 * c) + 0.3 * Math.sin(0.31 * (i + j) * (c + 1));
  });
}

/** One pass of the decoder over all tokens of an image modality. */
async function givePicture(
  model: FourM,
  known: Record<string, ModalityBatch>,
  { dense_target: target, logits_rows }: FullSize,
  out: Outputs,
): Promise<void> {
  await ensureLoaded(model, Object.keys(known), [target]);
  const info = model.modalities[target]!;
  const batch: Batch = { size: 1, modalities: { ...known, [target]: emptyImageTarget(info, 1) } };
  const positions = Array.from({ length: info.maxTokens }, (_, position) => position);
  const logits = await predictLogits(model, { batches: [batch], weights: [] }, target, [[positions]]);
  const width = logits.length / positions.length;
  out.tensor(`out.dense.logits_first${logits_rows}`, logits.subarray(0, logits_rows * width), [logits_rows, width]);
  const rows = positions.map((row) => largest(logits.subarray(row * width, (row + 1) * width), 2));
  out.tensor(
    'out.dense.ids',
    rows.map(([best]) => best!),
    [rows.length],
  );
  const margins = rows.map(([first, second], row) => logits[row * width + first!]! - logits[row * width + second!]!);
  out.tensor('out.dense.margin', margins, [margins.length]);
}

/**
 * The encoder's output of the picture and a sequence's first sentinel, and the likeliest tokens of the sequence.
 *
 * @param given the tokens so far, fixed, so that a tie does not change all later tokens
 */
async function giveSequence(
  model: FourM,
  known: Record<string, ModalityBatch>,
  about: FullSize,
  given: Int32Array,
  out: Outputs,
): Promise<void> {
  const { sequence_target: target, sequence_steps: steps, sequence_prepared_length: length, top, encoder_rows } = about;
  await ensureLoaded(model, Object.keys(known), [target]);
  const batch: Batch = { size: 1, modalities: { ...known, [target]: emptySequenceTarget(1, length, VOCABULARY) } };
  const encoded = tf.tidy(() => encode(model, batch, selectEncoderInputs(model, batch)).output);
  const width = encoded.shape.at(-1)!;
  const values = (await encoded.data()) as Float32Array;
  out.tensor(`out.encoder.output_first${encoder_rows}`, values.subarray(0, encoder_rows * width), [
    encoder_rows,
    width,
  ]);
  encoded.dispose();

  const generated = [VOCABULARY.sentinelIds[1]!];
  const [ids, scores]: [number[], number[]] = [[], []];
  const decoder = new SequenceDecoder(model, { batches: [batch], weights: [] }, target);
  try {
    for (let step = 0; step < steps; step++) {
      const logits = await decoder.next(Int32Array.of(given[step]!));
      const best = largest(logits, top);
      ids.push(...best);
      scores.push(...best.map((id) => logits[id]!));
      generated.push(argmax(logits));
    }
  } finally {
    decoder.dispose();
  }
  out.tensor('out.seq.ids', generated, [generated.length]);
  out.tensor(`out.seq.top${top}_logits`, scores, [steps, top]);
  out.tensor(`out.seq.top${top}_ids`, ids, [steps, top]);
}

/** The ids of the largest logits, the largest first. */
function largest(logits: Float32Array, count: number): number[] {
  const bar = logits.toSorted().at(-count)!;
  const ids = Array.from(logits.keys()).filter((id) => logits[id]! >= bar);
  return ids.sort((x, y) => logits[y]! - logits[x]!).slice(0, count);
}
