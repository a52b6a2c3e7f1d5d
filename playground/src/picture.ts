/** The picture beside the form: a scene or a file of the user, with strokes drawn on it. */
import type { RgbImage } from '../../src/client.js';
import type { ToyboxSample } from '../../src/toybox/sample.js';
import { byId } from './dom.js';
import { drawStrokes } from './drawing.js';
import { pictureCanvas } from './token-grid.js';

export const picture = byId<HTMLCanvasElement>('picture');
// Its pixels are read more often than they are drawn.
picture.getContext('2d', { willReadFrequently: true });

function describe(label: string, note: string): void {
  picture.setAttribute('aria-label', label);
  byId('picture-note').textContent = note;
}

export function showScene(scene: ToyboxSample, strokes = ''): void {
  picture.getContext('2d')!.drawImage(pictureCanvas(scene.rgb), 0, 0, picture.width, picture.height);
  drawStrokes(picture, strokes);
  describe(`Scene ${scene.seed}: ${scene.caption}`, 'A procedural scene, rendered here.');
}

/** Shows the centred square of a file. @throws Error for a file that is no picture */
export async function showFile(file: File): Promise<void> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`'${file.name}' is not a picture that this browser can read; PNG and JPEG are read.`);
  });
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  picture.getContext('2d')!.drawImage(bitmap, left, top, side, side, 0, 0, picture.width, picture.height);
  describe(`The picture ${file.name}`, `${file.name}. It stays on this device. The model knows toybox scenes alone.`);
}

export function pixelsShown(): RgbImage {
  const { width, height } = picture;
  const pixels = picture.getContext('2d')!.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, channels: 3, data };
}

/** A picture of the same size without content, for drawings over an input that was not given. */
export function greyPicture(): RgbImage {
  const { width, height } = picture;
  return { width, height, channels: 3, data: new Uint8Array(3 * width * height).fill(127) };
}
