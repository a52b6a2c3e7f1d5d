/** Published tokenizers behind the modalities of a published model. */
import { InvalidInputError, pauseOrCancel } from '../../errors.js';
import { decodeImage, decodeMap } from '../../media/decode.js';
import { encodePng } from '../../media/encode.js';
import type { Raster } from '../../media/raster.js';
import { cropToSquare, resize } from '../../media/resize.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import { IMAGENET, normalise } from '../../modalities/normalisation.js';
import {
  drawOutput,
  type PublishedTokenizer,
  type TokenizerOutputs,
  type ValueKind,
} from '../../tokenizers/published/index.js';
import type { OpenTokenizer } from '../loading/tokenizer.js';
import { embeddingMethods, featuresMethods } from '../request/drawing.js';
import type { Input } from '../types/inputs.js';
import type { UnnamedResult } from '../types/results.js';
import { type Codec, tokenizerMemory } from './codec.js';

/** A picture as a published model reads it: its middle, standardised as photographs are, [C, H, W]. */
export function pixelsOf(image: Raster, info: ModalityInfo): Float32Array {
  if (!(image.data instanceof Uint8Array) || image.channels !== 3) {
    throw new InvalidInputError(`'${info.name}' takes an 8-bit picture of 3 channels, not ${image.channels}`);
  }
  const size = info.inputSize![0];
  const fitted = resize(cropToSquare(image as Raster<Uint8Array>), size, size, 'bicubic');
  const { data } = normalise(fitted, IMAGENET);
  const pixels = size * size;
  return data.map((_, i) => data[(i % pixels) * 3 + Math.floor(i / pixels)]!);
}

/** A tokenizer as a model uses it. */
export function codecOf(tokenizer: OpenTokenizer): Codec {
  const { preset } = tokenizer;
  const { kind } = preset.preprocessing;
  const hasSize = kind !== 'features' && kind !== 'embedding' && kind !== 'pose';
  return {
    async tokenize(input, info, signal) {
      const { tokens } = await tokenizer.tokenize(rawOf(input, kind), hasSize ? info.inputSize![0] : undefined, signal);
      if (tokens.length === info.maxTokens) return tokens;
      throw new InvalidInputError(`'${info.name}' has ${info.maxTokens} tokens, and ${tokens.length} were given`);
    },
    async detokenize(tokens, info, random, { signal, onStep } = {}) {
      const results: UnnamedResult[] = [];
      for (const [i, ids] of tokens.entries()) {
        await pauseOrCancel(signal, `detokenizing '${info.name}'`);
        const painting = {
          random: random[i]!,
          signal,
          onStep: (done: number, total: number) => onStep?.(i * total + done, tokens.length * total),
        };
        const values = await tokenizer.detokenize({ tokens: ids, grid: tokenGrid(info, preset) }, painting);
        results.push(resultOf(preset, ids, values));
      }
      return results;
    },
    codebookSize: preset.codebookSize,
    parameters: tokenizer.model.parameters.all,
    weights: tokenizer.weights,
    // Samples are painted one by one.
    memoryNeed: (way, info) => {
      const ofOne = tokenizerMemory(tokenizer.model, way, tokenGrid(info, preset))(1);
      return () => ofOne;
    },
    dispose: () => tokenizer.dispose(),
  };
}

/** A vector with several codebooks is a grid of one position, for every modality. */
function tokenGrid({ inputSize, patchSize }: ModalityInfo, { codebooks }: PublishedTokenizer): [h: number, w: number] {
  if (codebooks > 1) return [1, 1];
  return [inputSize![0] / patchSize![0], inputSize![1] / patchSize![1]];
}

/** Tokenizer input: files are decoded as pictures or maps. */
function rawOf(input: Input, kind: ValueKind): Raster<never> {
  if (input instanceof Uint8Array) return (isMap(kind) ? decodeMap(input) : decodeImage(input)) as Raster<never>;
  if (typeof input === 'string' || Array.isArray(input)) {
    throw new InvalidInputError('this modality takes a PNG or JPEG file, a raster, or numbers; not text or boxes');
  }
  return input as Raster<never>;
}

/** Whether values are numbers or ids, and no colours. */
function isMap(kind: ValueKind): boolean {
  return kind === 'depth' || kind === 'classes' || kind === 'mask';
}

/** Converts a tokenizer's output to a result. */
function resultOf(preset: PublishedTokenizer, tokens: Int32Array, values: TokenizerOutputs[ValueKind]): UnnamedResult {
  if (!('data' in values)) return { kind: 'embedding', tokens, values, ...embeddingMethods(values) };
  if (preset.preprocessing.kind === 'features') {
    const features = values as Raster<Float32Array>;
    return { kind: 'features', tokens, values: features, ...featuresMethods(features) };
  }
  const toImage = () => drawOutput(preset, values);
  return {
    kind: 'image',
    tokens,
    values: values as Raster<Uint8Array | Float32Array>,
    classes: undefined,
    toImage,
    toPng: () => encodePng(toImage()),
  };
}
