/** Codes of a codebook as pictures. */
import type { RemoteModel, Result } from '../../src/client.js';
import type { Modality } from './package.js';
import { pictureCanvas } from './token-grid.js';

/** Bars of a vector: their number, and pixels. */
const BARS = { count: 64, width: 2, height: 48 };

/**
 * Draws a code: the patch in the middle of a grid that has this code everywhere, since a decoder sees more than one token; or the
 * code's vector, as bars.
 *
 * @throws CancelledError when the signal fires, and the errors of `Model.reconstruct`
 */
export async function decodeCode(
  model: RemoteModel,
  { name, grid }: Modality,
  id: number,
  signal: AbortSignal,
): Promise<HTMLCanvasElement | undefined> {
  const [rows, columns] = grid!;
  const [result] = await model.reconstruct(name, [{ tokens: new Int32Array(rows * columns).fill(id) }], { signal });
  return drawing(result as Result, rows, columns);
}

function drawing(result: Result, rows: number, columns: number): HTMLCanvasElement | undefined {
  const [row, column] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  if (result.kind === 'image') {
    const picture = pictureCanvas(result.toImage());
    const [width, height] = [picture.width / columns, picture.height / rows];
    const patch = Object.assign(document.createElement('canvas'), { width, height });
    patch.getContext('2d')!.drawImage(picture, column * width, row * height, width, height, 0, 0, width, height);
    return patch;
  }
  if (result.kind === 'embedding') return bars(result.values);
  if (result.kind !== 'features') return undefined;
  const { data, channels, width } = result.values;
  const at = (row * width + column) * channels;
  return bars(data.subarray(at, at + channels));
}

/** The first components of a vector as bars; positive ones point up. */
function bars(vector: Float32Array): HTMLCanvasElement {
  const { count, width, height } = BARS;
  const canvas = Object.assign(document.createElement('canvas'), { width: count * width, height });
  const context = canvas.getContext('2d')!;
  const shown = vector.subarray(0, count);
  const largest = Math.max(1e-6, ...shown.map(Math.abs));
  shown.forEach((value, i) => {
    const length = (Math.abs(value) / largest) * (height / 2);
    context.fillStyle = value < 0 ? '#3b6fd4' : '#c8402f';
    context.fillRect(i * width, value < 0 ? height / 2 : height / 2 - length, width, length);
  });
  return canvas;
}
