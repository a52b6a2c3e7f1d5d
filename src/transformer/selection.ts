/**
 * Selects the tokens of a batch that enter the encoder and the decoder, and their order. On the host, with plain arrays: the
 * device embeds only selected tokens. (`forward_mask_encoder`, `cat_decoder_tensors`, `forward_mask_decoder` officially.)
 *
 * Example: an image A of four patches with the input mask [0, 1, 0, 1], and a text B of three tokens with the mask [0, 0, 1]. If
 * the fullest sample of the batch has five input tokens, the sequence of this one is
 *
 *     token      A0  A2  B0  B1  A1 (padding)
 *     position    0   2   0   1
 */
import type { ModalityInfo } from '../modalities/modality.js';
import { expandAttentionMask } from './attention-mask.js';
import { type Batch, type ModalityBatch, tokensPerSample } from './batch.js';

/** The selected tokens of one modality, sample by sample. All arrays have the same length. */
export interface GatheredTokens {
  readonly modality: string;
  /** Index of each token in the batch's sequences: `b * length + n`. */
  readonly sequenceIndices: Int32Array;
  /** Index of each token in the batch's arrays of the modality: `b * L + l`. */
  readonly tokenIndices: Int32Array;
  /** Row of the position table. */
  readonly positions: Int32Array;
}

/** The token sequences of a batch in the encoder or decoder. */
export interface Selection {
  /** B */
  readonly size: number;
  /** Sequence length: N in the encoder, M in the decoder. */
  readonly length: number;
  /** 1 for padding, [B, length]. */
  readonly padding: Uint8Array;
  /** {@link ModalityInfo.id} of each token, -1 for padding, [B, length]. */
  readonly modalityIds: Int32Array;
  /** By modality, in the order within a sequence. */
  readonly gathered: readonly GatheredTokens[];
}

/** The decoder's sequences, with the ids to predict. */
export interface TargetSelection extends Selection {
  /** 1 where a target (row) may not attend to another (column), [B, M, M]. */
  readonly attentionMask: Uint8Array;
  /** The id to predict at each position, 0 for padding, [B, M]. */
  readonly targetIds: Int32Array;
}

/** The tokens of one modality, `length` per sample: the unmasked ones are selected, the masked ones can become padding. */
interface Candidates {
  readonly info: ModalityInfo;
  readonly length: number;
  /** Distance between two samples in the batch's arrays: L, although a shifted sequence has only L - 1 candidates. */
  readonly stride: number;
  /** Whether the token at an index of the batch's arrays, `b * stride + l`, is masked. */
  readonly masked: (tokenIndex: number) => boolean;
  /** Position of each token, by the same index. */
  readonly position: Int32Array;
}

/**
 * Selects the encoder's tokens: the unmasked ones of every sample, in the order of the batch's modalities.
 *
 * @param limit maximum length of a sequence; tokens beyond it, of the last modalities, are dropped. Absent, as many as the
 *              fullest sample needs
 */
export function selectInputs(batch: Batch, infos: Readonly<Record<string, ModalityInfo>>, limit?: number): Selection {
  const candidates = Object.entries(batch.modalities)
    .filter(([name]) => name in infos)
    .map(([name, modality]): Candidates => {
      const info = infos[name]!;
      const length = tokensPerSample(info, modality, batch.size);
      const position = isSequence(info)
        ? countUnmasked(modality.inputMask, length)
        : Int32Array.from(modality.inputMask, (_, index) => index % length);
      return { info, length, stride: length, masked: (index) => modality.inputMask[index] === 1, position };
    });
  return gatherTokens(candidates, batch.size, limit).selection;
}

/**
 * Selects the decoder's tokens: the targets of every sample, in the given order of modalities. Sequences are shifted by one
 * (teacher forcing): the input at each position is the token before the one to predict.
 *
 * @param order of the modalities; others are not predicted
 * @param limit maximum length of a sequence, as for {@link selectInputs}
 */
export function selectTargets(
  batch: Batch,
  infos: Readonly<Record<string, ModalityInfo>>,
  order: readonly string[],
  attention: { causal: boolean; separate: boolean },
  limit?: number,
): TargetSelection {
  const modalities = order.map((name) => ({ info: infos[name]!, modality: batch.modalities[name]! }));
  const candidates = modalities.map(({ info, modality }) => targetCandidates(info, modality, batch.size));
  const { selection, sources } = gatherTokens(candidates, batch.size, limit);

  const total = batch.size * selection.length;
  const targetIds = new Int32Array(total);
  const compressed = new Int32Array(total);
  const modalityIds = new Int32Array(total);
  sources.forEach(({ candidate, tokenIndex }, i) => {
    const { info, modality } = modalities[candidate]!;
    compressed[i] = modality.decoderAttentionMask[tokenIndex]!;
    modalityIds[i] = info.id;
    if (!selection.padding[i]) targetIds[i] = modality.ids![tokenIndex + (isSequence(info) ? 1 : 0)]!;
  });
  const attentionMask = expandAttentionMask(compressed, modalityIds, [batch.size, selection.length], attention);
  return { ...selection, attentionMask, targetIds };
}

function targetCandidates(info: ModalityInfo, modality: ModalityBatch, size: number): Candidates {
  const stride = tokensPerSample(info, modality, size);
  const mask = modality.targetMask;
  if (!isSequence(info)) {
    const position = Int32Array.from(mask, (_, index) => index % stride);
    return { info, length: stride, stride, masked: (index) => mask[index] === 1, position };
  }
  // Positions count the targets before the shift; those beyond the table wrap to row 0, as officially.
  const longest = info.maxLength ?? info.maxTokens;
  const position = countUnmasked(mask, stride).map((p) => (p < longest ? p : 0));
  return { info, length: stride - 1, stride, masked: (index) => mask[index] === 1 || mask[index + 1] === 1, position };
}

/** The token at one position of a sequence. */
interface Source {
  /** Index of its modality among the candidates. */
  readonly candidate: number;
  readonly tokenIndex: number;
  readonly isPadding: boolean;
}

/**
 * Fills every sequence: unmasked tokens first, then masked ones as padding, each in the order of the candidates. Padding has a
 * source too, since its entry of the compressed attention mask and its modality affect the expanded mask, as officially.
 *
 * @returns the sequences, and the source of each position, [B · length]
 */
function gatherTokens(
  candidates: readonly Candidates[],
  size: number,
  limit: number | undefined,
): { selection: Selection; sources: readonly Source[] } {
  const tokensOf = (b: number): Source[] =>
    candidates.flatMap(({ length, stride, masked }, candidate) =>
      Array.from({ length }, (_, l) => {
        const tokenIndex = b * stride + l;
        return { candidate, tokenIndex, isPadding: masked(tokenIndex) };
      }),
    );
  const samples = Array.from({ length: size }, (_, b) => {
    const tokens = tokensOf(b);
    return { unmasked: tokens.filter((token) => !token.isPadding), masked: tokens.filter((token) => token.isPadding) };
  });
  const available = candidates.reduce((sum, c) => sum + c.length, 0);
  const length = Math.min(limit ?? Math.max(1, ...samples.map(({ unmasked }) => unmasked.length)), available);

  const sources = samples.flatMap(({ unmasked, masked }) => [...unmasked, ...masked].slice(0, length));
  const padding = Uint8Array.from(sources, ({ isPadding }) => Number(isPadding));
  const modalityIds = Int32Array.from(sources, (token) =>
    token.isPadding ? -1 : candidates[token.candidate]!.info.id,
  );
  const gathered = candidates.map(({ info, position }, candidate) => {
    const isOwn = (token: Source) => token.candidate === candidate && !token.isPadding;
    const sequenceIndices = Int32Array.from(sources.keys()).filter((index) => isOwn(sources[index]!));
    const tokenIndices = sequenceIndices.map((index) => sources[index]!.tokenIndex);
    return { modality: info.name, sequenceIndices, tokenIndices, positions: tokenIndices.map((l) => position[l]!) };
  });
  return { selection: { size, length, padding, modalityIds, gathered }, sources };
}

/**
 * Positions in a sequence: they count the unmasked tokens of a sample from 0, so that a masked span leaves no gap. A masked token
 * has the position of the unmasked one before it.
 */
function countUnmasked(mask: Uint8Array, length: number): Int32Array {
  let count = -1;
  return Int32Array.from(mask, (masked, index) => {
    if (index % length === 0) count = -1;
    if (!masked) count++;
    return Math.max(count, 0);
  });
}

function isSequence(info: ModalityInfo): boolean {
  return info.kind === 'sequence' || info.kind === 'sequence-embedding';
}
