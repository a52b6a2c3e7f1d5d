import type { MaskedModality } from './masked.js';
import { mergeSpans } from './span-mask.js';

/** Text of a masked or generated sequence. */
export interface MaskedText {
  /** The input with its sentinels. */
  readonly input: string;
  /** The target with its sentinels. */
  readonly target: string;
  /** The input with every sentinel replaced by the tokens of its span in the target. */
  readonly merged: string;
}

/** The part of a text vocabulary needed to decode text; a `WordPiece` is one. */
export interface ReadableVocabulary {
  readonly sentinelIds: readonly number[];
  /** The text of token ids, special tokens included. */
  decode(ids: Iterable<number>): string;
}

/** Decodes one masked sequence, special tokens included. (`decode_text` officially, for a batch.) */
export function decodeText(
  { ids, inputMask, targetMask }: Pick<MaskedModality, 'ids' | 'inputMask' | 'targetMask'>,
  vocabulary: ReadableVocabulary,
): MaskedText {
  const input = Array.from(ids).filter((_, i) => inputMask[i] === 0);
  const target = Array.from(ids).filter((_, i) => targetMask[i] === 0);
  return {
    input: vocabulary.decode(input),
    target: vocabulary.decode(target),
    merged: vocabulary.decode(mergeSpans(input, target, vocabulary.sentinelIds)),
  };
}
