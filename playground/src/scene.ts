/** The values of a toybox scene as inputs, by the names and kinds of the model's modalities. */
import type { HostInput, RgbImage } from '../../src/client.js';
import { colourClasses, colourDepth, colourNormals } from '../../src/media/colormap.js';
import { detectionsToText } from '../../src/modalities/text/detections.js';
import { cannyEdges, instanceEdges } from '../../src/toybox/annotations/edges.js';
import { INSTANCE_GRID, toyboxInstances } from '../../src/toybox/annotations/instances.js';
import { metadataText, toyboxMetadata } from '../../src/toybox/annotations/metadata.js';
import { paletteText, toyboxPalette } from '../../src/toybox/annotations/palette.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../../src/toybox/sample.js';
import { editedPerson, poseValue } from './editors/people.js';
import { peopleToText, textToPeople } from './editors/people-text.js';
import type { Modality } from './package.js';

/** Pixels a side of a rendered scene. */
export const SCENE_SIZE = 64;

/** Whether scenes have people: only if the model has modalities of people. */
export function hasPeople(modalities: readonly Modality[]): boolean {
  return modalities.some(({ about }) => about.kind === 'poses');
}

export function renderScene(seed: number, people: boolean): ToyboxSample {
  return toyboxSample(seed, { size: SCENE_SIZE, ...(!people && { people }) });
}

/** @returns undefined for a modality that scenes have no values of */
export function sceneValue(sample: ToyboxSample, { name, about }: Modality): HostInput | undefined {
  switch (about.kind) {
    case 'text':
    case 'embeddings':
      return sample.caption;
    case 'detections':
      return toyboxDetections(sample);
    case 'metadata':
      return toyboxMetadata(sample);
    case 'palette':
      return toyboxPalette(sample);
    case 'poses':
      return sample.people;
    case 'instances':
      if ('publishedTokenizer' in about) return undefined;
      return toyboxInstances(sample).map(({ box: { xmin, ymin, xmax, ymax }, mask, point }) => {
        const [left, top, right, bottom] = [xmin, ymin, xmax, ymax].map((side) => INSTANCE_GRID * side);
        return { box: { xmin: left!, ymin: top!, xmax: right!, ymax: bottom! }, mask, point };
      });
    case 'features':
    case 'embedding':
      return sample.rgb;
    case 'published':
      return name.startsWith('rgb') ? sample.rgb : undefined;
    default:
      return imageValue(sample, name);
  }
}

function imageValue(sample: ToyboxSample, name: string): HostInput | undefined {
  switch (name) {
    case 'rgb':
    case 'depth':
    case 'normal':
    case 'semseg':
      return sample[name];
    case 'canny_edge':
      return cannyEdges(sample);
    case 'sam_edge':
      return instanceEdges(sample);
    default:
      return undefined;
  }
}

/** An image modality of a scene, drawn; undefined for other modalities. */
export function scenePicture(sample: ToyboxSample, { name, about }: Modality): RgbImage | undefined {
  if (about.kind !== 'image') return undefined;
  const { values } = about;
  switch (values.kind) {
    case 'rgb':
      return sample.rgb;
    case 'depth':
      return colourDepth(sample.depth, [values.near, values.far]);
    case 'normal':
      return colourNormals(sample.normal);
    case 'classes':
      return colourClasses(sample.semseg, values.palette);
    case 'edges': {
      const { width, height, data } = name === 'canny_edge' ? cannyEdges(sample) : instanceEdges(sample);
      return {
        width,
        height,
        channels: 3,
        data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)]!),
      };
    }
  }
}

/** The initial text of an input's field: the text that a model reads, or for people the page's own format. */
export function sceneField(sample: ToyboxSample, modality: Modality): string | undefined {
  if (modality.about.kind === 'poses') return peopleToText(sample.people.map(editedPerson));
  return sceneText(sample, modality);
}

/** The input for the text of a field. */
export function fieldValue(text: string, { about }: Modality): HostInput {
  return about.kind === 'poses' ? textToPeople(text).map(poseValue) : text;
}

/** The value of a scene as the text that a model reads, for the modalities whose texts can be edited. */
export function sceneText(sample: ToyboxSample, { about }: Modality): string | undefined {
  switch (about.kind) {
    case 'text':
    case 'embeddings':
      return sample.caption;
    case 'detections':
      return detectionsToText(toyboxDetections(sample), about.bins);
    case 'metadata':
      return metadataText(sample);
    case 'palette':
      return paletteText(sample);
    default:
      return undefined;
  }
}
