import { toTokenizerValues } from '../../modalities/images.js';
import type { Random } from '../../random.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import type { SceneBatch } from '../features/contrastive.js';
import { TOYBOX_IMAGES, TOYBOX_SIZE } from '../modalities.js';
import { toyboxSample } from '../sample.js';
import { toyboxSeed } from '../splits.js';

/** Inputs of the feature networks from one scene. */
interface SceneInputs {
  readonly rgb: Uint8Array;
  /** -1…1 */
  readonly depth: Float32Array;
  readonly caption: Int32Array;
  readonly pose: Float32Array | undefined;
}

/**
 * Batches for the feature networks, of scenes chosen from the first `scenes` training scenes. A scene is rendered when it is
 * first needed, and kept.
 */
export function sceneBatches(size: number, scenes: number, text: WordPiece): (random: Random) => SceneBatch {
  const rendered = new Map<number, SceneInputs>();
  const render = (index: number): SceneInputs => {
    const sample = toyboxSample(toyboxSeed('train', index), { size: TOYBOX_SIZE });
    const scene = {
      rgb: sample.rgb.data,
      depth: toTokenizerValues(TOYBOX_IMAGES.depth, sample.depth) as Float32Array,
      caption: Int32Array.from(text.encode(sample.caption)),
      pose: sample.people[0] && Float32Array.from(sample.people[0].bodyPose),
    };
    rendered.set(index, scene);
    return scene;
  };
  const pixels = TOYBOX_SIZE ** 2;
  return (random) => {
    const rows = Array.from({ length: size }, () => {
      const index = random.integer(0, scenes - 1);
      return rendered.get(index) ?? render(index);
    });
    const rgb = new Float32Array(size * pixels * 3);
    const depth = new Float32Array(size * pixels);
    rows.forEach((row, i) => {
      row.rgb.forEach((value, j) => {
        rgb[i * pixels * 3 + j] = value / 127.5 - 1;
      });
      depth.set(row.depth, i * pixels);
    });
    const withPerson = rows.flatMap(({ pose }, i) => (pose ? [{ pose, i }] : []));
    return {
      rgb,
      depth,
      captions: rows.map(({ caption }) => caption),
      poses: {
        scenes: Int32Array.from(withPerson, ({ i }) => i),
        values: Float32Array.from(withPerson.flatMap(({ pose }) => [...pose])),
      },
    };
  };
}
