import * as v from 'valibot';
import { MediaError } from '../../../../src/errors.js';
import { decodeInks, decodeRaster } from '../../../../src/media/decode.js';
import type { Raster } from '../../../../src/media/raster.js';
import type { Inputs } from '../inputs.js';
import { optionsOf } from '../options.js';
import type { Outputs } from '../outputs.js';

const filesSchema = v.array(
  v.strictObject({
    file: v.string(),
    /** Names of the results: of the file, of its pixels as 8-bit RGB, and of other requested forms. */
    result: v.string(),
    rgb: v.optional(v.string()),
    rgba: v.optional(v.string()),
    /** The inks of a CMYK file. */
    cmyk: v.optional(v.string()),
    gray16: v.optional(v.string()),
  }),
);

/** `media.decode`: PNG and JPEG files to pixels; damaged ones are rejected. */
export function decodedFiles(task: Inputs, out: Outputs): void {
  for (const { file, result, rgb, rgba, cmyk, gray16 } of optionsOf(filesSchema, task.options.files, 'files')) {
    const bytes = task.file(file);
    let raster: Raster<Uint8Array | Uint16Array>;
    try {
      raster = decodeRaster(bytes);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      for (const name of [result, rgb, rgba, cmyk, gray16]) if (name !== undefined) out.rejected(name, error.message);
      continue;
    }
    const { width, height } = raster;
    out.value(result, { width, height });
    if (rgb !== undefined) out.tensor(rgb, channelsOf(raster, 3), [height, width, 3]);
    if (rgba !== undefined) out.tensor(rgba, channelsOf(raster, 4), [height, width, 4]);
    if (cmyk !== undefined) out.tensor(cmyk, decodeInks(bytes).data, [height, width, 4]);
    if (gray16 !== undefined) out.tensor(gray16, raster.data, [height, width]);
  }
}

/** The stored channels as 8-bit RGB or RGBA, without compositing. */
function channelsOf({ width, height, channels, data }: Raster<Uint8Array | Uint16Array>, wanted: 3 | 4): Uint8Array {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const result = new Uint8Array(width * height * wanted);
  for (let i = 0; i < result.length; i++) {
    const [pixel, channel] = [Math.floor(i / wanted), i % wanted];
    const stored = channel < 3 ? (channels < 3 ? 0 : channel) : channels - 1;
    const opaque = channel === 3 && channels % 2 === 1;
    result[i] = opaque ? 255 : data[pixel * channels + stored]! >> shift;
  }
  return result;
}
