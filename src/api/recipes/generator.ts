import type { GenerateOptions } from '../generate-options.js';
import type { Model } from '../model.js';

/** A model from `loadModel`, or one in a worker. */
export type Generator = Pick<Model, 'modalities' | 'generateMany'>;

/** Options of recipes: those of `generate`, but for what is generated. */
export type RecipeOptions = Omit<GenerateOptions, 'to'>;
