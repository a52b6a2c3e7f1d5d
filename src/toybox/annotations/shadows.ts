import type { Raster } from '../../media/raster.js';
import type { ToyboxSample } from '../sample.js';
import { FLOOR, inShadow, SURFACE_LENGTH, WALL } from '../shading.js';

const surface = new Float64Array(SURFACE_LENGTH);

/**
 * Where the lamp does not shine: 1 in shadow, be it cast by another object or on the side that faces away, and 0 in the light.
 * None of 4M-21's modalities; `examples/lora.js` adapts the model to it.
 */
export function toyboxShadows({
  scene,
  depth,
  normal,
  instance,
  semseg,
}: Pick<ToyboxSample, 'scene' | 'depth' | 'normal' | 'instance' | 'semseg'>): Raster<Uint8Array> {
  const { width, height } = depth;
  const { position, right, up, forward, tangent } = scene.camera;
  const data = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const u = tangent * ((2 * ((pixel % width) + 0.5)) / width - 1);
    const v = tangent * (1 - (2 * (Math.floor(pixel / width) + 0.5)) / height);
    const [x, y, z] = [0, 1, 2].map((c) => normal.data[3 * pixel + c]!) as [number, number, number];
    for (let c = 0; c < 3; c++) {
      surface[c] = position[c]! + depth.data[pixel]! * (forward[c]! + u * right[c]! + v * up[c]!);
      surface[3 + c] = x * right[c]! + y * up[c]! - z * forward[c]!;
    }
    const own = instance.data[pixel]! - 1;
    data[pixel] = inShadow(scene, own >= 0 ? own : semseg.data[pixel] === 0 ? FLOOR : WALL, surface) ? 1 : 0;
  }
  return { width, height, channels: 1, data };
}
