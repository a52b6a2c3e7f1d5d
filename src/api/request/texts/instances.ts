import * as v from 'valibot';
import { readSamInstances, type SamInstance, toldInstancesToText } from '../../../modalities/text/sam-instances.js';
import { mergedMasks, type SamMask } from '../../../modalities/text/sam-masks.js';
import { detokenizeEmbedded, type EmbeddedTokens, fetchEmbedded } from '../../codecs/embedded.js';
import type { ModelParts } from '../../resources/model-parts.js';
import { instancesMethods } from './drawing.js';
import { box, numbers, valuesInText } from './format.js';

const MASKS: EmbeddedTokens = {
  tokenizer: 'EPFL-VILAB/4M_tokenizers_sam-instance_1k_64',
  info: {
    name: 'masks',
    id: 0,
    kind: 'image-tokens',
    maxTokens: 16,
    inputSize: [64, 64],
    patchSize: [16, 16],
  },
};

const schema = v.array(
  v.object({ box, tokens: numbers, point: v.exactOptional(v.object({ x: v.number(), y: v.number() })) }),
);

/** Objects without names: boxes, and tokens of their masks. */
export const INSTANCES = valuesInText('objects', schema, toldInstancesToText, (tokens, text) => {
  const reading = readSamInstances(text);
  return { kind: 'instances', tokens, text, ...reading, ...instancesMethods(reading.values) };
});

/** Decodes the masks of objects and merges equal ones. (`decode_sam_instances` officially.) */
export async function masksOf(instances: readonly SamInstance[], model: ModelParts): Promise<SamMask[]> {
  const masks = await detokenizeEmbedded(
    model,
    MASKS,
    instances.map(({ tokens }) => tokens),
  );
  return mergedMasks(instances, masks);
}

/** Downloads what {@link masksOf} needs. @throws CancelledError when the signal fires */
export function fetchForMasks(model: ModelParts, signal?: AbortSignal): Promise<void> {
  return fetchEmbedded(model, MASKS, 'detokenize', signal);
}
