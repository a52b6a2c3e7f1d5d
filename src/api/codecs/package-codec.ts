/** Tokenizers of a model of one's own, which its `fourm.json` describes. */
import { InvalidInputError } from '../../errors.js';
import { encodePng } from '../../media/encode.js';
import type { Raster } from '../../media/raster.js';
import { resize } from '../../media/resize.js';
import { withChannels } from '../../modalities/grey.js';
import { toTokenizerValues } from '../../modalities/images.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { LazyWeights } from '../../nn/lazy-weights.js';
import {
  decodeTokens,
  detokenizingParameters,
  type Tokenizer,
  tokenizingParameters,
} from '../../tokenizers/tokenizer.js';
import type { Grid } from '../../tokenizers/vq/vit.js';
import { tokenize } from '../../tokenizers/vq/vqvae.js';
import { patchGrid } from '../../transformer/batch.js';
import { embeddingMethods, featuresMethods } from '../request/drawing.js';
import { fitToSquare, imageInput, imageResult, toRaster } from '../request/images.js';
import type { CodecSource, MaskSource } from '../types/description.js';
import type { Input } from '../types/inputs.js';
import type { UnnamedResult } from '../types/results.js';
import { type Codec, tokenizerMemory } from './codec.js';

/** A tokenizer in a package, with its weights. */
interface PackagedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly weights: LazyWeights;
}

/** How values of a kind become what a tokenizer reads, and back. */
interface ValueFormat {
  /** @throws InvalidInputError for values of another kind or size */
  prepare(input: Input, info: ModalityInfo): Prepared;
  /** @param decoded one sample, [H, W, C] */
  result(tokens: Int32Array, decoded: Float32Array, info: ModalityInfo): UnnamedResult;
  grid(info: ModalityInfo): Grid;
}

/** Input of a tokenizer: [height, width, channels], or class ids [height, width]. */
interface Prepared {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array | Int32Array;
}

/** The tokenizer of a modality of a package. */
export function packageCodec(
  source: Exclude<CodecSource, { readonly kind: 'published' }>,
  packaged: PackagedTokenizer,
): Codec {
  switch (source.kind) {
    case 'image':
      return codecOfFormat(packaged, imageFormat(source), source.diffusionSteps);
    case 'features':
      return codecOfFormat(packaged, featuresFormat(packaged.tokenizer));
    case 'embedding':
      return codecOfFormat(packaged, embeddingFormat(packaged.tokenizer));
    case 'mask':
      return codecOfFormat(packaged, maskFormat(source));
  }
}

function codecOfFormat({ tokenizer, weights }: PackagedTokenizer, format: ValueFormat, steps?: number): Codec {
  return {
    async tokenize(input, info, signal) {
      const { data, height, width } = format.prepare(input, info);
      await weights.load(tokenizingParameters(tokenizer), signal);
      return tokenize(tokenizer, data, height, width);
    },
    async detokenize(tokens, info, random, how) {
      await weights.load(detokenizingParameters(tokenizer), how?.signal);
      const all = Int32Array.from(tokens.flatMap((ids) => Array.from(ids)));
      const decoded = await decodeTokens(tokenizer, all, format.grid(info), {
        random,
        ...(steps && { steps }),
        ...how,
      });
      const perSample = decoded.length / tokens.length;
      return tokens.map((ids, i) => format.result(ids, decoded.slice(i * perSample, (i + 1) * perSample), info));
    },
    codebookSize: tokenizer.config.codebook_size,
    parameters: tokenizer.parameters.all,
    weights,
    memoryNeed: (way, info) => tokenizerMemory(tokenizer, way, format.grid(info)),
    dispose() {
      for (const parameter of tokenizer.parameters.all) parameter.dispose();
    },
  };
}

function imageFormat({ values }: Extract<CodecSource, { kind: 'image' }>): ValueFormat {
  const sizeOf = (info: ModalityInfo) => info.inputSize![0];
  return {
    prepare(input, info) {
      const size = sizeOf(info);
      const fitted = fitToSquare(toRaster(imageInput(info.name, input), values), values, size);
      return { height: size, width: size, data: toTokenizerValues(values, fitted) };
    },
    result: (tokens, decoded, info) => imageResult(values, tokens, decoded, sizeOf(info)),
    grid: patchGrid,
  };
}

/** Maps of vectors, one for each token, as they are. */
function featuresFormat({ config }: Tokenizer): ValueFormat {
  const channels = config.n_channels;
  return {
    prepare(input, info) {
      const [h, w] = patchGrid(info);
      const { height, width, channels: found, data } = rasterOf(input);
      if (!(data instanceof Float32Array) || height !== h || width !== w || found !== channels) {
        const given = data ? `${height} × ${width} × ${found}` : 'something else';
        throw new InvalidInputError(`'${info.name}' takes features, [${h}, ${w}, ${channels}] floats, not ${given}`);
      }
      return { height, width, data };
    },
    result(tokens, data, info) {
      const [height, width] = patchGrid(info);
      const values = { height, width, channels, data };
      return { kind: 'features', tokens, values, ...featuresMethods(values) };
    },
    grid: patchGrid,
  };
}

/** Single vectors, as they are: images of one pixel. */
function embeddingFormat({ config }: Tokenizer): ValueFormat {
  return {
    prepare(input, info) {
      if (!(input instanceof Float32Array) || input.length !== config.n_channels) {
        const given = input instanceof Float32Array ? `${input.length}` : 'something else';
        throw new InvalidInputError(`'${info.name}' takes ${config.n_channels} floats, not ${given}`);
      }
      return { height: 1, width: 1, data: input };
    },
    result: (tokens, values) => ({ kind: 'embedding', tokens, values, ...embeddingMethods(values) }),
    grid: () => [1, 1],
  };
}

/** Minimum probability of a pixel that belongs to its object. */
const INSIDE = 0.5;

/** Masks of objects inside their boxes, stretched to the tokenizer's size: probabilities, or 0 and 255 as 8 bits. */
function maskFormat({ values }: MaskSource): ValueFormat {
  const isSymmetric = values === 'symmetric';
  return {
    prepare(input, info) {
      const size = info.inputSize![0];
      const { data, ...mask } = rasterOf(input);
      if (!(data instanceof Float32Array || data instanceof Uint8Array) || mask.channels !== 1) {
        throw new InvalidInputError(`'${info.name}' takes masks of one channel, probabilities 0…1 or 8 bits`);
      }
      const probabilities = Float32Array.from(data, (x) => (data instanceof Uint8Array ? x / 255 : x));
      const fitted = resize({ ...mask, data: probabilities } as Raster<Float32Array>, size, size, 'bilinear');
      const low = isSymmetric ? -1 : 0;
      return { height: size, width: size, data: fitted.data.map((x) => (x >= INSIDE ? 1 : low)) };
    },
    result(tokens, decoded, info) {
      const size = info.inputSize![0];
      const probability = (x: number) =>
        isSymmetric ? (Math.min(Math.max(x, -1), 1) + 1) / 2 : 1 / (1 + Math.exp(-x));
      const mask = { width: size, height: size, channels: 1, data: decoded.map(probability) };
      const toImage = () => withChannels({ ...mask, data: Uint8Array.from(mask.data, (x) => Math.round(255 * x)) }, 3);
      return { kind: 'image', tokens, values: mask, classes: undefined, toImage, toPng: () => encodePng(toImage()) };
    },
    grid: patchGrid,
  };
}

/** The fields of a raster; of anything else none. */
function rasterOf(input: Input): Partial<Raster> {
  return typeof input === 'object' && input !== null && 'data' in input && 'channels' in input ? input : {};
}
