import { CheckpointError } from '../errors.js';
import { interpolateBicubic } from '../nn/interpolation.js';
import type { Parameter } from '../nn/parameters.js';
import type { TensorReader } from '../nn/state-dict.js';

/** Parameters of the pixel embedding, whose name contains the image size. */
const OF_PIXELS = /^encoder_embeddings\.rgb(@\d+)?\./;

/** The checkpoint tensor that a parameter is loaded from. */
interface Source {
  /** Its name in the checkpoint. */
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Adapts a checkpoint to a model of another image size: the pixel embedding is found under its name in the checkpoint, and its
 * position table is interpolated to the model's grid. Both grids must be square. Other tensors are unchanged.
 * (`interpolate_rgb_pos_emb_fm` officially.)
 *
 * @param model from `buildFourM` or `buildFmVit`
 */
export function adaptResolution(
  model: { readonly parameters: { readonly all: readonly Parameter[] } },
  checkpoint: TensorReader,
): TensorReader {
  const ofPixels = [...checkpoint.tensors.keys()].filter((name) => OF_PIXELS.test(name));
  const sources = new Map<string, Source>();
  for (const { names, shape } of model.parameters.all) {
    for (const name of names.filter((own) => OF_PIXELS.test(own))) {
      const part = name.replace(OF_PIXELS, '');
      const stored = checkpoint.tensors.has(name)
        ? name
        : ofPixels.find((other) => other.replace(OF_PIXELS, '') === part);
      if (stored === undefined) continue;
      sources.set(name, { name: stored, shape: part === 'pos_emb' ? shape : checkpoint.tensors.get(stored)!.shape });
    }
  }
  return {
    tensors: new Map([...checkpoint.tensors, ...sources]),
    async read(name) {
      const source = sources.get(name);
      if (!source) return checkpoint.read(name);
      const values = await checkpoint.read(source.name);
      const size = source.shape.reduce((product, n) => product * n, 1);
      return values.length === size ? values : interpolatePositions(Float32Array.from(values, Number), source);
    },
  };
}

/**
 * Interpolates a position table of a square grid, [1, n, D], to another square grid, [1, n', D].
 *
 * @throws CheckpointError if a grid is not square
 */
function interpolatePositions(table: Float32Array, { name, shape }: Source): Float32Array {
  const [, wanted, width] = shape as [number, number, number];
  const stored = table.length / width;
  const [from, to] = [Math.sqrt(stored), Math.sqrt(wanted)];
  if (!Number.isInteger(from) || !Number.isInteger(to)) {
    throw new CheckpointError(
      `cannot interpolate the ${stored} positions of "${name}" to ${wanted}: both grids must be square`,
    );
  }
  return interpolateBicubic(table, [from, from], [to, to]);
}
