import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type ModalityInfo, type ModalityKind, modalityId } from '../../src/modalities/modality.js';
import { loadParameters } from '../../src/nn/state-dict.js';
import type { Batch, ModalityBatch } from '../../src/transformer/batch.js';
import { parseFourMConfig } from '../../src/transformer/config.js';
import { buildFourM, type FourM } from '../../src/transformer/model.js';
import { type VectorCase, vectorCase } from '../vectors.js';

/** A modality as the reference's registry has it (`trans_modality_info`), with what a tiny case changes. */
interface ReferenceInfo {
  type: string;
  id: number;
  input_size?: number | [number, number];
  patch_size?: number | [number, number];
  num_channels?: number;
  vocab_size?: number;
  max_length?: number;
  orig_emb_dim?: number;
  max_tokens?: number | null;
  encoder_embedding?: { kind: string; args: { max_length?: number; sincos_pos_emb?: boolean } } | null;
}

export interface FmCase extends VectorCase {
  readonly about: VectorCase['about'] & {
    of: string;
    loss_type: 'mod' | 'token';
    num_encoder_tokens: number;
    num_decoder_tokens: number;
    encoder_modality_order: string[];
    decoder_modality_order: string[];
    modality_info_overrides: Record<string, Partial<ReferenceInfo>>;
    no_gradient: string[];
  };
}

export function fmCase(name: string): FmCase {
  return vectorCase(name) as FmCase;
}

const registry = JSON.parse(
  readFileSync(new URL('../../spec/vectors/trans_modality_info/data.json', import.meta.url)).toString(),
) as Record<string, ReferenceInfo>;

const kinds: Record<string, ModalityKind> = {
  ImageEncoderEmbedding: 'pixels',
  ImageTokenEncoderEmbedding: 'image-tokens',
  SequenceEncoderEmbedding: 'sequence',
  SequenceEmbEncoderEmbedding: 'sequence-embedding',
};

/** Our description of the reference's modalities. */
export function referenceModalities(
  names: readonly string[],
  overrides: Record<string, Partial<ReferenceInfo>> = {},
): Record<string, ModalityInfo> {
  const pair = (n: number | [number, number]): [number, number] => (typeof n === 'number' ? [n, n] : n);
  return Object.fromEntries(
    names.map((name) => {
      const info = { ...registry[name]!, ...overrides[name] };
      expect(modalityId(name)).toBe(info.id);
      const { kind, args } = info.encoder_embedding!;
      const [inputSize, patchSize] = [pair(info.input_size ?? 224), pair(info.patch_size ?? 16)];
      const maxLength = info.max_length ?? args.max_length;
      return [
        name,
        {
          name,
          id: info.id,
          kind: kinds[kind]!,
          vocabSize: info.vocab_size,
          maxTokens: info.max_tokens ?? (inputSize[0] / patchSize[0]) * (inputSize[1] / patchSize[1]),
          inputSize,
          patchSize,
          channels: info.num_channels,
          maxLength,
          embeddingDim: info.orig_emb_dim ?? 4096,
          learnedPositions: args.sincos_pos_emb === false,
        } as ModalityInfo,
      ];
    }),
  );
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
  const order = [...new Set([...about.encoder_modality_order, ...about.decoder_modality_order])];
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
