/** The kinds of storage a raster's values may have. */
export type RasterData = Uint8Array | Uint16Array | Int32Array | Float32Array;

/**
 * A picture or map on the host: rows from top to bottom, pixels from left to right, channels interleaved, so that value
 * (x, y, c) is at `data[(y * width + x) * channels + c]`. 8-bit data are in 0…255; the function that returns floats documents their range.
 */
export interface Raster<T extends RasterData = RasterData> {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: T;
}

/** An ordinary 8-bit RGB picture. */
export type RgbImage = Raster<Uint8Array>;
