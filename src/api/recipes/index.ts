/** Ready-made uses of a transformer and its tokenizers. */
export { type DenseSamRequest, denseSamInstances } from './dense-sam.js';
export { drawInstances, type SamMask } from './masks.js';
export { type EmbeddingRequest, type Match, predictEmbeddings, retrieve } from './retrieval.js';
export { samMasks } from './sam-masks.js';
export { type SuperResolutionRequest, superResolve } from './super-resolution.js';
