import { join } from 'node:path';
import { drawImage } from '../api/request/images.js';
import { throwIfCancelled } from '../errors.js';
import { ensureFolder } from '../io/folders.js';
import { writeFileAtomic } from '../io/write-file.js';
import { drawBoxes } from '../media/colormap.js';
import { scaleNearest } from '../media/draw.js';
import { encodePng } from '../media/encode.js';
import type { RgbImage } from '../media/raster.js';
import { contactSheet, type SheetRow } from '../media/sheet.js';
import { TOYBOX_IMAGES, type ToyboxImage } from '../toybox/modalities.js';
import { type ToyboxSample, toyboxDetections, toyboxSample } from '../toybox/sample.js';
import { type Split, toyboxSeed } from '../toybox/splits.js';
import { withProgress } from './progress.js';
import { print, type Terminal } from './terminal.js';

/** What `fourm toybox` takes. */
export interface ToyboxOptions {
  readonly seed: number;
  readonly split?: Split;
  readonly index: number;
  readonly count: number;
  readonly size: number;
  readonly out: string;
}

/** A contact sheet of more scenes would be too long to look at. */
const MAX_SHEET_ROWS = 24;

/** `fourm toybox`: draws scenes, each into a folder of its own, and a contact sheet of them. */
export async function drawToybox(options: ToyboxOptions, terminal: Terminal): Promise<void> {
  const { out, count, size, split } = options;
  const scenes = Array.from({ length: count }, (_, i) =>
    split === undefined
      ? { name: `seed-${options.seed + i}`, seed: options.seed + i }
      : { name: `${split}-${options.index + i}`, seed: toyboxSeed(split, options.index + i) },
  );
  await ensureFolder(out);
  const rows: SheetRow[] = [];
  await withProgress(
    terminal,
    'drawing',
    async (progress) => {
      for (const [i, { name, seed }] of scenes.entries()) {
        throwIfCancelled(terminal.signal, `drawing, at scene ${i} of ${count},`);
        const sample = toyboxSample(seed, { size });
        await writeSample(sample, join(out, name));
        if (rows.length < MAX_SHEET_ROWS) rows.push(sampleRow(sample, name));
        progress.update(i + 1, count);
      }
    },
    { name: 'scenes', perStep: 1 },
  );
  const sheet = join(out, 'sheet.png');
  await writeFileAtomic(sheet, encodePng(contactSheet('Toybox', rows)));
  print(terminal, sheet);
}

async function writeSample(sample: ToyboxSample, folder: string): Promise<void> {
  await ensureFolder(folder);
  for (const [name, picture] of Object.entries(samplePictures(sample))) {
    await writeFileAtomic(join(folder, `${name}.png`), encodePng(picture));
  }
  await writeFileAtomic(join(folder, 'caption.txt'), `${sample.caption}\n`);
  await writeFileAtomic(join(folder, 'det.json'), `${JSON.stringify(toyboxDetections(sample), null, 2)}\n`);
}

/** The image modalities of a sample as people draw them. */
export function samplePictures(sample: ToyboxSample): Record<ToyboxImage, RgbImage> {
  const entries = Object.entries(TOYBOX_IMAGES).map(([name, values]) => [
    name,
    drawImage(values, sample[name as ToyboxImage]),
  ]);
  return Object.fromEntries(entries) as Record<ToyboxImage, RgbImage>;
}

function sampleRow(sample: ToyboxSample, name: string): SheetRow {
  const { rgb } = sample;
  const enlarged = scaleNearest(rgb, Math.max(1, Math.floor(256 / rgb.width)));
  return {
    heading: `${name}: ${sample.caption}`,
    tiles: [
      ...Object.entries(samplePictures(sample)).map(([title, content]) => ({ title, content })),
      { title: 'det', content: drawBoxes(enlarged, toyboxDetections(sample)) },
    ],
  };
}
