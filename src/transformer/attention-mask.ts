/**
 * Expands the decoder's compressed self-attention mask. (`adapt_decoder_attention_mask` officially.)
 *
 * Target `i` attends to the first `compressed[0] + … + compressed[i]` targets: [4, 0, 0, 0] lets four targets attend to each
 * other, [1, 1, 1, 1] is a causal mask.
 *
 * @param compressed  [B, M]
 * @param modalityIds [B, M], those of padding included
 * @param shape       [B, M]
 * @param causal      a causal mask, regardless of `compressed`
 * @param separate    targets attend only to targets of their own modality
 * @returns           1 where a target (row) may not attend to another (column), [B, M, M]
 */
export function expandAttentionMask(
  compressed: Int32Array,
  modalityIds: Int32Array,
  [size, count]: readonly [number, number],
  { causal, separate }: { causal: boolean; separate: boolean },
): Uint8Array {
  const mask = new Uint8Array(size * count * count);
  for (let b = 0; b < size; b++) {
    let visible = 0;
    for (let i = 0; i < count; i++) {
      visible += compressed[b * count + i]!;
      const row = (b * count + i) * count;
      for (let j = 0; j < count; j++) {
        const beyond = causal ? j > i : j >= visible;
        const otherModality = separate && modalityIds[b * count + i] !== modalityIds[b * count + j];
        mask[row + j] = beyond || otherModality ? 1 : 0;
      }
    }
  }
  return mask;
}
