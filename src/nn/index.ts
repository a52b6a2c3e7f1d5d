/** Named tensors, and the layers that the tokenizers and the transformer are made of. */
export type {
  AttentionConfig,
  CrossAttention,
  HeadNorms,
  KVCache,
  SelfAttention,
} from './attention.js';
export type { Block, BlockConfig } from './block.js';
export type { Convolution } from './convolution.js';
export { crossEntropy } from './cross-entropy.js';
export type { GroupNorm } from './group-norm.js';
export type { Initializer } from './initializers.js';
export type { LayerNorm } from './layer-norm.js';
export { LazyWeights } from './lazy-weights.js';
export type { Linear, Lora } from './linear.js';
export { addLora, type LoraOptions, mergeLora } from './lora.js';
export type { Activation, Mlp } from './mlp.js';
export type { PackedMatrix } from './packed/packed-matrix.js';
export type { WeightDtype } from './packed/packing.js';
export { Parameter, ParameterList, type ParameterOptions } from './parameters.js';
export { parametersIn } from './parameters-in.js';
export { fromPatches, type PatchLayout, toPatches } from './patches.js';
export {
  checkParameters,
  loadParameters,
  type StoredTensor,
  stateDict,
  type TensorReader,
  type Values,
} from './state-dict.js';
