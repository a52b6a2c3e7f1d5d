import * as tf from '@tensorflow/tfjs-core';
import type { ByteSource } from '../../checkpoints/byte-source.js';
import { fileSource } from '../../checkpoints/file-source.js';
import { parseConfig } from '../../checkpoints/metadata.js';
import { openSafetensors } from '../../checkpoints/safetensors.js';
import { predictTokens } from '../../decoding/image-tokens.js';
import { argmax } from '../../decoding/sampling.js';
import { SequenceDecoder } from '../../decoding/sequence-decoder.js';
import { fullImage, openImage, openSequence } from '../../decoding/state.js';
import { InvalidInputError } from '../../errors.js';
import { publishedModalities } from '../../modalities/published.js';
import type { Batch, ModalityBatch } from '../../transformer/batch.js';
import { parseFourMConfig } from '../../transformer/config.js';
import { encode, inputsOf } from '../../transformer/forward.js';
import { buildFourM, type FourM } from '../../transformer/model.js';
import { ensureLoaded, withLazyWeights } from '../../transformer/task-weights.js';
import type { ConformanceCase } from '../case.js';
import type { Comparison } from '../comparison.js';
import { type CheckpointManifest, randomCheckpoint } from '../random-checkpoint.js';
import { VOCABULARY } from './recorded-draws.js';

/** What a case of this kind says besides. */
interface FullSizeCase {
  readonly checkpoint: { readonly manifest: string; readonly seed: number; readonly dtype: string };
  readonly input: Readonly<Record<string, unknown>> & { readonly a: number; readonly b: number; readonly c0: number };
  readonly dense_target: string;
  readonly sequence_target: string;
  readonly sequence_steps: number;
  readonly sequence_prepared_length: number;
}

const INPUT = 'rgb@224';

/** Ids count as equal where the logits of both differ by no more than this, as the cases of this kind say in words. */
const TIE = 5e-3;

/**
 * `fullsize.generate`: a published model at its full size, of which only what is needed is read: from the file that
 * `FOURM_FULLSIZE_CHECKPOINT` names or, without one, from the values that would be in it.
 */
export async function fullSizeGeneration(reference: ConformanceCase, compare: Comparison): Promise<void> {
  const about = reference.about as unknown as FullSizeCase;
  const source = await checkpointSource(reference, about);
  try {
    const checkpoint = await openSafetensors(source);
    const config = parseFourMConfig(parseConfig(checkpoint.metadata));
    const model = withLazyWeights(buildFourM(config, publishedModalities), checkpoint);
    try {
      const known = { [INPUT]: fullImage(model.modalities[INPUT]!, 1, { pixels: wavePixels(about.input) }) };
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
  if (folder === undefined || file === undefined || checkpoint.dtype !== 'f32') {
    throw new InvalidInputError(`${reference.name}: cannot make a checkpoint of ${JSON.stringify(checkpoint)}`);
  }
  const manifest = reference.sibling(folder).json(file) as CheckpointManifest;
  return { ...randomCheckpoint(manifest, { seed: checkpoint.seed, dtype: 'F32' }), close: async () => {} };
}

/** A picture of waves, [3, 224, 224]. */
function wavePixels({ a, b, c0 }: FullSizeCase['input']): Float32Array {
  const side = 224;
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
  await ensureLoaded(model, [INPUT], [target]);
  const info = model.modalities[target]!;
  const batch: Batch = { size: 1, modalities: { ...known, [target]: openImage(info, 1) } };
  const positions = Array.from({ length: info.maxTokens }, (_, position) => position);
  const logits = await predictTokens(model, { batches: [batch], weights: [] }, target, [[positions]]);
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
  await ensureLoaded(model, [INPUT], [target]);
  const batch: Batch = { size: 1, modalities: { ...known, [target]: openSequence(1, length, VOCABULARY) } };
  const encoded = tf.tidy(() => encode(model, batch, inputsOf(model, batch)).output);
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
