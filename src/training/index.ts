/** Training: the optimizer, the loop with exact resume, and the tasks: tokenizers and the model. */
export { ADAMW, AdamW, type AdamWConfig } from './adamw.js';
export { diffusionDecoderTask, diffusionTokenizerTask } from './diffusion.js';
export { type LearningRate, learningRate } from './learning-rate.js';
export {
  type Differentiate,
  type TrainingConfig,
  type TrainingContext,
  type TrainingRecord,
  type TrainingStore,
  type TrainingTask,
  train,
} from './loop.js';
export { type ModelTraining, modelTask } from './model.js';
export { type HiddenMatrix, MUON, Muon, type MuonConfig } from './muon.js';
export type { Optimizer } from './optimizer.js';
export { decoderTask, type ImageBatch, tokenizerTask } from './tokenizer.js';
