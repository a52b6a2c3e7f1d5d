import { pauseOrCancel } from '../../errors.js';
import { toTokenizerValues } from '../../modalities/images.js';
import { Random } from '../../random.js';
import type { WordPiece } from '../../tokenizers/text/word-piece.js';
import type { SceneBatch } from '../features/contrastive.js';
import { TOYBOX_IMAGES, TOYBOX_SIZE } from '../modalities.js';
import { renderScene } from '../sample.js';
import { inOtherSurroundings, sampleScene } from '../scene.js';
import { toyboxSeed } from '../splits.js';

/** Inputs of the feature networks from one scene. */
interface SceneInputs {
  /** Number of solids and of people. */
  readonly counts: string;
  readonly rgb: Uint8Array;
  readonly otherSurroundings: Uint8Array | undefined;
  /** -1…1 */
  readonly depth: Float32Array;
  readonly caption: Int32Array;
  readonly pose: Float32Array | undefined;
}

/**
 * Batches for the feature networks, of scenes chosen from the first `scenes` training scenes. A scene is rendered when it is
 * first needed, and kept. All scenes of a batch have equally many solids and people: contrasted with each other, they differ in
 * what the objects are, and not only in their number.
 *
 * @param otherSurroundings whether each scene is rendered in other surroundings too
 * @param signal            ends the rendering of a batch with a CancelledError, between two scenes
 */
export function sceneBatches(
  size: number,
  scenes: number,
  text: WordPiece,
  otherSurroundings = false,
  signal?: AbortSignal,
): (random: Random) => Promise<SceneBatch> {
  const rendered = new Map<number, SceneInputs>();
  const render = async (index: number): Promise<SceneInputs> => {
    await pauseOrCancel(signal, 'rendering the toybox');
    const scene = sampleScene(toyboxSeed('train', index));
    const sample = renderScene(scene, { size: TOYBOX_SIZE });
    const other = inOtherSurroundings(scene, new Random(scene.captionSeed));
    const inputs = {
      counts: `${scene.solids.length} ${scene.people.length}`,
      rgb: sample.rgb.data,
      otherSurroundings: otherSurroundings ? renderScene(other, { size: TOYBOX_SIZE }).rgb.data : undefined,
      depth: toTokenizerValues(TOYBOX_IMAGES.depth, sample.depth) as Float32Array,
      caption: Int32Array.from(text.encode(sample.caption)),
      pose: sample.people[0] && Float32Array.from(sample.people[0].bodyPose),
    };
    rendered.set(index, inputs);
    return inputs;
  };
  const pixels = TOYBOX_SIZE ** 2;
  return async (random) => {
    const draw = async () => {
      const index = random.integer(0, scenes - 1);
      return rendered.get(index) ?? (await render(index));
    };
    const first = await draw();
    const rows = [first];
    while (rows.length < size) {
      const row = await draw();
      if (row.counts === first.counts) rows.push(row);
    }
    const depth = new Float32Array(size * pixels);
    rows.forEach((row, i) => {
      depth.set(row.depth, i * pixels);
    });
    const withPerson = rows.flatMap(({ pose }, i) => (pose ? [{ pose, i }] : []));
    return {
      rgb: colours(rows.map((row) => row.rgb)),
      ...(otherSurroundings && { otherSurroundings: colours(rows.map((row) => row.otherSurroundings!)) }),
      depth,
      captions: rows.map(({ caption }) => caption),
      poses: {
        scenes: Int32Array.from(withPerson, ({ i }) => i),
        values: Float32Array.from(withPerson.flatMap(({ pose }) => [...pose])),
      },
    };
  };
}

/** Images as one batch, [B, 64, 64, 3], in -1…1. */
function colours(images: readonly Uint8Array[]): Float32Array {
  const values = new Float32Array(images.length * images[0]!.length);
  images.forEach((image, i) => {
    image.forEach((value, j) => {
      values[i * image.length + j] = value / 127.5 - 1;
    });
  });
  return values;
}
