/** The 4M model: token ids and masks to logits and losses. */
export type { Batch, ModalityBatch } from './batch.js';
export { type FmVitConfig, type FourMConfig, parseFmVitConfig, parseFourMConfig } from './config.js';
export type { DecoderBlock } from './decoder-block.js';
export { type InputEmbedding, type TargetEmbedding, targetLogits } from './embeddings.js';
export { buildEncoder, copyEncoder } from './encoder-only.js';
export { buildFmVit, type FmVit, fmVit } from './fm-vit.js';
export {
  type DecoderContext,
  decode,
  decoderContext,
  type EncoderOutput,
  embedInputs,
  embedTargets,
  encode,
  type ForwardOptions,
  forward,
} from './forward.js';
export { type LoraTarget, loraLayers } from './lora-layers.js';
export { fourMLoss, type Losses, type LossOptions } from './loss.js';
export { buildFourM, type FourM } from './model.js';
export { adaptResolution } from './resolution.js';
export {
  type GatheredTokens,
  type Selection,
  selectInputs,
  selectTargets,
  type TargetSelection,
} from './selection.js';
export { ensureLoaded, taskParameters, withLazyWeights } from './task-weights.js';
