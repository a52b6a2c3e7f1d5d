/** Details of generated tokens besides their probability: the distribution that they were drawn from, and attention. */
import { patchCount } from '../transformer/batch.js';
import { selectEncoderInputs } from '../transformer/forward.js';
import type { FourM } from '../transformer/model.js';
import type { GatheredTokens } from '../transformer/selection.js';
import type { Passes } from './guidance.js';

/** Details to report of each generated token. */
export interface TokenDetails {
  /** Number of tokens of highest probability to report; none if absent. */
  readonly alternatives?: number | undefined;
  /** Whether the shares of the inputs in the cross-attention are computed. */
  readonly attention?: boolean | undefined;
}

/** Shares of the tokens of one input modality in the decoder's cross-attention, the mean over heads and blocks. */
export interface InputAttention {
  readonly modality: string;
  /**
   * Of images by position in the grid, 0 where the token is not input; of sequences by index in the input. Over all modalities they sum
   * to 1, less the shares of register tokens.
   */
  readonly shares: Float32Array;
  /** Ids of a sequence's tokens. */
  readonly ids?: Int32Array;
}

/** The attention of a decoded token: of each conditional pass, and of each modality that is input there. */
export type ReadAttention = (sample: number, token: number) => InputAttention[][];

/**
 * Splits the attention shares of a decoder's output by modality. Call it before the inputs change.
 *
 * @param passes of the step
 * @param shares from `decode`, pass after pass, [P·B, M, N]
 * @param tokens M, tokens of a sample
 */
export function attentionReader(
  model: FourM,
  { batches }: Passes,
  shares: Float32Array,
  tokens: number,
): ReadAttention {
  const size = batches[0]!.size;
  const length = shares.length / (batches.length * size * tokens);
  const conditional = batches.length > 1 ? batches.slice(0, -1) : batches;
  const inputs = conditional.map((batch) => {
    const selection = selectEncoderInputs(model, batch);
    return selection.gathered.map((gathered) => {
      const { ids } = batch.modalities[gathered.modality]!;
      return Array.from({ length: size }, (_, b) => inputTokens(model, gathered, ids, selection.length, b));
    });
  });
  return (sample, token) =>
    inputs.map((modalities, p) => {
      const row = ((p * size + sample) * tokens + token) * length;
      return modalities.flatMap((samples) => {
        const { modality, reported, columns, count, ids } = samples[sample]!;
        if (columns.length === 0) return [];
        const own = new Float32Array(count);
        columns.forEach((column, i) => {
          own[reported[i]!] = shares[row + column]!;
        });
        return [{ modality, shares: own, ...(ids && { ids }) }];
      });
    });
}

/** The tokens of a modality that are input in a sample. */
interface InputTokens {
  readonly modality: string;
  /** Index of each in the report. */
  readonly reported: readonly number[];
  /** Index of each in the encoder's output. */
  readonly columns: readonly number[];
  /** Length of the report. */
  readonly count: number;
  /** Of sequences. */
  readonly ids: Int32Array | undefined;
}

function inputTokens(
  model: FourM,
  { modality, sequenceIndices, tokenIndices, positions }: GatheredTokens,
  ids: Int32Array | undefined,
  length: number,
  sample: number,
): InputTokens {
  const own = Array.from(sequenceIndices.keys()).filter((i) => Math.floor(sequenceIndices[i]! / length) === sample);
  const info = model.modalities[modality]!;
  const isSequence = info.kind === 'sequence' || info.kind === 'sequence-embedding';
  return {
    modality,
    reported: own.map((i) => positions[i]!),
    columns: own.map((i) => model.config.num_register_tokens + (sequenceIndices[i]! % length)),
    count: isSequence ? own.length : patchCount(info),
    ids: info.kind === 'sequence' ? Int32Array.from(own, (i) => ids![tokenIndices[i]!]!) : undefined,
  };
}
