/** The published tokenizers: what each reads, and how ordinary data become that, and back. */
export { drawOutput } from './draw.js';
export { type PreparedValues, prepareFor } from './prepare.js';
export type {
  Preprocessing,
  PublishedTokenizer,
  Resolutions,
  TokenizerInputs,
  TokenizerOutputs,
  ValueKind,
} from './preset.js';
export { PUBLISHED_TOKENIZERS, publishedTokenizer, TOKENIZER_RECIPES } from './presets.js';
export { type DecodedValues, restoreFrom } from './restore.js';
export {
  detokenizeWith,
  type PreparedInput,
  prepareWith,
  type TokenGrid,
  tokenizePrepared,
  tokenizeWith,
} from './tokenize.js';
