import type { Model } from '../api/model.js';
import type { GenerateOptions } from '../api/types/options.js';

/** A model from `loadModel`, or one in a worker. */
export type Generator = Pick<Model, 'modalities' | 'generateMany'>;

/** Options of recipes: those of `generate` without the targets. */
export type RecipeOptions = Omit<GenerateOptions, 'to'>;
