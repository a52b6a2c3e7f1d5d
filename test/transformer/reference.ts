import type { ModalityInfo } from '../../src/modalities/modality.js';
import { type ModalityOverride, overrideModalities } from '../../src/modalities/overrides.js';
import { publishedModalities } from '../../src/modalities/published.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import type { Batch, ModalityBatch } from '../../src/transformer/batch.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { type VectorCase, vectorCase } from '../vectors.js';

export interface FmCase extends VectorCase {
  readonly about: VectorCase['about'] & {
    num_encoder_tokens: number;
    num_decoder_tokens: number;
    modality_order: { in: string[] };
    decoder_modality_order: string[];
    modality_info_overrides: Record<string, ModalityOverride>;
  };
}

export function fmCase(name: string): FmCase {
  return vectorCase(name) as FmCase;
}

/** The published modalities of these names, with what a tiny case changes. */
export function referenceModalities(
  names: readonly string[],
  overrides: Readonly<Record<string, ModalityOverride>> = {},
): Record<string, ModalityInfo> {
  const modalities = overrideModalities(publishedModalities, overrides);
  return Object.fromEntries(names.map((name) => [name, modalities[name]!]));
}

/** The model of a case, with its weights. */
export async function referenceModel({ about, model }: FmCase): Promise<FourM> {
  const config = parseFourMConfig(about.config);
  const names = [...new Set([...config.domains_in, ...config.domains_out])];
  const built = buildFourM(config, referenceModalities(names, about.modality_info_overrides));
  await loadParameters(built.parameters.all, model);
  return built;
}

/** The inputs of a case. */
export function referenceBatch({ about, data }: FmCase, model: FourM): Batch {
  const order = about.modality_order.in;
  const modalities: Record<string, ModalityBatch> = {};
  for (const name of order) {
    const values = data.read(`in.${name}.tensor`);
    const { kind } = model.modalities[name]!;
    modalities[name] = {
      ...(kind === 'pixels' && { pixels: values as Float32Array }),
      ...(kind === 'sequence-embedding' && { embeddings: values as Float32Array }),
      ...((kind === 'image-tokens' || kind === 'sequence') && { ids: values as Int32Array }),
      inputMask: data.read(`in.${name}.input_mask`) as Uint8Array,
      targetMask: data.read(`in.${name}.target_mask`) as Uint8Array,
      decoderAttentionMask: data.read(`in.${name}.decoder_attention_mask`) as Int32Array,
    };
  }
  return { size: data.tensors.get(`in.${order[0]}.tensor`)!.shape[0]!, modalities };
}
