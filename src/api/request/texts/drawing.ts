/** Drawing methods of results. */
import { drawBoxes, type LabelledBox } from '../../../media/colormap.js';
import { scaleNearest } from '../../../media/draw.js';
import { encodePng } from '../../../media/encode.js';
import { drawPalette } from '../../../modalities/text/palette.js';
import type { DetectionsResult, InstancesResult, PaletteResult, PosesResult } from '../../types/results.js';
import { drawMasks } from './draw-masks.js';

export function detectionsMethods(objects: DetectionsResult['objects']): Pick<DetectionsResult, 'drawOn'> {
  return { drawOn: boxDrawer(objects) };
}

export function paletteMethods(values: PaletteResult['values']): Pick<PaletteResult, 'toImage' | 'toPng'> {
  const toImage = () => drawPalette(values);
  return { toImage, toPng: () => encodePng(toImage()) };
}

export function posesMethods(values: PosesResult['values']): Pick<PosesResult, 'drawOn'> {
  return { drawOn: boxDrawer(values.map(({ box }, i) => ({ label: `human ${i + 1}`, box }))) };
}

export function instancesMethods(values: InstancesResult['values']): Pick<InstancesResult, 'drawOn'> {
  return { drawOn: (image, masks) => drawMasks(image, masks ?? values) };
}

function boxDrawer(boxes: readonly LabelledBox[]): DetectionsResult['drawOn'] {
  return (image, scale = 4) => drawBoxes(scaleNearest(image, scale), boxes);
}
