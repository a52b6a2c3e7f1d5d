import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * A modality of the transformer.
 *
 * - `pixels`: image patches that enter as pixel values, such as `rgb@224`; input only
 * - `image-tokens`: a grid of token ids from a tokenizer, such as `tok_depth@224`
 * - `sequence`: text token ids from the WordPiece vocabulary, such as `caption` and `det`
 * - `sequence-embedding`: vectors from another text encoder, such as `t5_caption`; input only
 */
export type ModalityKind = 'pixels' | 'image-tokens' | 'sequence' | 'sequence-embedding';

/** Properties of a modality for the transformer and for masking; `kind` determines which fields are present. */
export interface ModalityInfo {
  /** The published name, such as `tok_rgb@224`. */
  name: string;
  /** Identifies the modality's tokens in a mixed sequence: {@link modalityId} of the name. */
  id: number;
  kind: ModalityKind;
  /** Number of token ids; for `image-tokens` and `sequence`. */
  vocabSize?: number;
  /** Maximum number of tokens of a sample: `h * w` of the grid, or the longest sequence without its sentinels. */
  maxTokens: number;
  /** Height and width in pixels; for `pixels` and `image-tokens`. */
  inputSize?: [number, number];
  /** Height and width of a patch in pixels; for `pixels` and `image-tokens`. */
  patchSize?: [number, number];
  /** Channels of a pixel; for `pixels`. */
  channels?: number;
  /** Rows of the decoder's table of sequence positions; for `sequence`. */
  maxLength?: number;
  /** Length of one embedding vector; for `sequence-embedding`. */
  embeddingDim?: number;
  /** Positions are learned, not sines and cosines: as published, of `image-tokens` that describe the whole image (global features). */
  learnedPositions?: boolean;
}

/** The 15-bit id of a modality name: the last 15 bits of the SHA-256 of its UTF-8 bytes. (`generate_uint15_hash` officially.) */
export function modalityId(name: string): number {
  const digest = sha256(utf8ToBytes(name));
  return ((digest[30]! & 0x7f) << 8) | digest[31]!;
}
