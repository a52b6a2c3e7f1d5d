/** Drawing methods of results. */

import { drawBoxes, type LabelledBox } from '../../media/colormap.js';
import { scaleNearest } from '../../media/draw.js';
import { drawEmbedding, drawFeatures } from '../../media/draw-vectors.js';
import { encodePng } from '../../media/encode.js';
import type { Raster, RgbImage } from '../../media/raster.js';
import { drawSkeletons } from '../../modalities/people/draw-skeletons.js';
import { drawMasks } from '../../modalities/text/draw-masks.js';
import { drawMetadata } from '../../modalities/text/draw-metadata.js';
import { drawPalette } from '../../modalities/text/palette.js';
import { mergedMasks } from '../../modalities/text/sam-masks.js';
import type { Bytes } from '../../typed-arrays.js';
import type {
  DetectionsResult,
  InstancesResult,
  MetadataResult,
  PaletteResult,
  PosesResult,
} from '../types/results.js';

/** Drawing methods of a result that needs no other picture. */
interface DrawingMethods {
  toImage(): RgbImage;
  toPng(): Bytes;
}

export function detectionsMethods(objects: DetectionsResult['objects']): Pick<DetectionsResult, 'drawOn'> {
  return { drawOn: boxDrawer(objects) };
}

export function paletteMethods(values: PaletteResult['values']): DrawingMethods {
  return drawnBy(() => drawPalette(values));
}

export function metadataMethods(values: MetadataResult['values']): DrawingMethods {
  return drawnBy(() => drawMetadata(values));
}

export function featuresMethods(values: Raster<Float32Array>): DrawingMethods {
  return drawnBy(() => drawFeatures(values)[0]!);
}

export function embeddingMethods(values: Float32Array): DrawingMethods {
  return drawnBy(() => drawEmbedding(values));
}

export function posesMethods(values: PosesResult['values']): Pick<PosesResult, 'drawOn'> {
  const people = values.flatMap(({ joints }) => (joints ? [{ joints }] : []));
  const boxes = values.map(({ box }, i) => ({ label: `human ${i + 1}`, box }));
  if (people.length === 0) return { drawOn: boxDrawer(boxes) };
  return { drawOn: (image, scale = 4) => drawSkeletons(image, people, scale) };
}

export function instancesMethods(values: InstancesResult['values'], size: number): Pick<InstancesResult, 'drawOn'> {
  const decoded = () => {
    const own = values.flatMap(({ mask }) => (mask ? [mask.data] : []));
    return own.length > 0 ? mergedMasks(values, own) : values;
  };
  return { drawOn: (image, masks) => drawMasks(image, masks ?? decoded(), size) };
}

function drawnBy(toImage: () => RgbImage): DrawingMethods {
  return { toImage, toPng: () => encodePng(toImage()) };
}

function boxDrawer(boxes: readonly LabelledBox[]): DetectionsResult['drawOn'] {
  return (image, scale = 4) => drawBoxes(scaleNearest(image, scale), boxes);
}
