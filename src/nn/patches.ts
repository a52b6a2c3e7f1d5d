/**
 * Layout of an image as patches: `grid` patches of `patch` pixels each, both [rows, columns]. Patches are in row-major order, the
 * values inside a patch in `order`.
 */
export interface PatchLayout {
  readonly channels: number;
  readonly grid: readonly [rows: number, columns: number];
  readonly patch: readonly [rows: number, columns: number];
  /** `channel-first` in the tokenizers (c, row, column), `channel-last` in the transformer (row, column, c). */
  readonly order: 'channel-first' | 'channel-last';
}

/**
 * Cuts images into patches.
 *
 * @param images  channel-last images, [B, H, W, C]
 * @returns       [B, h·w, C·patch]
 */
export function toPatches<T extends Float32Array | Int32Array>(images: T, layout: PatchLayout): T {
  const patches = images.slice() as T;
  eachValue(layout, images.length, (inImage, inPatches) => {
    patches[inPatches] = images[inImage]!;
  });
  return patches;
}

/** The reverse of {@link toPatches}. */
export function fromPatches<T extends Float32Array | Int32Array>(patches: T, layout: PatchLayout): T {
  const images = patches.slice() as T;
  eachValue(layout, patches.length, (inImage, inPatches) => {
    images[inImage] = patches[inPatches]!;
  });
  return images;
}

/** Calls `visit` for all values in patch order. */
function eachValue(layout: PatchLayout, total: number, visit: (inImage: number, inPatches: number) => void): void {
  const { channels, grid, patch, order } = layout;
  const [height, width] = [grid[0] * patch[0], grid[1] * patch[1]];
  const channelFirst = order === 'channel-first';
  let inPatches = 0;
  for (let image = 0; image < total; image += height * width * channels) {
    for (let row = 0; row < grid[0]; row++) {
      for (let column = 0; column < grid[1]; column++) {
        const corner = image + (row * patch[0] * width + column * patch[1]) * channels;
        for (let i = 0; i < patch[0] * patch[1] * channels; i++) {
          const c = channelFirst ? Math.floor(i / (patch[0] * patch[1])) : i % channels;
          const pixel = channelFirst ? i % (patch[0] * patch[1]) : Math.floor(i / channels);
          const y = Math.floor(pixel / patch[1]);
          visit(corner + (y * width + (pixel % patch[1])) * channels + c, inPatches++);
        }
      }
    }
  }
}
