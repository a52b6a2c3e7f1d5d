/** The values of a toybox scene as inputs, by the names and kinds of the model's modalities. */
import type { HostInput } from '../../src/client.js';
import { detectionsToText } from '../../src/modalities/text/detections.js';
import { cannyEdges, instanceEdges } from '../../src/toybox/annotations/edges.js';
import { metadataText, toyboxMetadata } from '../../src/toybox/annotations/metadata.js';
import { paletteText, toyboxPalette } from '../../src/toybox/annotations/palette.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../../src/toybox/sample.js';
import type { Modality } from './package.js';

/** Renders a scene. @param size pixels a side */
export function renderScene(seed: number, size = 64): ToyboxSample {
  return toyboxSample(seed, { size, people: false });
}

/** @returns undefined for a modality that scenes have no values of */
export function sceneValue(sample: ToyboxSample, { name, kind }: Modality): HostInput | undefined {
  switch (kind) {
    case 'text':
    case 'embeddings':
      return sample.caption;
    case 'detections':
      return toyboxDetections(sample);
    case 'metadata':
      return toyboxMetadata(sample);
    case 'palette':
      return toyboxPalette(sample);
    case 'features':
    case 'embedding':
      return sample.rgb;
    case 'image': {
      const drawn: Readonly<Record<string, () => HostInput>> = {
        rgb: () => sample.rgb,
        depth: () => sample.depth,
        normal: () => sample.normal,
        semseg: () => sample.semseg,
        canny_edge: () => cannyEdges(sample),
        sam_edge: () => instanceEdges(sample),
      };
      return drawn[name]?.();
    }
    default:
      return undefined;
  }
}

/** The value of a scene as the text that a model reads, for the modalities whose texts can be edited. */
export function sceneText(sample: ToyboxSample, { kind, bins }: Modality): string | undefined {
  switch (kind) {
    case 'text':
      return sample.caption;
    case 'detections':
      return detectionsToText(toyboxDetections(sample), bins!);
    case 'metadata':
      return metadataText(sample);
    case 'palette':
      return paletteText(sample);
    default:
      return undefined;
  }
}
