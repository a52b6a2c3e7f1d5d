/** The published tokenizers: their inputs, and the preprocessing and postprocessing around them. */
export { drawOutput } from './draw.js';
export { type PreparedValues, prepareFor } from './prepare.js';
export type {
  NetworkPreprocessing,
  PicturePreprocessing,
  Preprocessing,
  PreprocessingByKind,
  PublishedTokenizer,
  Resolutions,
  TokenizerInputs,
  TokenizerOutputs,
  ValueKind,
} from './preset.js';
export {
  type NamedTokenizers,
  PUBLISHED_TOKENIZERS,
  publishedTokenizer,
  TOKENIZER_RECIPES,
  type UnnamedTokenizer,
} from './presets.js';
export { type DecodedValues, restoreFrom } from './restore.js';
export {
  detokenizeWith,
  type PreparedInput,
  prepareWith,
  type TokenGrid,
  tokenizePrepared,
  tokenizeWith,
} from './tokenize.js';
