/** Scenes of a part, and the embeddings of pictures. */
import type { Model } from '../../api/model.js';
import { pauseOrCancel } from '../../errors.js';
import type { Embeddings } from '../../evaluation/embeddings.js';
import type { RgbImage } from '../../media/raster.js';
import { type ToyboxSample, toyboxSample } from '../sample.js';
import { type Split, toyboxSeed } from '../splits.js';

/** Whether a model was trained on scenes with people. Others are shown and evaluated on scenes without. */
export function knowsPeople(model: Pick<Model, 'modalities'>): boolean {
  return model.modalities.includes('human_poses');
}

/**
 * The first scenes of a part that meet a condition, without people for models that have not learned them.
 *
 * @throws CancelledError when the signal fires
 */
export async function* scenesOf(
  model: Pick<Model, 'modalities'>,
  split: Split,
  count: number,
  signal?: AbortSignal,
  isWanted: (sample: ToyboxSample) => boolean = () => true,
): AsyncGenerator<ToyboxSample> {
  const people = knowsPeople(model);
  for (let index = 0, found = 0; found < count; index++) {
    await pauseOrCancel(signal, 'the evaluation');
    const sample = toyboxSample(toyboxSeed(split, index), { people });
    if (!isWanted(sample)) continue;
    found++;
    yield sample;
  }
}

/** All of {@link scenesOf}. */
export async function listScenes(...how: Parameters<typeof scenesOf>): Promise<ToyboxSample[]> {
  const samples: ToyboxSample[] = [];
  for await (const sample of scenesOf(...how)) samples.push(sample);
  return samples;
}

/** Embeddings of pictures by a frozen network of the package, [N, D]. */
export async function embeddingsOf(
  model: Model,
  name: string,
  pictures: readonly RgbImage[],
  signal?: AbortSignal,
): Promise<Embeddings> {
  return joinEmbeddings((await model.features(name, pictures, { signal })) as Float32Array[]);
}

/** Vectors of one length as a matrix, [N, D]. @param vectors at least one */
export function joinEmbeddings(vectors: readonly ArrayLike<number>[]): Embeddings {
  const width = vectors[0]!.length;
  const values = new Float32Array(vectors.length * width);
  vectors.forEach((vector, i) => {
    values.set(vector, i * width);
  });
  return { values, width };
}
