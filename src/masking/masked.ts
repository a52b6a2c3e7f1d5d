/**
 * One modality of a training sample after masking, in the published convention. `L` is the number of tokens of an image,
 * and `2 * (maxTokens + 1)` for a sequence, which holds its input part followed by its target part.
 */
export interface MaskedModality {
  /** Token ids, [L]; padding where neither input nor target. Empty for pixels, whose values the caller has. */
  ids: Int32Array;
  /** 0 where a token is input, 1 where it is masked out, [L]. */
  inputMask: Uint8Array;
  /** 0 where a token is target, 1 where it is masked out, [L]. */
  targetMask: Uint8Array;
  /**
   * Compressed self-attention mask of the decoder, [L]: target `i` attends to the first n selected targets, where n is the sum of
   * the entries up to its own. A sequence has 1 at every target (causal); an image has the number of its targets at the first
   * one (full attention).
   */
  decoderAttentionMask: Int32Array;
}

/** The special tokens that masking needs; a `WordPiece` is one. */
export interface SequenceVocabulary {
  padId: number;
  eosId: number;
  /** Entry `k` is the id of sentinel `[S_k]`. Spans are numbered from 1. */
  sentinelIds: readonly number[];
}
