/** Models and batches of the cases of the transformer and of decoding. */
import { InvalidInputError } from '../../../../src/errors.js';
import type { ModalityInfo } from '../../../../src/modalities/modality.js';
import { type ModalityOverride, overrideModalities } from '../../../../src/modalities/overrides.js';
import { publishedModalities } from '../../../../src/modalities/published.js';
import { loadParameters } from '../../../../src/nn/state-dict.js';
import type { Batch, ModalityBatch } from '../../../../src/transformer/batch.js';
import { parseFourMConfig } from '../../../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../../../src/transformer/model.js';
import type { Inputs } from '../inputs.js';

/** The modalities of a task: the published ones, with the overrides of the task. */
export function caseModalities({ options }: Inputs): Record<string, ModalityInfo> {
  const overrides = (options.modality_info_overrides ?? {}) as Record<string, ModalityOverride>;
  return overrideModalities(publishedModalities, overrides);
}

/** Runs a function with the model of a task, and frees its weights afterwards. */
export async function withModel<T>(task: Inputs, work: (model: FourM) => Promise<T>): Promise<T> {
  const model = buildFourM(parseFourMConfig(task.config), caseModalities(task));
  try {
    await loadParameters(model.parameters.all, task.checkpoint());
    return await work(model);
  } finally {
    for (const parameter of model.parameters.all) parameter.dispose();
  }
}

/**
 * The inputs of a task, in the order in which the model gets them.
 *
 * @param under prefix of their names
 */
export function caseBatch(task: Inputs, model: FourM, under = 'in'): Batch {
  const order = orderOf(task, under);
  const [first] = order;
  if (first === undefined) throw new InvalidInputError(`there are no inputs ${under}.*`);
  const modalities: Record<string, ModalityBatch> = {};
  for (const name of order) {
    const input = `${under}.${name}`;
    const inputMask = task.bytes(`${input}.input_mask`);
    const attention = `${input}.decoder_attention_mask`;
    modalities[name] = {
      ...valuesOf(task, input, model.modalities[name]?.kind),
      inputMask,
      targetMask: task.bytes(`${input}.target_mask`),
      decoderAttentionMask: task.has(attention) ? task.ints(attention) : new Int32Array(inputMask.length),
    };
  }
  return { size: task.shape(`${under}.${first}.tensor`)[0]!, modalities };
}

function valuesOf(
  task: Inputs,
  input: string,
  kind: ModalityInfo['kind'] | undefined,
): Pick<ModalityBatch, 'ids' | 'pixels' | 'embeddings'> {
  switch (kind) {
    case 'pixels':
      return { pixels: task.floats(`${input}.tensor`) };
    case 'sequence-embedding':
      return { embeddings: task.floats(`${input}.tensor`) };
    default:
      return { ids: task.ints(`${input}.tensor`) };
  }
}

function orderOf({ options }: Inputs, under: string): readonly string[] {
  return (options.modality_order as Record<string, string[]>)[under] ?? [];
}
