/** Values to token ids and back: WordPiece for text, VQ-VAEs for images, maps and vectors. */
export type { AddedToken, BertNormalizer, TokenizerJson } from './text/tokenizer-json.js';
export { trainWordPiece, type WordPieceTraining } from './text/train-word-piece.js';
export { loadWordPiece, WordPiece } from './text/word-piece.js';
export type { BottleneckMlp } from './vq/bottleneck-mlp.js';
export { parseVqVaeConfig, VIT_PRESETS, type VitPreset, type VqVaeConfig } from './vq/config.js';
export type { ConvNextBlock } from './vq/conv-next.js';
export type { Memcodes } from './vq/memcodes.js';
export type { Decoder, Encoder } from './vq/network.js';
export { lookUp, nearestCodes, type Quantizer } from './vq/quantizer.js';
export type { Grid, VitDecoder, VitEncoder } from './vq/vit.js';
export {
  buildVqVae,
  decode,
  detokenize,
  encode,
  inputLayout,
  latentsToTokens,
  outputLayout,
  tokenize,
  tokensToEmbedding,
  type VqEncoder,
  type VqVae,
} from './vq/vqvae.js';
