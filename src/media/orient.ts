import type { Raster, RasterData } from './raster.js';

/** Rotates and mirrors a picture by its EXIF orientation code, 1 to 8. */
export function orient<T extends RasterData>(raster: Raster<T>, code: number): Raster<T> {
  if (code === 1) return raster;
  const { channels, data } = raster;
  const [width, height] = code >= 5 ? [raster.height, raster.width] : [raster.width, raster.height];
  const turned = data.slice() as T;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sourceX, sourceY] = source(code, x, y, raster.width - 1, raster.height - 1);
      for (let c = 0; c < channels; c++) {
        turned[(y * width + x) * channels + c] = data[(sourceY * raster.width + sourceX) * channels + c]!;
      }
    }
  }
  return { width, height, channels, data: turned };
}

/** The stored pixel that belongs at (x, y) of the turned picture; `right` and `bottom` are the last stored column and row. */
function source(code: number, x: number, y: number, right: number, bottom: number): [number, number] {
  switch (code) {
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
    default:
      return [x, y];
  }
}
