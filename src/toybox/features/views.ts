import type { Random } from '../../random.js';
import { FEATURE_IMAGE_SIZE } from './image-network.js';

/** A large part of an image at its whole size, or a small part at half its size. */
export type View = 'global' | 'local';

/** Share of the image's area that a view shows, from and to. */
const AREA: Readonly<Record<View, readonly [number, number]>> = { global: [0.5, 1], local: [0.12, 0.4] };

/**
 * A random square part of an image, mirrored half of the time. (DINO's multi-crop without its changes of colour.)
 *
 * @param image [64, 64, 3]
 * @returns     [64, 64, 3], or [32, 32, 3] for a local view
 */
export function cropView(image: Float32Array, view: View, random: Random): Float32Array {
  const [from, to] = AREA[view];
  const extent = Math.sqrt(from + (to - from) * random.uniform()) * FEATURE_IMAGE_SIZE;
  const left = random.uniform() * (FEATURE_IMAGE_SIZE - extent);
  const top = random.uniform() * (FEATURE_IMAGE_SIZE - extent);
  const mirrored = random.uniform() < 0.5;
  const size = view === 'global' ? FEATURE_IMAGE_SIZE : FEATURE_IMAGE_SIZE / 2;
  const result = new Float32Array(size * size * 3);
  const source = (i: number, start: number) =>
    Math.min(Math.max(start + ((i + 0.5) * extent) / size - 0.5, 0), FEATURE_IMAGE_SIZE - 1);
  for (let y = 0; y < size; y++) {
    const sy = source(y, top);
    const y0 = Math.floor(sy);
    const y1 = Math.min(y0 + 1, FEATURE_IMAGE_SIZE - 1);
    const fy = sy - y0;
    for (let x = 0; x < size; x++) {
      const sx = source(mirrored ? size - 1 - x : x, left);
      const x0 = Math.floor(sx);
      const x1 = Math.min(x0 + 1, FEATURE_IMAGE_SIZE - 1);
      const fx = sx - x0;
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number) => image[(row * FEATURE_IMAGE_SIZE + column) * 3 + c]!;
        const upper = at(y0, x0) * (1 - fx) + at(y0, x1) * fx;
        const lower = at(y1, x0) * (1 - fx) + at(y1, x1) * fx;
        result[(y * size + x) * 3 + c] = upper * (1 - fy) + lower * fy;
      }
    }
  }
  return result;
}
