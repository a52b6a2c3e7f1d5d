/** Logits to token ids: MaskGIT, ROAR, autoregressive decoding, guidance, and chains of targets. */
export { autoregressiveStep, type SequenceOptions } from './autoregressive.js';
export {
  type ChainOptions,
  type DecodingProgress,
  type GeneratedTokens,
  runChain,
  type TargetProgress,
} from './chain.js';
export {
  type ChainPlan,
  chainSteps,
  type DecodingMethod,
  type DecodingStep,
  type DecodingTarget,
} from './chain-steps.js';
export type { DecodingCost } from './cost.js';
export { EncoderCache } from './encoder-cache.js';
export { type GenerationRequest, generateTokens, type WeightedInputs } from './generate.js';
export type { Condition, Guidance, WeightedGuidance } from './guidance.js';
export type { KnownModalities, KnownModality, PartlyKnown } from './known-modalities.js';
export { maskgitStep } from './maskgit.js';
export { roarStep } from './roar.js';
export {
  type DecodingRandomness,
  decodingRandomness,
  filterLogits,
  type SampledToken,
  type SamplingOptions,
  sampleToken,
} from './sampling.js';
export {
  continueSchedule,
  decreasingTemperatures,
  parseTemperatureSchedule,
  type TemperatureSchedule,
  type TokenSchedule,
  temperatures,
  tokenSchedule,
} from './schedules.js';
export {
  type DecodingVocabulary,
  emptyImageTarget,
  emptySequenceTarget,
  fullEmbeddings,
  fullImage,
  fullSequence,
} from './state.js';
export type { GeneratedToken, StepOptions } from './step.js';
export type { InputAttention, TokenDetails } from './token-details.js';
