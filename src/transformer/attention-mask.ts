/**
 * Who sees whom in the decoder. (`adapt_decoder_attention_mask` officially.)
 *
 * Target `i` sees the first `compressed[0] + … + compressed[i]` targets: [4, 0, 0, 0] lets four targets all see each other,
 * [1, 1, 1, 1] lets each see itself and those before it.
 *
 * @param compressed  [B, M]
 * @param modalityIds [B, M], those of padding included
 * @param shape       [B, M]
 * @param causal      each target sees itself and those before it, whatever `compressed` says
 * @param separate    targets see only those of their own modality
 * @returns           1 where a target (row) may not look, [B, M, M]
 */
export function expandAttentionMask(
  compressed: Int32Array,
  modalityIds: Int32Array,
  [size, count]: readonly [number, number],
  { causal, separate }: { causal: boolean; separate: boolean },
): Uint8Array {
  const blocked = new Uint8Array(size * count * count);
  for (let b = 0; b < size; b++) {
    let seen = 0;
    for (let i = 0; i < count; i++) {
      seen += compressed[b * count + i]!;
      const row = (b * count + i) * count;
      for (let j = 0; j < count; j++) {
        const hidden = causal ? j > i : j >= seen;
        const foreign = separate && modalityIds[b * count + i] !== modalityIds[b * count + j];
        blocked[row + j] = hidden || foreign ? 1 : 0;
      }
    }
  }
  return blocked;
}
