/** Values to token ids and back: WordPiece for text, VQ-VAEs for images and maps. */
export type { AddedToken, BertNormalizer, TokenizerJson } from './text/tokenizer-json.js';
export { trainWordPiece, type WordPieceTraining } from './text/train-word-piece.js';
export { loadWordPiece, WordPiece } from './text/word-piece.js';
export { parseVqVaeConfig, VIT_PRESETS, type VitPreset, type VqVaeConfig } from './vq/config.js';
export { lookUp, nearestCodes, type Quantizer } from './vq/quantizer.js';
export type { Grid, VitDecoder, VitEncoder } from './vq/vit.js';
export {
  buildVqVae,
  decode,
  detokenize,
  encode,
  inputLayout,
  outputLayout,
  tokenize,
  type VqVae,
} from './vq/vqvae.js';
