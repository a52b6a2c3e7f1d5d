import { join } from 'node:path';
import { drawImage } from '../api/request/images.js';
import { imageFiles } from '../api/request/result-files.js';
import { InvalidInputError, pauseOrCancel } from '../errors.js';
import { writeFileAtomic } from '../io/write-file.js';
import { drawBoxes } from '../media/colormap.js';
import { scaleNearest } from '../media/draw.js';
import { encodePng } from '../media/encode.js';
import type { RgbImage } from '../media/raster.js';
import { contactSheet, type SheetRow } from '../media/sheet.js';
import { withChannels } from '../modalities/grey.js';
import { drawSkeletons } from '../modalities/people/draw-skeletons.js';
import { drawMetadata } from '../modalities/text/draw-metadata.js';
import { drawPalette } from '../modalities/text/palette.js';
import { cannyEdges, instanceEdges } from '../toybox/annotations/edges.js';
import { toyboxInstances } from '../toybox/annotations/instances.js';
import { toyboxMetadata } from '../toybox/annotations/metadata.js';
import { toyboxPalette } from '../toybox/annotations/palette.js';
import { drawInstances } from '../toybox/drawing/annotations.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../toybox/modalities.js';
import { type ToyboxPerson, type ToyboxSample, toyboxDetections, toyboxSample } from '../toybox/sample.js';
import { type Split, toyboxSeed } from '../toybox/splits.js';
import { withOutputFolder } from './output-folder.js';
import { withProgress } from './progress.js';
import { print, type Terminal } from './terminal.js';

/** Options of `fourm toybox`. */
export interface ToyboxOptions {
  readonly seed: number;
  readonly split?: Split;
  readonly index: number;
  readonly count: number;
  readonly size: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Maximum number of scenes on the contact sheet. */
const MAX_SHEET_SCENES = 12;
/** Drawings over the picture are enlarged to about this many pixels a side. */
const ENLARGED = 256;

/**
 * `fourm toybox`: renders scenes, each into its own folder with all modalities that need no network, and a contact sheet.
 */
export async function drawToybox(options: ToyboxOptions, terminal: Terminal): Promise<void> {
  // The last seed is checked before the first scene is drawn.
  const { seed, split, index, count } = options;
  if (split !== undefined) toyboxSeed(split, index + count - 1);
  else if (seed > Number.MAX_SAFE_INTEGER - (count - 1)) {
    throw new InvalidInputError(`--seed ${seed} with --count ${count} goes beyond the last seed, 2^53 - 1`);
  }
  await withOutputFolder(options.out, () => drawScenes(options, terminal));
}

async function drawScenes(options: ToyboxOptions, terminal: Terminal): Promise<void> {
  const { out, count, size, split, json } = options;
  const scenes: { readonly folder: string; readonly seed: number; readonly caption: string }[] = [];
  const rows: SheetRow[] = [];
  await withProgress(
    terminal,
    'drawing',
    async (progress) => {
      for (let i = 0; i < count; i++) {
        await pauseOrCancel(terminal.signal, `drawing, at scene ${i} of ${count},`);
        const seed = split === undefined ? options.seed + i : toyboxSeed(split, options.index + i);
        const name = split === undefined ? `seed-${seed}` : `${split}-${options.index + i}`;
        const sample = toyboxSample(seed, { size });
        const folder = join(out, name);
        await withOutputFolder(folder, () => writeSample(sample, folder));
        if (json) scenes.push({ folder, seed, caption: sample.caption });
        if (i < MAX_SHEET_SCENES) rows.push(...sampleRows(sample, name));
        progress.update(i + 1, count);
      }
    },
    { name: 'scenes', perStep: 1 },
  );
  const sheet = join(out, 'sheet.png');
  await writeFileAtomic(sheet, encodePng(contactSheet('Toybox', rows)));
  print(terminal, json ? JSON.stringify({ sheet, scenes }, null, 2) : sheet);
}

async function writeSample(sample: ToyboxSample, folder: string): Promise<void> {
  for (const [name, picture] of Object.entries(scenePictures(sample))) {
    await writeFileAtomic(join(folder, `${name}.png`), encodePng(picture));
  }
  // The maps again in formats that can be read back; some replace the drawing.
  for (const [name, image] of Object.entries(samplePictures(sample))) {
    const values = TOYBOX_IMAGES[name as ToyboxImage];
    const files = imageFiles({
      values: sample[name as ToyboxImage],
      classes: values.kind === 'classes' ? values.names : undefined,
      toImage: () => image,
      toPng: () => encodePng(image),
    });
    for (const { extension, content } of files) await writeFileAtomic(join(folder, `${name}.${extension}`), content);
  }
  await writeFileAtomic(join(folder, 'caption.txt'), `${sample.caption}\n`);
  const values = {
    det: toyboxDetections(sample),
    sam_instance: toyboxInstances(sample).map(({ box, point }) => ({ box, point })),
    human_poses: sample.people.map(poseJson),
    color_palette: toyboxPalette(sample).map((colour) => colour.map(Math.round)),
    metadata: toyboxMetadata(sample),
  };
  for (const [name, value] of Object.entries(values)) {
    await writeFileAtomic(join(folder, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** A person as plain numbers. */
function poseJson({ box, bodyPose, globalOrientation, camera, shape }: ToyboxPerson): object {
  return {
    box,
    bodyPose: [...bodyPose],
    globalOrientation: [...globalOrientation],
    camera: [...camera],
    shape: [...shape],
  };
}

/** Drawings of the image modalities of a sample. */
function samplePictures(sample: ToyboxSample): Record<ToyboxImage, RgbImage> {
  const entries = Object.entries(TOYBOX_IMAGES).map(([name, values]) => [
    name,
    drawImage(values, sample[name as ToyboxImage]),
  ]);
  return Object.fromEntries(entries) as Record<ToyboxImage, RgbImage>;
}

/** Drawings of all modalities of a sample that can be drawn, by name. */
export function scenePictures(sample: ToyboxSample): Record<string, RgbImage> {
  const { rgb, people } = sample;
  const scale = Math.max(1, Math.floor(ENLARGED / rgb.width));
  return {
    ...samplePictures(sample),
    canny_edge: withChannels(cannyEdges(sample), 3),
    sam_edge: withChannels(instanceEdges(sample), 3),
    det: drawBoxes(scaleNearest(rgb, scale), toyboxDetections(sample)),
    sam_instance: drawInstances(sample, scale),
    human_poses: drawSkeletons(rgb, people, scale),
    color_palette: drawPalette(toyboxPalette(sample)),
    metadata: drawMetadata(toyboxMetadata(sample)),
  };
}

function sampleRows(sample: ToyboxSample, name: string): SheetRow[] {
  const tiles = Object.entries(scenePictures(sample)).map(([title, content]) => ({ title, content }));
  return [
    { heading: `${name}: ${sample.caption}`, tiles: tiles.slice(0, 6) },
    { tiles: [...tiles.slice(6), { title: 'caption', content: sample.caption }] },
  ];
}
