/** Frozen networks of a package: they compute features of an image, or vectors of a text. */
import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../../errors.js';
import type { Raster } from '../../media/raster.js';
import type { Computation } from '../../memory/computation.js';
import { currentDevice } from '../../memory/dry-run.js';
import { imageNetworkMemory, textEncoderMemory } from '../../memory/networks.js';
import { toTokenizerValues } from '../../modalities/images.js';
import { parseImageNetworkConfig, parseTextEncoderConfig } from '../../networks/config.js';
import { buildImageNetwork, type ImageNetwork, imageFeatures, imagePatches } from '../../networks/image-network.js';
import { buildTextEncoder, encodeTokens, type TextEncoder } from '../../networks/text-encoder.js';
import { LazyWeights } from '../../nn/lazy-weights.js';
import { type Parameter, ParameterList } from '../../nn/parameters.js';
import type { TensorReader } from '../../nn/state-dict.js';
import { fitToSquare } from '../request/images.js';

/** Properties of all networks of a package. */
interface OpenNetwork {
  /** All weights, and where they are read from. */
  readonly parameters: readonly Parameter[];
  readonly weights: LazyWeights;
  /** Memory of one image, or of a text of so many tokens. */
  memoryNeed(length?: number): Computation;
  /** Frees all device memory. */
  dispose(): void;
}

/** A network that computes features of images. */
export interface OpenImageNetwork extends OpenNetwork {
  readonly kind: 'image';
  readonly network: ImageNetwork;
  /**
   * @param image 8-bit colours of any size, which are cut to a square and scaled
   * @returns     a vector for each patch, and one for the whole image
   */
  features(image: Raster, signal?: AbortSignal): Promise<{ dense: Raster<Float32Array>; global: Float32Array }>;
}

/** A network that computes vectors of the tokens of a text. */
export interface OpenTextEncoder extends OpenNetwork {
  readonly kind: 'text';
  readonly network: TextEncoder;
  /** @param ids [N] @returns [N, D] */
  vectors(ids: Int32Array, signal?: AbortSignal): Promise<Float32Array>;
}

/** A network of a package. */
export type FrozenNetwork = OpenImageNetwork | OpenTextEncoder;

/**
 * A network from its checkpoint, of which the header has been read.
 *
 * @param file what errors call it
 * @throws CheckpointError if its configuration is of no network, or its tensors are others
 */
export function openNetwork(
  file: string,
  config: Readonly<Record<string, unknown>>,
  reader: TensorReader,
): FrozenNetwork {
  if (config.network === 'image') return openImageNetwork(config, reader);
  if (config.network === 'text') return openTextEncoder(config, reader);
  throw new CheckpointError(
    `${file}, "network": expected 'image' or 'text' in its configuration, not ${config.network}`,
  );
}

function openImageNetwork(config: Readonly<Record<string, unknown>>, reader: TensorReader): OpenImageNetwork {
  const list = new ParameterList();
  const network = buildImageNetwork(list, parseImageNetworkConfig(config));
  const weights = new LazyWeights(list.all, reader);
  const { image_size: size, patch_size, out_dim: channels } = network.config;
  return {
    kind: 'image',
    network,
    ...common(list, weights),
    memoryNeed: () => ({ parameters: list.all, ...imageNetworkMemory(network, currentDevice('f32')) }),
    async features(image, signal) {
      await weights.load(list.all, signal);
      const values = toTokenizerValues({ kind: 'rgb' }, fitToSquare(image, { kind: 'rgb' }, size)) as Float32Array;
      const tensors = tf.tidy(() => {
        const { patches, grid } = imagePatches(network, values, size);
        return imageFeatures(network, patches, grid);
      });
      const [dense, global] = await Promise.all([tensors.dense.data(), tensors.global.data()]);
      tf.dispose([tensors.dense, tensors.global]);
      const side = size / patch_size;
      return {
        dense: { width: side, height: side, channels, data: dense as Float32Array },
        global: global as Float32Array,
      };
    },
  };
}

function openTextEncoder(config: Readonly<Record<string, unknown>>, reader: TensorReader): OpenTextEncoder {
  const list = new ParameterList();
  const network = buildTextEncoder(list, parseTextEncoderConfig(config));
  const weights = new LazyWeights(list.all, reader);
  return {
    kind: 'text',
    network,
    ...common(list, weights),
    memoryNeed: (length = 1) => ({
      parameters: list.all,
      ...textEncoderMemory(network, currentDevice('f32'), length),
    }),
    async vectors(ids, signal) {
      await weights.load(list.all, signal);
      const { hidden } = encodeTokens(network, [ids]);
      const data = (await hidden.data()) as Float32Array;
      hidden.dispose();
      return data;
    },
  };
}

function common(list: ParameterList, weights: LazyWeights): Pick<OpenNetwork, 'parameters' | 'weights' | 'dispose'> {
  return {
    parameters: list.all,
    weights,
    dispose() {
      for (const parameter of list.all) parameter.dispose();
    },
  };
}
