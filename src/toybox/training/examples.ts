import { pauseOrCancel } from '../../errors.js';
import { toTokenizerValues } from '../../modalities/images.js';
import type { Random } from '../../random.js';
import type { ImageBatch } from '../../training/tokenizer.js';
import { cannyEdges, instanceEdges } from '../annotations/edges.js';
import { toyboxInstances } from '../annotations/instances.js';
import { FEATURE_WIDTH } from '../features/image-network.js';
import { type FrozenNetworks, frozenFeatures } from '../features/stand-ins.js';
import { TOYBOX_IMAGES, TOYBOX_MASK_TOKENS, TOYBOX_PATCH, TOYBOX_POSE_TOKENS, TOYBOX_SIZE } from '../modalities.js';
import type { ToyboxTokenizerName } from '../names.js';
import type { ToyboxSample } from '../sample.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/** One input of a tokenizer: [H, W, C] values, or [H, W] class ids. */
export type Example = Float32Array | Int32Array;

/** Scenes that go through a frozen network at once. */
const CHUNK = 32;

/** Height and width of a tokenizer's inputs: pixels, cells of a feature map, or 1 for vectors. */
export function exampleSize(name: ToyboxTokenizerName): number {
  switch (name) {
    case 'clip':
    case 'dinov2':
    case 'imagebind':
      return TOYBOX_SIZE / TOYBOX_PATCH;
    case 'dinov2_global':
    case 'imagebind_global':
    case 'human_poses':
      return 1;
    case 'sam_mask':
      return TOYBOX_MASK_TOKENS.size;
    default:
      return TOYBOX_SIZE;
  }
}

/** Numbers of an example. */
export function exampleLength(name: ToyboxTokenizerName): number {
  const cells = exampleSize(name) ** 2;
  switch (name) {
    case 'rgb':
    case 'normal':
      return 3 * cells;
    case 'clip':
    case 'dinov2':
    case 'imagebind':
    case 'dinov2_global':
    case 'imagebind_global':
      return FEATURE_WIDTH * cells;
    case 'human_poses':
      return TOYBOX_POSE_TOKENS.values;
    default:
      return cells;
  }
}

/**
 * Inputs of a tokenizer from each scene: one example, two kinds of edges, or one for every person or instance.
 *
 * @param networks the stand-ins; needed for their features only
 */
export async function examplesOf(
  name: ToyboxTokenizerName,
  samples: readonly ToyboxSample[],
  networks?: FrozenNetworks,
): Promise<Example[][]> {
  switch (name) {
    case 'rgb':
    case 'depth':
    case 'normal':
    case 'semseg':
      return samples.map((sample) => [toTokenizerValues(TOYBOX_IMAGES[name], sample[name])]);
    case 'edge':
      return samples.map((sample) =>
        [cannyEdges(sample), instanceEdges(sample)].map(({ data }) => Float32Array.from(data, (x) => x / 127.5 - 1)),
      );
    case 'human_poses':
      return samples.map(({ people }) => people.map(({ bodyPose }) => Float32Array.from(bodyPose)));
    case 'sam_mask':
      // The published mask tokenizer reads 0 and 1 as -1 and 1.
      return samples.map((sample) => toyboxInstances(sample).map(({ mask }) => mask.data.map((x) => 2 * x - 1)));
    default: {
      const [network, part] = name.split('_') as ['clip' | 'dinov2' | 'imagebind', 'global' | undefined];
      const features = await frozenFeatures(networks!, network, samples);
      return features.map((feature) => [feature[part ?? 'dense']]);
    }
  }
}

/**
 * Batches of a tokenizer's inputs, from the first `scenes` training scenes, which are all rendered beforehand.
 *
 * @param size     examples a batch
 * @param networks the stand-ins; needed for their features only
 * @throws CancelledError when the signal fires
 */
export async function exampleBatches(
  name: ToyboxTokenizerName,
  size: number,
  scenes: number,
  {
    networks,
    people = true,
    maxSolids,
    signal,
    onProgress,
  }: {
    readonly networks?: FrozenNetworks | undefined;
    /** Whether there are people in the scenes; true if absent. */
    readonly people?: boolean | undefined;
    /** The most solids of a scene; those of the toybox if absent. */
    readonly maxSolids?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<(random: Random) => ImageBatch> {
  const examples: Example[] = [];
  // Anti-aliasing is half of the work, and only colours show it.
  const antialiased = ['rgb', 'edge', 'clip'].includes(name) || networks !== undefined;
  const how = {
    size: TOYBOX_SIZE,
    people,
    ...(maxSolids && { maxSolids }),
    ...(antialiased ? {} : { supersampling: 1 }),
  };
  for (let start = 0; start < scenes; start += CHUNK) {
    await pauseOrCancel(signal, 'rendering the toybox');
    const samples = Array.from({ length: Math.min(CHUNK, scenes - start) }, (_, i) =>
      toyboxSample(toyboxSeed('train', start + i), how),
    );
    examples.push(...(await examplesOf(name, samples, networks)).flat());
    onProgress?.(start + samples.length, scenes);
  }
  const side = exampleSize(name);
  const length = exampleLength(name);
  return (random) => {
    const values = new (examples[0] instanceof Int32Array ? Int32Array : Float32Array)(size * length);
    for (let i = 0; i < size; i++) values.set(random.pick(examples), i * length);
    return { values, height: side, width: side };
  };
}
