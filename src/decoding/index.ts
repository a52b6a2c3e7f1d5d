/** Logits to token ids: MaskGIT, ROAR, left to right, guidance, and chains of targets. */
export { autoregressiveStep, type SequenceOptions } from './autoregressive.js';
export {
  type ChainOptions,
  chainSteps,
  type DecodingMethod,
  type DecodingProgress,
  type DecodingStep,
  type DecodingTarget,
  runChain,
} from './chain.js';
export { type GenerationRequest, generateTokens, type KnownModality } from './generate.js';
export type { Guidance } from './guidance.js';
export { maskgitStep } from './maskgit.js';
export { roarStep } from './roar.js';
export { type Draws, filterLogits, randomDraws, type SamplingOptions, sampleToken } from './sampling.js';
export {
  continueSchedule,
  decreasingTemperatures,
  type TemperatureSchedule,
  type TokenSchedule,
  temperatures,
  tokenSchedule,
} from './schedules.js';
export {
  type DecodingVocabulary,
  fullEmbeddings,
  fullImage,
  fullSequence,
  openImage,
  openSequence,
} from './state.js';
export type { StepOptions } from './step.js';
