/** Tokenizers of a model of one's own, which its `fourm.json` describes. */
import { toTokenizerValues } from '../../modalities/images.js';
import type { ModalityInfo } from '../../modalities/modality.js';
import type { LazyWeights } from '../../nn/lazy-weights.js';
import {
  decodeTokens,
  detokenizingParameters,
  type Tokenizer,
  tokenizingParameters,
} from '../../tokenizers/tokenizer.js';
import { tokenize } from '../../tokenizers/vq/vqvae.js';
import { patchGrid } from '../../transformer/batch.js';
import { fitToSquare, imageInput, imageResult, toRaster } from '../request/images.js';
import type { PackageModality } from '../types/package.js';
import { type Codec, tokenizerMemory } from './codec.js';

/** @param name what errors call the modality */
export function imageCodec(
  name: string,
  { values, diffusionSteps: steps }: Extract<PackageModality, { kind: 'image' }>,
  tokenizer: Tokenizer,
  weights: LazyWeights,
): Codec {
  const sizeOf = (info: ModalityInfo) => info.inputSize![0];
  return {
    async tokenize(input, info) {
      const size = sizeOf(info);
      const fitted = toTokenizerValues(values, fitToSquare(toRaster(imageInput(name, input), values), values, size));
      await weights.load(tokenizingParameters(tokenizer));
      return tokenize(tokenizer, fitted, size, size);
    },
    async detokenize(tokens, info, random, how) {
      await weights.load(detokenizingParameters(tokenizer), how?.signal);
      const all = Int32Array.from(tokens.flatMap((ids) => Array.from(ids)));
      const decoded = await decodeTokens(tokenizer, all, patchGrid(info), { random, ...(steps && { steps }), ...how });
      const perImage = decoded.length / tokens.length;
      return tokens.map((ids, i) => {
        const own = decoded.subarray(i * perImage, (i + 1) * perImage);
        return imageResult(values, ids, own, sizeOf(info));
      });
    },
    parameters: tokenizer.parameters.all,
    weights,
    memoryNeed: (way, info) => tokenizerMemory(tokenizer, way, patchGrid(info)),
    dispose() {
      for (const parameter of tokenizer.parameters.all) parameter.dispose();
    },
  };
}
