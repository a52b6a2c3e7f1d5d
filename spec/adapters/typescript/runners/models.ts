/** Models and batches as the cases of the transformer and of decoding hold them. */
import { InvalidInputError } from '../../../../src/errors.js';
import type { ModalityInfo } from '../../../../src/modalities/modality.js';
import { type ModalityOverride, overrideModalities } from '../../../../src/modalities/overrides.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { loadParameters } from '../../../../src/nn/state-dict.js';
import type { Batch, ModalityBatch } from '../../../../src/transformer/batch.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../../../src/transformer/model.js';
import type { ConformanceCase } from '../../../harness/case.js';

/** The modalities of a case: the published ones, changed as the case says. */
export function caseModalities({ about }: ConformanceCase): Record<string, ModalityInfo> {
  const overrides = (about.modality_info_overrides ?? {}) as Record<string, ModalityOverride>;
  return overrideModalities(publishedModalities, overrides);
}

/**
 * Runs something with the model of a case, whose weights are let go of afterwards. They may lie in another case, which then
 * says what the model is made of where the case itself does not.
 */
export async function withModel<T>(reference: ConformanceCase, work: (model: FourM) => Promise<T>): Promise<T> {
  const weights = checkpointOf(reference);
  const described = reference.about.config ? reference : weights;
  const model = buildFourM(parseFourMConfig(described.config), caseModalities(described));
  try {
    await loadParameters(model.parameters.all, weights.safetensors());
    return await work(model);
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

/** The case whose checkpoint is that of a case. */
function checkpointOf(reference: ConformanceCase): ConformanceCase {
  if (reference.about.model === undefined) return reference;
  const name = /^\.\.\/([^/]+)\/model\.safetensors$/.exec(String(reference.about.model))?.[1];
  if (name === undefined) throw new InvalidInputError(`${reference.name}: "model" names no checkpoint of another case`);
  return reference.sibling(name);
}

/**
 * The inputs of a case, in the order in which it lists them unless it says in which the model gets them.
 *
 * @param under what their names start with
 */
export function caseBatch(reference: ConformanceCase, model: FourM, under = 'in'): Batch {
  const order = orderOf(reference, `${under}.`);
  const [first] = order;
  if (first === undefined) throw new InvalidInputError(`${reference.name} has no inputs`);
  const modalities: Record<string, ModalityBatch> = {};
  for (const name of order) {
    const input = `${under}.${name}`;
    const inputMask = reference.bytes(`${input}.input_mask`);
    const attention = `${input}.decoder_attention_mask`;
    modalities[name] = {
      ...valuesOf(reference, input, model.modalities[name]?.kind),
      inputMask,
      targetMask: reference.bytes(`${input}.target_mask`),
      decoderAttentionMask: reference.data.tensors.has(attention)
        ? reference.ints(attention)
        : new Int32Array(inputMask.length),
    };
  }
  return { size: reference.shape(`${under}.${first}.tensor`)[0]!, modalities };
}

function valuesOf(
  reference: ConformanceCase,
  input: string,
  kind: ModalityInfo['kind'] | undefined,
): Pick<ModalityBatch, 'ids' | 'pixels' | 'embeddings'> {
  switch (kind) {
    case 'pixels':
      return { pixels: reference.floats(`${input}.tensor`) };
    case 'sequence-embedding':
      return { embeddings: reference.floats(`${input}.tensor`) };
    default:
      return { ids: reference.ints(`${input}.tensor`) };
  }
}

function orderOf({ about, data }: ConformanceCase, under: string): string[] {
  const read = about.encoder_modality_order as string[] | undefined;
  const predicted = about.decoder_modality_order as string[] | undefined;
  if (read && predicted) return [...new Set([...read, ...predicted])];
  const listed = Object.keys((about.inputs as object | undefined) ?? Object.fromEntries(data.tensors));
  return listed
    .filter((key) => key.startsWith(under) && key.endsWith('.tensor'))
    .map((key) => key.slice(under.length, -'.tensor'.length));
}
