/** Ready-made uses of a model, here or in a worker. */

export { drawInstances, mergedMasks, type SamMask } from '../modalities/text/sam-masks.js';
export { type DenseSamOptions, denseSam } from './dense-sam.js';
export type { Generator, RecipeOptions } from './generator.js';
export { type EmbeddingOptions, type Match, predictEmbeddings, retrieve } from './retrieval.js';
export { type SuperResolutionOptions, superResolve } from './super-resolution.js';
