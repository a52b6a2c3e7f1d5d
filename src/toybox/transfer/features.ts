/** Features of scenes, by an encoder. */
import * as tf from '@tensorflow/tfjs-core';
import { type KnownModalities, type KnownModality, knownBatch } from '../../decoding/known-modalities.js';
import type { Parameter } from '../../nn/parameters.js';
import { encode, selectEncoderInputs } from '../../transformer/forward.js';
import type { FourM } from '../../transformer/model.js';

/** Image modalities have no special tokens. */
const NO_TEXT = { padId: 0, eosId: 0, sentinelIds: [] };

/** The values of scenes as an encoder reads them, by the modality's published name. */
export type EncoderInputs = KnownModalities;

/** The features that a head is trained on. */
export interface FeatureSource {
  /** C, numbers of a patch. */
  readonly width: number;
  /** Parameters to be trained with the head; none of a frozen encoder. */
  readonly trained: readonly Parameter[];
  /** Features of some scenes by their indices, [B, P, C]. Call it inside `tf.tidy`. */
  read(scenes: readonly number[]): tf.Tensor3D;
}

/**
 * Features by an encoder that is trained with the head, computed anew for every batch.
 *
 * @param inputs image modalities with the same grid, given whole
 */
export function trainedFeatures(encoder: FourM, inputs: EncoderInputs): FeatureSource {
  return {
    width: featureWidth(encoder, inputs),
    trained: encoder.parameters.all.filter(({ trainable }) => trainable),
    read: (scenes) => encoderFeatures(encoder, ofScenes(inputs, scenes), scenes.length),
  };
}

/**
 * Features by a frozen encoder, computed once.
 *
 * @param inputs   as for {@link trainedFeatures}
 * @param count    number of scenes
 * @param onChunk  is called, and awaited, before each chunk of scenes with the number of scenes done
 */
export async function frozenFeatures(
  encoder: FourM,
  inputs: EncoderInputs,
  count: number,
  onChunk: (done: number) => Promise<void>,
): Promise<FeatureSource> {
  const width = featureWidth(encoder, inputs);
  const scenes: Float32Array[] = [];
  for (let start = 0; start < count; start += CHUNK) {
    await onChunk(start);
    const chunk = Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => start + i);
    const features = tf.tidy(() => encoderFeatures(encoder, ofScenes(inputs, chunk), chunk.length));
    const values = (await features.data()) as Float32Array;
    features.dispose();
    const size = values.length / chunk.length;
    scenes.push(...chunk.map((_, i) => values.slice(i * size, (i + 1) * size)));
  }
  return storedFeatures(scenes, width);
}

/** Scenes that go through the encoder at once. */
const CHUNK = 25;

/** Features that are there already. @param scenes of each scene, [P, C] @param width C */
export function storedFeatures(scenes: readonly Float32Array[], width: number): FeatureSource {
  return {
    width,
    trained: [],
    read(indices) {
      const size = scenes[0]!.length;
      const values = new Float32Array(indices.length * size);
      indices.forEach((scene, i) => {
        values.set(scenes[scene]!, i * size);
      });
      return tf.tensor3d(values, [indices.length, size / width, width]);
    },
  };
}

function featureWidth({ config }: FourM, inputs: EncoderInputs): number {
  return Object.keys(inputs).length * config.dim;
}

/** The encoder's output at the tokens of each patch, those of all modalities one after another, [B, P, C]. */
function encoderFeatures(encoder: FourM, inputs: EncoderInputs, count: number): tf.Tensor3D {
  const modalities = Object.keys(inputs).length;
  const { dim, num_register_tokens: registers } = encoder.config;
  const batch = { size: count, modalities: knownBatch(encoder, inputs, count, NO_TEXT) };
  const { output } = encode(encoder, batch, selectEncoderInputs(encoder, batch));
  const tokens = tf.slice(output, [0, registers, 0], [-1, -1, -1]);
  const byModality = tf.reshape(tokens, [count, modalities, -1, dim]);
  return tf.reshape(tf.transpose(byModality, [0, 2, 1, 3]), [count, -1, modalities * dim]) as tf.Tensor3D;
}

/** The inputs of some scenes. */
function ofScenes(inputs: EncoderInputs, scenes: readonly number[]): EncoderInputs {
  const select = (known: KnownModality): KnownModality => {
    if ('ids' in known) return { ids: scenes.map((i) => known.ids[i]!) };
    if ('pixels' in known) return { pixels: scenes.map((i) => known.pixels[i]!) };
    return { embeddings: scenes.map((i) => known.embeddings[i]!) };
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, known]) => [name, select(known)]));
}

/** The inputs of several lots of scenes, one after another. */
export function joinInputs(parts: readonly EncoderInputs[]): EncoderInputs {
  const join = (name: string): KnownModality => {
    const [first] = parts;
    const all = <K extends string, V>(key: K) => parts.flatMap((part) => (part[name] as Record<K, readonly V[]>)[key]);
    if ('ids' in first![name]!) return { ids: all<'ids', ArrayLike<number>>('ids') };
    if ('pixels' in first![name]!) return { pixels: all<'pixels', Float32Array>('pixels') };
    return { embeddings: all<'embeddings', Float32Array>('embeddings') };
  };
  return Object.fromEntries(Object.keys(parts[0]!).map((name) => [name, join(name)]));
}
