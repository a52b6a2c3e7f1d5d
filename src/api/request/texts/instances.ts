import * as v from 'valibot';
import { InvalidInputError } from '../../../errors.js';
import type { Raster } from '../../../media/raster.js';
import {
  readSamInstances,
  type SamInstance,
  samInstancesAtPointsToText,
} from '../../../modalities/text/sam-instances.js';
import { mergedMasks, type SamMask } from '../../../modalities/text/sam-masks.js';
import {
  checkEmbedded,
  detokenizeEmbedded,
  type EmbeddedTokens,
  fetchEmbedded,
  knownTokens,
  tokenizeEmbedded,
} from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import type { ModelDescription, WordsModality } from '../../types/description.js';
import type { PredictedInstance } from '../../types/results.js';
import { instancesMethods } from '../drawing.js';
import { box, numbers, type TextFormat, valuesInText } from './format.js';

type InstancesModality = Extract<WordsModality, { readonly kind: 'instances' }>;

/** The tokenizer of published models, which also stands in where a model has no objects. */
const PUBLISHED = 'EPFL-VILAB/4M_tokenizers_sam-instance_1k_64';
/** Pixels a side of the picture that published models place objects in. */
const PUBLISHED_SIZE = 224;
/** Words of an object's text. */
const WORDS = 21;
/** Pixels a side of a mask. */
const MASK_SIZE = 64;

/** The tokens of a mask: a grid of 4 × 4. */
const INFO = {
  name: 'masks',
  id: 0,
  kind: 'image-tokens',
  maxTokens: 16,
  inputSize: [MASK_SIZE, MASK_SIZE],
  patchSize: [MASK_SIZE / 4, MASK_SIZE / 4],
} satisfies EmbeddedTokens['info'];

const place = { box, point: v.exactOptional(v.object({ x: v.number(), y: v.number() })) };
const raster = v.custom<Raster>(
  (value) => typeof value === 'object' && value !== null && 'data' in value && 'width' in value,
  'must be a raster',
);
const schema = v.array(v.union([v.object({ ...place, tokens: numbers }), v.object({ ...place, mask: raster })]));

/** Objects without names: boxes, and masks. */
export function instancesFormat(modality: InstancesModality): TextFormat {
  const size = sizeOf(modality);
  return valuesInText(
    'objects',
    schema,
    async (objects, model) => {
      const read: SamInstance[] = [];
      for (const object of objects) {
        if ('tokens' in object) {
          if (isPackaged(modality)) await checkEmbedded(model, tokensOf(modality), object.tokens);
          read.push(object);
        } else {
          const { mask, ...rest } = object;
          read.push({ ...rest, tokens: await tokenizeEmbedded(model, tokensOf(modality), mask) });
        }
      }
      return samInstancesAtPointsToText(read);
    },
    async (tokens, text, model) => {
      const { values: parsed, unparsed } = readSamInstances(text);
      const values = isPackaged(modality) ? await withMasks(parsed, modality, model) : parsed;
      const lost = WORDS * (parsed.length - values.length);
      const reading = { values, unparsed: unparsed + lost };
      return { kind: 'instances', tokens, text, size, ...reading, ...instancesMethods(values, size) };
    },
  );
}

/** Objects with their decoded masks, without those whose tokens the package's tokenizer does not have. */
async function withMasks(
  instances: readonly SamInstance[],
  modality: InstancesModality,
  model: ModelParts,
): Promise<PredictedInstance[]> {
  const isKnown = await knownTokens(model, tokensOf(modality));
  const objects = instances.filter(({ tokens }) => isKnown(tokens));
  const masks = await detokenizeEmbedded(
    model,
    tokensOf(modality),
    objects.map(({ tokens }) => tokens),
  );
  return objects.map((object, i) => ({
    ...object,
    mask: { width: MASK_SIZE, height: MASK_SIZE, channels: 1, data: masks[i]! },
  }));
}

/** Decodes the masks of objects and merges equal ones. (`decode_sam_instances` officially.) */
export async function masksOf(instances: readonly SamInstance[], model: ModelParts): Promise<SamMask[]> {
  const tokens = instances.map((instance) => instance.tokens);
  return mergedMasks(instances, await detokenizeEmbedded(model, tokensOf(instancesIn(model.description)), tokens));
}

/** Downloads what {@link masksOf} needs. @throws CancelledError when the signal fires */
export function fetchForMasks(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return fetchEmbedded(model, tokensOf(instancesIn(model.description)), 'detokenize', signal);
}

function instancesIn({ modalities }: ModelDescription): InstancesModality | undefined {
  return Object.values(modalities).find((modality) => modality.kind === 'instances');
}

function isPackaged(modality: InstancesModality): boolean {
  return 'tokenizer' in modality && modality.tokenizer !== undefined;
}

function sizeOf(modality: InstancesModality): number {
  return ('size' in modality ? modality.size : undefined) ?? PUBLISHED_SIZE;
}

/**
 * The package's own tokenizer, or for published models and those without objects the published one.
 *
 * @throws InvalidInputError if a package has none
 */
function tokensOf(modality: InstancesModality | undefined): EmbeddedTokens {
  if (!modality || 'publishedTokenizer' in modality) {
    const tokenizer = modality?.publishedTokenizer ?? PUBLISHED;
    return { source: { kind: 'published', tokenizer }, info: INFO };
  }
  const { tokenizer, maskValues: values = 'logits' } = modality;
  if (tokenizer === undefined) throw new InvalidInputError('the package has no tokenizer of masks');
  return { source: { kind: 'mask', tokenizer, values }, info: INFO };
}
