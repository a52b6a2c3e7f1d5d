/**
 * Which tokens of a batch enter the encoder and the decoder, and in which places. All on the host, as plain arrays: the
 * device embeds only what was chosen. (`forward_mask_encoder`, `cat_decoder_tensors`, `forward_mask_decoder` officially.)
 */
import type { ModalityInfo } from '../modalities/modality.js';
import { expandAttentionMask } from './attention-mask.js';
import { type Batch, type ModalityBatch, tokensPerSample } from './batch.js';

/** The chosen tokens of one modality, those of the first sample first. All arrays have the same length. */
export interface GatheredTokens {
  readonly modality: string;
  /** The place of the token among all samples' places: `b * count + n`. */
  readonly sequenceIndices: Int32Array;
  /** Where the token lies in the batch's arrays of the modality: `b * L + l`. */
  readonly tokenIndices: Int32Array;
  /** Row of the table of positions. */
  readonly positions: Int32Array;
}

/** Places of a transformer sequence and what fills them. */
export interface Selection {
  /** B */
  readonly size: number;
  /** Places a sample has: N in the encoder, M in the decoder. */
  readonly length: number;
  /** 1 where a place is padding, [B, count]. */
  readonly padding: Uint8Array;
  /** {@link ModalityInfo.id} of the token of each place, -1 for padding, [B, count]. */
  readonly modalityIds: Int32Array;
  /** By modality, in the order in which samples have them. */
  readonly gathered: readonly GatheredTokens[];
}

/** What the decoder gets, and should say. */
export interface TargetSelection extends Selection {
  /** 1 where a target (row) may not look at another (column), [B, M, M]. */
  readonly attentionMask: Uint8Array;
  /** The id to be predicted at each place, 0 for padding, [B, M]. */
  readonly targetIds: Int32Array;
}

/** One modality as the selection sees it: `length` tokens a sample, the masked ones never chosen but as padding. */
interface Candidates {
  readonly info: ModalityInfo;
  readonly length: number;
  /** Distance of two samples in the arrays of the batch: L, although a shifted sequence has one candidate less. */
  readonly stride: number;
  readonly masked: (place: number) => boolean;
  readonly position: Int32Array;
}

/**
 * Chooses the encoder's tokens: in every sample the unmasked ones, in the order of the batch's modalities.
 *
 * @param limit places a sample has at most; tokens of the last modalities that do not fit are dropped. Absent, as many as
 *              the fullest sample needs
 */
export function selectInputs(batch: Batch, infos: Readonly<Record<string, ModalityInfo>>, limit?: number): Selection {
  const candidates = Object.entries(batch.modalities)
    .filter(([name]) => name in infos)
    .map(([name, modality]): Candidates => {
      const info = infos[name]!;
      const length = tokensPerSample(info, modality, batch.size);
      const position = isSequence(info)
        ? countUnmasked(modality.inputMask, length)
        : Int32Array.from(modality.inputMask, (_, place) => place % length);
      return { info, length, stride: length, masked: (place) => modality.inputMask[place] === 1, position };
    });
  return gatherTokens(candidates, batch.size, limit).selection;
}

/**
 * Chooses the decoder's tokens: in every sample the targets, in the given order of modalities. A sequence is shifted: a
 * token enters where the next one is to be predicted.
 *
 * @param order of the modalities; what is not named is not predicted
 * @param limit places a sample has at most, as for {@link selectInputs}
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
  const idsBeforePadding = new Int32Array(total);
  sources.forEach(({ candidate, place }, slot) => {
    const { info, modality } = modalities[candidate]!;
    compressed[slot] = modality.decoderAttentionMask[place]!;
    idsBeforePadding[slot] = info.id;
    if (!selection.padding[slot]) targetIds[slot] = modality.ids![place + (isSequence(info) ? 1 : 0)]!;
  });
  const blocked = expandAttentionMask(compressed, idsBeforePadding, [batch.size, selection.length], attention);
  return { ...selection, attentionMask: blocked, targetIds };
}

function targetCandidates(info: ModalityInfo, modality: ModalityBatch, size: number): Candidates {
  const stride = tokensPerSample(info, modality, size);
  const mask = modality.targetMask;
  if (!isSequence(info)) {
    const position = Int32Array.from(mask, (_, place) => place % stride);
    return { info, length: stride, stride, masked: (place) => mask[place] === 1, position };
  }
  // Positions count the targets before the shift; those beyond the table fall back to its start, as officially.
  const longest = info.maxLength ?? info.maxTokens;
  const position = countUnmasked(mask, stride).map((p) => (p < longest ? p : 0));
  return { info, length: stride - 1, stride, masked: (place) => mask[place] === 1 || mask[place + 1] === 1, position };
}

/** Fills the places of every sample: unmasked tokens first, then masked ones as padding, each in the order of the candidates. */
function gatherTokens(
  candidates: readonly Candidates[],
  size: number,
  limit: number | undefined,
): { selection: Selection; sources: { candidate: number; place: number }[] } {
  const ordered = Array.from({ length: size }, (_, b) => {
    const unmasked: { candidate: number; place: number }[] = [];
    const masked: { candidate: number; place: number }[] = [];
    candidates.forEach((c, candidate) => {
      for (let l = 0; l < c.length; l++) {
        const place = b * c.stride + l;
        (c.masked(place) ? masked : unmasked).push({ candidate, place });
      }
    });
    return { unmasked, masked };
  });
  const available = candidates.reduce((sum, c) => sum + c.length, 0);
  const count = Math.min(limit ?? Math.max(1, ...ordered.map(({ unmasked }) => unmasked.length)), available);

  const padding = new Uint8Array(size * count);
  const modalityIds = new Int32Array(size * count).fill(-1);
  const slots: number[][] = candidates.map(() => []);
  const places: number[][] = candidates.map(() => []);
  const sources = ordered.flatMap(({ unmasked, masked }, b) => {
    unmasked.slice(0, count).forEach(({ candidate, place }, n) => {
      modalityIds[b * count + n] = candidates[candidate]!.info.id;
      slots[candidate]!.push(b * count + n);
      places[candidate]!.push(place);
    });
    padding.fill(1, b * count + Math.min(unmasked.length, count), (b + 1) * count);
    return [...unmasked, ...masked].slice(0, count);
  });
  const chosen = candidates.map((c, i) => ({
    modality: c.info.name,
    sequenceIndices: Int32Array.from(slots[i]!),
    tokenIndices: Int32Array.from(places[i]!),
    positions: Int32Array.from(places[i]!, (place) => c.position[place]!),
  }));
  return { selection: { size, length: count, padding, modalityIds, gathered: chosen }, sources };
}

/** Numbers the unmasked tokens of every sample from 0; masked ones get the number before. */
function countUnmasked(mask: Uint8Array, length: number): Int32Array {
  let count = -1;
  return Int32Array.from(mask, (masked, place) => {
    if (place % length === 0) count = -1;
    if (!masked) count++;
    return Math.max(count, 0);
  });
}

function isSequence(info: ModalityInfo): boolean {
  return info.kind === 'sequence' || info.kind === 'sequence-embedding';
}
