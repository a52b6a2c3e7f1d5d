import type { Input } from '../../src/api/model.js';
import { cannyEdges, instanceEdges } from '../../src/toybox/annotations/edges.js';
import { INSTANCE_GRID, toyboxInstances } from '../../src/toybox/annotations/instances.js';
import { toyboxMetadata } from '../../src/toybox/annotations/metadata.js';
import { toyboxPalette } from '../../src/toybox/annotations/palette.js';
import { type ToyboxSample, toyboxDetections } from '../../src/toybox/sample.js';

/**
 * The values of a scene as users give them, by modality. Features and the vectors of the caption are those that the model's
 * networks compute of the picture and the text.
 */
export function givenValues(sample: ToyboxSample): Record<string, Input> {
  const { rgb, depth, normal, semseg, caption } = sample;
  return {
    rgb,
    depth,
    normal,
    semseg,
    canny_edge: cannyEdges(sample),
    sam_edge: instanceEdges(sample),
    clip: rgb,
    dinov2: rgb,
    imagebind: rgb,
    dinov2_global: rgb,
    imagebind_global: rgb,
    caption,
    t5_caption: caption,
    det: toyboxDetections(sample),
    metadata: toyboxMetadata(sample),
    color_palette: toyboxPalette(sample),
    human_poses: sample.people.map(({ box, bodyPose, globalOrientation, camera, shape }) => ({
      box,
      bodyPose,
      globalOrientation,
      camera,
      shape,
    })),
    sam_instance: toyboxInstances(sample).map(({ box: { xmin, ymin, xmax, ymax }, mask, point }) => {
      const [left, top, right, bottom] = [xmin, ymin, xmax, ymax].map((side) => INSTANCE_GRID * side);
      return { box: { xmin: left!, ymin: top!, xmax: right!, ymax: bottom! }, mask, point };
    }),
  };
}
