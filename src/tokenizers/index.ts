/// <reference types="long" preserve="true" />
/**
 * Values to token ids and back: WordPiece for text; VQ-VAEs, of which some decode by diffusion, for images, maps and vectors.
 * The parts that diffusion is made of are a namespace of their own.
 */
export {
  buildDiVae,
  type DiffusionOptions,
  type DiVae,
  type DiVaePresets,
  detokenizeByDiffusion,
  sampleImages,
} from './diffusion/divae.js';
export * as diffusion from './diffusion/index.js';
export {
  type DecodedValues,
  detokenizeWith,
  drawOutput,
  type NamedTokenizers,
  type NetworkPreprocessing,
  type PicturePreprocessing,
  type PreparedValues,
  type Preprocessing,
  type PreprocessingByKind,
  PUBLISHED_TOKENIZERS,
  type PublishedTokenizer,
  prepareFor,
  publishedTokenizer,
  type Resolutions,
  restoreFrom,
  TOKENIZER_RECIPES,
  type TokenGrid,
  type TokenizerInputs,
  type TokenizerOutputs,
  tokenizeWith,
  type UnnamedTokenizer,
  type ValueKind,
} from './published/index.js';
export type { AddedToken, BertNormalizer, TokenizerJson } from './text/tokenizer-json.js';
export { trainWordPiece, type WordPieceTraining } from './text/train-word-piece.js';
export { loadWordPiece, WordPiece } from './text/word-piece.js';
export { buildTokenizer, decodeTokens, type Tokenizer } from './tokenizer.js';
export type { BottleneckMlp } from './vq/bottleneck-mlp.js';
export { parseVqVaeConfig, VIT_PRESETS, type VitPreset, type VqVaeConfig } from './vq/config.js';
export type { ConvNextBlock } from './vq/conv-next.js';
export type { Memcodes } from './vq/memcodes.js';
export type { Decoder, Encoder } from './vq/network.js';
export { comparedLatents, lookUpCodes, nearestCodes, type Quantizer, splitHeads } from './vq/quantizer.js';
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
