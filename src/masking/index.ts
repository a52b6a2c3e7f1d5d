/** Selection of the input and target tokens of training samples. */
export { allocateBudgets, sampleDirichlet, targetCaps } from './budgets.js';
export { decodeText, type MaskedText, type ReadableVocabulary } from './decode-text.js';
export { maskImage } from './image-mask.js';
export type { MaskedModality, SequenceVocabulary } from './masked.js';
export { type MaskingConfig, type MixtureComponent, maskSample, type SampleModality } from './masking.js';
export {
  type KeepScheme,
  type MaskingRandom,
  maskEmbeddings,
  maskSequence,
  type SequenceLimits,
  textChunks,
  wholeChunks,
} from './sequence-mask.js';
export { maskSpans, mergeSpans, type Spans, splitBySentinel } from './span-mask.js';
export { type TransferRole, transferImage, transferSequence } from './transfer-mask.js';
