import { channelsOf, toTokenizerValues } from '../../modalities/images.js';
import type { Random } from '../../random.js';
import type { ImageBatch } from '../../training/tokenizer.js';
import { TOYBOX_IMAGES, TOYBOX_SIZE, type ToyboxImage } from '../modalities.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/**
 * Batches of maps of one modality, each of a scene chosen from the first `scenes` training scenes. A scene is drawn when it
 * is first needed and kept: drawing one takes as long as training on it.
 */
export function toyboxImages(modality: ToyboxImage, size: number, scenes: number): (random: Random) => ImageBatch {
  const values = TOYBOX_IMAGES[modality];
  const drawn = new Map<number, ReturnType<typeof toyboxSample>[ToyboxImage]>();
  // Anti-aliasing is half of the work, and only colours show it.
  const supersampling = modality === 'rgb' ? undefined : 1;
  const draw = (index: number) => {
    const map = toyboxSample(toyboxSeed('train', index), { size: TOYBOX_SIZE, supersampling })[modality];
    drawn.set(index, map);
    return map;
  };
  const perImage = TOYBOX_SIZE ** 2 * channelsOf(values);
  return (random) => {
    const batch = values.kind === 'classes' ? new Int32Array(size * perImage) : new Float32Array(size * perImage);
    for (let i = 0; i < size; i++) {
      const index = random.integer(0, scenes - 1);
      batch.set(toTokenizerValues(values, drawn.get(index) ?? draw(index)), i * perImage);
    }
    return { values: batch, height: TOYBOX_SIZE, width: TOYBOX_SIZE };
  };
}
