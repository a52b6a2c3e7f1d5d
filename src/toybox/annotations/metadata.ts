/** Metadata: those of the published attributes that a scene determines. */
import { imageAttributes } from '../../media/analysis/attributes.js';
import { type Metadata, metadataToText } from '../../modalities/text/metadata.js';
import { SEMSEG_CLASSES } from '../constants.js';
import type { ToyboxSample } from '../sample.js';

/** Pixels a unit of tangent of the camera that takes the original pictures. */
const FOCAL_LENGTH = 560;
/** From this ratio of the objects' extents on, the original picture is in landscape or portrait format. */
const SPREAD = 1.4;
/** Sides of the original format where it is no square. */
const FORMAT = 3 / 2;
/** Neighbouring pixels whose depths differ by more than this share of the nearer one have an occlusion edge between them. */
const DEPTH_JUMP = 0.06;

const FLOOR = SEMSEG_CLASSES.indexOf('floor');

/**
 * Metadata of a sample. The official code has the names and ranges of these attributes, and reads their values from
 * files; 4M-21's appendix describes each in a line. The definitions here:
 *
 * - `original_width`, `original_height`: the picture is the middle square of a larger one, taken by a camera of fixed focal
 *   length. The side of the square follows from the field of view (384…528 pixels); where the objects spread wider than
 *   high the original is 3:2, where higher than wide 2:3, else square.
 * - `caption_n_chars`, `caption_n_words`, `caption_n_sentences`: of the caption; it is one sentence.
 * - `n_humans`: visible people. `n_sam_instances`, `n_coco_instances`: visible objects (the segments of `sam_instance`
 *   and the boxes of `det`). `coco_instance_diversity`: different classes of the boxes.
 * - `colorfulness`, `brightness`, `contrast`, `saturation`, `entropy`: of the picture (see `imageAttributes`).
 * - `walkability`: share of the pixels that are floor.
 * - `objectness`: share of the pixels that belong to countable classes, which here are solids and people.
 * - `semantic_diversity`: different semantic classes.
 * - `geometric_complexity`: spread of the surface normals, 1 − |mean normal|²: 0 for one plane.
 * - `occlusion_score`: share of the pixels whose depth jumps towards the right or the lower neighbour.
 *
 * There is no `watermark_score` and no `aesthetic_score`: they are outputs of networks trained on photographs.
 */
export function toyboxMetadata(sample: ToyboxSample): Metadata {
  const { caption, objects, people, rgb, semseg } = sample;
  const pixels = semseg.data.length;
  let floor = 0;
  let background = 0;
  for (const id of semseg.data) {
    if (id === FLOOR) floor++;
    if (SEMSEG_CLASSES[id] === 'floor' || SEMSEG_CLASSES[id] === 'wall') background++;
  }
  const { brightness, contrast, saturation, colorfulness, entropy } = imageAttributes(rgb);
  return {
    ...originalSize(sample),
    caption_n_chars: caption.length,
    caption_n_words: caption.split(' ').length,
    caption_n_sentences: 1,
    n_humans: people.length,
    n_sam_instances: objects.length,
    n_coco_instances: objects.length,
    coco_instance_diversity: new Set(objects.map(({ shape }) => shape)).size,
    colorfulness,
    brightness,
    contrast,
    saturation,
    entropy,
    walkability: floor / pixels,
    objectness: 1 - background / pixels,
    semantic_diversity: new Set(semseg.data).size,
    geometric_complexity: normalSpread(sample),
    occlusion_score: occlusion(sample),
  };
}

/** The string of a sample's metadata (`metadata`), in the order of the published ids; officially the order is random. */
export function metadataText(sample: ToyboxSample): string {
  return metadataToText(toyboxMetadata(sample));
}

function originalSize({ scene, objects }: ToyboxSample): { original_width: number; original_height: number } {
  const side = Math.round(2 * scene.camera.tangent * FOCAL_LENGTH);
  const extent = (low: 'xmin' | 'ymin', high: 'xmax' | 'ymax') =>
    Math.max(...objects.map(({ box }) => box[high])) - Math.min(...objects.map(({ box }) => box[low]));
  const spread = objects.length === 0 ? 1 : extent('xmin', 'xmax') / extent('ymin', 'ymax');
  const long = Math.round(FORMAT * side);
  return {
    original_width: spread >= SPREAD ? long : side,
    original_height: spread <= 1 / SPREAD ? long : side,
  };
}

function normalSpread({ normal: { data } }: ToyboxSample): number {
  const mean = [0, 0, 0];
  data.forEach((value, i) => {
    mean[i % 3]! += value;
  });
  const pixels = data.length / 3;
  return 1 - mean.reduce((sum, value) => sum + (value / pixels) ** 2, 0);
}

function occlusion({ depth: { width, height, data } }: ToyboxSample): number {
  let edges = 0;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const right = x < width - 1 && isJump(data[pixel]!, data[pixel + 1]!);
      if (right || (y < height - 1 && isJump(data[pixel]!, data[pixel + width]!))) edges++;
    }
  }
  return edges / data.length;
}

function isJump(a: number, b: number): boolean {
  return Math.abs(a - b) > DEPTH_JUMP * Math.min(a, b);
}
