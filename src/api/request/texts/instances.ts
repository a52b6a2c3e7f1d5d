import * as v from 'valibot';
import type { Raster } from '../../../media/raster.js';
import {
  readSamInstances,
  type SamInstance,
  samInstancesAtPointsToText,
} from '../../../modalities/text/sam-instances.js';
import { mergedMasks, type SamMask } from '../../../modalities/text/sam-masks.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { WordsModality } from '../../types/description.js';
import type { PredictedInstance } from '../../types/results.js';
import { instancesMethods } from '../drawing.js';
import { EmbeddedValues } from './embedded-values.js';
import { box, numbers, type TextFormat, valuesInText } from './format.js';

type InstancesModality = Extract<WordsModality, { readonly kind: 'instances' }>;

/** Pixels a side of the picture that boxes and points of published models are in. */
const PUBLISHED_SIZE = 224;
/** Pixels a side of a mask. */
const MASK_SIZE = 64;

/** The tokens of a mask: a grid of 4 × 4. */
const MASK_TOKENS = new EmbeddedValues<SamInstance>({
  kind: 'instances',
  info: {
    name: 'masks',
    id: 0,
    kind: 'image-tokens',
    maxTokens: 16,
    inputSize: [MASK_SIZE, MASK_SIZE],
    patchSize: [MASK_SIZE / 4, MASK_SIZE / 4],
  },
  publishedTokenizer: 'EPFL-VILAB/4M_tokenizers_sam-instance_1k_64',
  words: 21,
  sourceOf(tokenizer, modality) {
    const values = ('maskValues' in modality ? modality.maskValues : undefined) ?? 'logits';
    return { kind: 'mask', tokenizer, values };
  },
  tokensOf: ({ tokens }) => tokens,
});

const position = { box, point: v.exactOptional(v.object({ x: v.number(), y: v.number() })) };
const raster = v.custom<Raster>(
  (value) => typeof value === 'object' && value !== null && 'data' in value && 'width' in value,
  'must be a raster',
);
const schema = v.array(v.union([v.object({ ...position, tokens: numbers }), v.object({ ...position, mask: raster })]));

/** Objects without names: boxes, and masks. */
export function instancesFormat(modality: InstancesModality): TextFormat {
  const size = ('size' in modality ? modality.size : undefined) ?? PUBLISHED_SIZE;
  return valuesInText(
    'objects',
    schema,
    async (objects, model) => {
      const read: SamInstance[] = [];
      for (const object of objects) {
        if ('tokens' in object) {
          await MASK_TOKENS.checkTokens(object, modality, model);
          read.push(object);
        } else {
          const { mask, ...rest } = object;
          read.push({ ...rest, tokens: await MASK_TOKENS.tokenize(mask, modality, model) });
        }
      }
      return samInstancesAtPointsToText(read);
    },
    async (tokens, text, model) => {
      const parsed = await MASK_TOKENS.withDecodedTokens(readSamInstances(text), modality, model, withMask);
      return { kind: 'instances', tokens, text, size, ...parsed, ...instancesMethods(parsed.values, size) };
    },
    MASK_TOKENS.tokenizerOf(modality),
  );
}

function withMask(object: SamInstance, data: Float32Array): PredictedInstance {
  return { ...object, mask: { width: MASK_SIZE, height: MASK_SIZE, channels: 1, data } };
}

/** Decodes the masks of objects and merges equal ones. (`decode_sam_instances` officially.) */
export async function masksOf(instances: readonly SamInstance[], model: ModelParts): Promise<SamMask[]> {
  return mergedMasks(instances, await MASK_TOKENS.decode(instances, model));
}

/** Downloads what {@link masksOf} needs. @throws CancelledError when the signal fires */
export function fetchForMasks(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return MASK_TOKENS.fetch('detokenize', model, signal);
}
