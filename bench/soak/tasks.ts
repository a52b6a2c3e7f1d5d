/** Tasks of the toybox model: every kind of request. */

import type { Model } from '../../src/api/model.js';
import type { WeightedInputs } from '../../src/api/types/inputs.js';
import type { GenerateOptions } from '../../src/api/types/options.js';
import type { Raster } from '../../src/media/raster.js';
import { TOYBOX_SIZE } from '../../src/toybox/modalities.js';
import { type ToyboxSample, toyboxSample } from '../../src/toybox/sample.js';

/** Seed and signal of a request. */
export type Request = Pick<GenerateOptions, 'seed' | 'signal' | 'onProgress'>;

/** Runs a request for a sample. */
export type Task = (model: Model, sample: ToyboxSample, request: Request) => Promise<unknown>;

const EVERYTHING = ['depth', 'normal', 'semseg', 'caption', 'det'];

/** Requests that stop when their signal fires, by name. */
export const GENERATIONS: Readonly<Record<string, Task>> = {
  'text → picture': (model, { caption }, request) => model.generate({ caption }, { to: ['rgb'], ...request }),
  'picture → all': (model, { rgb }, request) => model.generate({ rgb }, { to: EVERYTHING, ...request }),
  'half a picture → picture': (model, { rgb }, request) =>
    model.generate({ rgb: { image: rgb, known: upperHalf() } }, { to: ['rgb'], ...request }),
  'text with a gap → text': (model, { rgb, caption }, request) => {
    const [first] = caption.split(' ');
    return model.generate({ rgb, caption: `${first} [S_1]` }, { to: ['caption'], ...request });
  },
  'weighted conditions → picture': (model, { caption, depth }, request) => {
    const conditions: WeightedInputs[] = [
      { inputs: { caption }, weight: 2 },
      { inputs: { depth }, weight: -0.5 },
    ];
    const decoding = { rgb: { steps: 8 } };
    return model.generate({}, { to: ['rgb'], conditions, decoding, ...request });
  },
  'three maps → picture and text, guided': (model, { seed, depth }, request) => {
    const depths = [depth, ...[1, 2].map((i) => toyboxSample(seed + i, { people: false }).depth)];
    const decoding = { rgb: { steps: 4, guidanceScale: 2 } };
    const samples = depths.map((depth) => ({ depth }));
    return model.generateMany(samples, { to: ['rgb', 'caption'], decoding, ...request });
  },
};

/** All tasks, reconstruction included. */
export const TASKS: Readonly<Record<string, Task>> = {
  ...GENERATIONS,
  tokenizers: async (model, { rgb, semseg }) => {
    await model.reconstruct('rgb', [rgb]);
    await model.reconstruct('semseg', [semseg, semseg]);
  },
};

/** The mask of a picture whose upper half is known: 255 where known, else 0. */
function upperHalf(): Raster {
  const side = TOYBOX_SIZE;
  const data = Uint8Array.from({ length: side ** 2 }, (_, i) => (i < side ** 2 / 2 ? 255 : 0));
  return { width: side, height: side, channels: 1, data };
}
